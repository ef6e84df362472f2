"""One condition under which a capture waits: what is read, from where it suspends, and when it lets go on."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Suspender:
    """One condition: what is read, when it suspends, and when it lets the capture go on.

    Parameters
    ----------
    name : str
        What is watched: disk, lamp, drift.
    unit : str
        Of `reads`, `trips` and `resumes`.
    reads : callable
        Gives the value now; what it raises as OSError counts as worse than any value.
    trips, resumes : float
        Suspended beyond the first, and only let go on from the second, which lies on the good side of the first.
    bad : str
        Whether ``low`` or ``high`` values are bad.
    settle_s : float
        How long the value must have stayed good.
    every_s : float
        Between two readings while suspended: some cost an exposure.
    again : callable, optional
        Gives the value while suspended, where that has to be measured for it; `reads` when not given.
    ends : tuple of str
        Classes of error, in the words of `acquire.policy`, whose suspension is over when this condition is good.

    Raises
    ------
    ValueError
        When `resumes` lies on the bad side of `trips`.
    """

    name: str
    unit: str
    reads: Callable[[], float]
    trips: float
    resumes: float
    bad: Literal["low", "high"] = "low"
    settle_s: float = 0.0
    every_s: float = 1.0
    again: Callable[[], float] | None = None
    ends: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self._worse(self.resumes, self.trips):
            raise ValueError(
                f"{self.name} suspends at {self.trips:g} {self.unit} and would go on at {self.resumes:g}, which is "
                "worse: give a better value to go on at"
            )

    def tripped(self) -> str:
        """Say why the capture must wait, or nothing."""
        value = _read(self.reads)
        return self.says(value) if math.isnan(value) or self._worse(value, self.trips) else ""

    def good(self) -> bool:
        """Whether the value allows going on now."""
        value = _read(self.again or self.reads)
        return not math.isnan(value) and not self._worse(value, self.resumes)

    def says(self, value: float) -> str:
        """Say what is read and what is waited for."""
        read = "cannot be read" if math.isnan(value) else f"is {value:.4g} {self.unit}"
        bound = "at least" if self.bad == "low" else "at most"
        return f"{self.name} {read}: waiting until it is {bound} {self.resumes:.4g} {self.unit}"

    def _worse(self, value: float, than: float) -> bool:
        return value < than if self.bad == "low" else value > than


def _read(reads: Callable[[], float]) -> float:
    """Read a value; not a number where it cannot be read."""
    try:
        return reads()
    except OSError:
        return math.nan


@dataclass(slots=True, kw_only=True, eq=False)
class Recovery:
    """How long one condition has been good again, looked at over and over.

    Parameters
    ----------
    suspender : Suspender
        Read every `every_s`, however often it is looked at.
    clock : callable
        Seconds; virtual in tests.
    """

    suspender: Suspender
    clock: Callable[[], float]
    _read_s: float = -math.inf
    _good_since_s: float | None = None

    def over(self) -> bool:
        """Whether it has been good for `settle_s`."""
        now_s = self.clock()
        if now_s - self._read_s >= self.suspender.every_s:
            self._read_s = now_s
            if not self.suspender.good():
                self._good_since_s = None
            elif self._good_since_s is None:
                self._good_since_s = now_s
        return self._good_since_s is not None and now_s - self._good_since_s >= self.suspender.settle_s
