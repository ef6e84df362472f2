"""The bounds of a plan beyond which its capture waits by itself, and the conditions they make."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from acquire.errors import PlanError
from acquire.suspender import Suspender

GB = 1e9
STACKS_AHEAD = 2
"""The floor of the disk is never below so many stacks: one may be half written when it is looked at."""
SPARE_BYTES = 32e6
"""For journal, log and truth, twice what `acquire.runfolder` keeps beside a stack."""
DISK_HYSTERESIS = 1.5
GLASS_EVERY_S = 30.0
"""Between two looks at the lamp while waiting for it: each costs an exposure of empty glass."""
SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspendRules:
    """When a capture waits, as ``suspend`` in a plan file says it.

    Parameters
    ----------
    disk_floor_gb : float
        Free space below which nothing more is captured; low by default, for the preflight has counted what is needed.
    lamp_percent : float
        How far the brightness of empty glass may lie from that at the beginning of the pass.
    drift_um : float
        How far the sharpest plane of the latest stacks may lie from where it was expected: beyond two µm the section
        leaves a stack of five planes 0.4 µm apart.
    settle_s : float
        How long a condition must have been good again.
    longest_h : float
        After so many hours of waiting the run is left; the same command goes on.
    """

    disk_floor_gb: float = 0.5
    lamp_percent: float = 5.0
    drift_um: float = 2.0
    settle_s: float = 10.0
    longest_h: float = 12.0

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < float("inf"):
                raise PlanError(f"suspend.{one.name} is {value!r}: give a number from 0 on")

    @property
    def longest_s(self) -> float:
        """Longest time to wait, in seconds."""
        return self.longest_h * SECONDS_PER_HOUR

    def disk(self, free_bytes: Callable[[Path], int], folder: Path, *, stack_bytes: int) -> Suspender:
        """Return the condition on the disk of a folder.

        Parameters
        ----------
        free_bytes : callable
            As `acquire.stackfile.FreeBytes`.
        folder : Path
            On the disk of the run.
        stack_bytes : int
            Size of the largest stack of the plan.
        """
        floor_gb = max(self.disk_floor_gb, (STACKS_AHEAD * stack_bytes + SPARE_BYTES) / GB)
        return Suspender(
            name="free space on the disk of the run",
            unit="GB",
            reads=lambda: free_bytes(folder) / GB,
            trips=floor_gb,
            resumes=floor_gb * DISK_HYSTERESIS,
            settle_s=self.settle_s,
            ends=("store",),
        )

    def lamp(self, change_percent: Callable[[], float], *, again: Callable[[], float] | None = None) -> Suspender:
        """Return the condition on the lamp.

        Parameters
        ----------
        change_percent : callable
            How far empty glass lay from its brightness at the beginning of the pass, without a sign, when it was looked
            at last.
        again : callable, optional
            Looks at it anew, while the capture waits.
        """
        return Suspender(
            name="change of the lamp",
            unit="%",
            reads=change_percent,
            again=again,
            trips=self.lamp_percent,
            resumes=self.lamp_percent / 2,
            bad="high",
            settle_s=self.settle_s,
            every_s=GLASS_EVERY_S,
        )

    def drift(self, drift_um: Callable[[], float], *, again: Callable[[], float] | None = None) -> Suspender:
        """Return the condition on the focus.

        Parameters
        ----------
        drift_um : callable
            How far the sharpest plane of the latest stacks lay from where it was expected, without a sign.
        again : callable, optional
            How far the focus went between two sweeps, while the capture waits; without it the wait lasts its longest.
        """
        return Suspender(
            name="drift of the focus",
            unit="µm",
            reads=drift_um,
            again=again,
            trips=self.drift_um,
            resumes=self.drift_um / 2,
            bad="high",
            settle_s=self.settle_s,
            every_s=GLASS_EVERY_S,
        )

    def document(self) -> dict[str, float]:
        """Return the rules as a plan file holds them; `parse_suspend` of it gives the same."""
        return asdict(self)


def parse_suspend(document: Any, *, name: str = "plan") -> SuspendRules:
    """Read ``suspend`` of a plan file; what it does not name keeps its default.

    Raises
    ------
    PlanError
        Naming the key that does not fit, and what does.
    """
    known = [one.name for one in fields(SuspendRules)]
    if document is None:
        return SuspendRules()
    if not isinstance(document, Mapping):
        raise PlanError(f"plan {name}: suspend is {document!r}: give a mapping such as disk_floor_gb: 2")
    for key in document:
        if key not in known:
            raise PlanError(f"plan {name}: suspend.{key} is not known: choose from {known}")
    try:
        return SuspendRules(**document)
    except PlanError as error:
        raise PlanError(f"plan {name}: {error}") from error
