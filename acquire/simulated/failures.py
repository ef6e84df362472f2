"""Failures that a simulated microscope is told to have: which, at which call or how often, and what to expect then."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from acquire.simulated.chance import drawing
from acquire.simulated.told import mapping, overridden
from calibration.errors import RigError

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "snap_raises": "CameraError: the camera raises while it exposes",
        "snap_hangs": "CameraError: the camera does not come back from an exposure in time",
        "frame_dropped": "CameraError: the exposure ended, and there is no frame",
        "frame_repeated": "CameraError: the frame before is delivered again, though the stage or the focus moved",
        "frame_wrong_size": "CameraError: the frame has fewer rows than announced",
        "stage_busy": "DeviceError: the stage reports busy for ever",
        "stage_short": "DeviceError: the stage stops short of its target, and says so",
        "stage_lies": "none: the stage stands elsewhere and reads its target; only the picture shows it",
        "turret_stuck": "InterlockError: the turret accepts the order and does not turn",
        "turret_wrong_label": "InterlockError: the turret turns and reports another position",
        "z_refuses": "DeviceError: the focus drive raises when it is told to move",
        "hardware_focus_pulls": "DeviceError: an engaged hardware focus takes Z back to where it was",
        "joystick": "none: somebody moves the stage before an exposure; the frame says where it was taken",
        "core_dies": "DeviceError, CameraError or InterlockError: every call from then on raises",
        "disk_full": "StoreError: no room is left when a stack is to be written",
    }
)
"""Each kind with the error that the microscope, or the run folder, shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One failure to come.

    Parameters
    ----------
    name : str
        A key of `KINDS`.
    at : int
        The call of its kind, counted from 1, at which it strikes; 0 for by chance only.
    rate : float
        Chance at each call.
    times : int
        How many calls in a row from `at` on.
    amount_um : float
        How far off, for those that move something.
    """

    name: str = ""
    at: int = 0
    rate: float = 0.0
    times: int = 1
    amount_um: float = 30.0

    def __post_init__(self) -> None:
        if self.name and self.name not in KINDS:
            raise RigError(f"failure {self.name!r} is not known: choose one of {list(KINDS)}")
        if self.at < 0 or not 0 <= self.rate <= 1 or self.times < 1:
            raise RigError(
                f"failure {self.name!r} has at {self.at}, rate {self.rate}, times {self.times}: give a call from 1 on, "
                "or a chance between 0 and 1"
            )

    def strikes(self, call: int, seed: int) -> bool:
        """Whether it strikes at the n-th call of its kind."""
        if self.at and self.at <= call < self.at + self.times:
            return True
        return self.rate > 0 and drawing(f"{seed} {self.name} {call}").uniform() < self.rate


@dataclass(slots=True, kw_only=True)
class Failures:
    """The failures of one simulated microscope; `inject` adds one at any time.

    Parameters
    ----------
    seed : int
        Of those that strike by chance.
    failures : list of Failure
        From the rig file.
    struck : list of (str, int)
        What struck, and at which call of its kind: the truth for tests.
    """

    seed: int = 0
    failures: list[Failure] = field(default_factory=list)
    struck: list[tuple[str, int]] = field(default_factory=list)
    _calls: Counter[str] = field(default_factory=Counter)

    def inject(self, name: str, *, at: int = 1, rate: float = 0.0, times: int = 1, amount_um: float = 30.0) -> None:
        """Let a failure happen at the `at`-th call of its kind from now on, or at a rate.

        Raises
        ------
        RigError
            When the kind is not known, or a number cannot be meant.
        """
        first = self._calls[name] + at if at else 0
        self.failures.append(Failure(name=name, at=first, rate=rate, times=times, amount_um=amount_um))

    def clear(self) -> None:
        """Let nothing fail any more."""
        self.failures.clear()

    def due(self, name: str) -> Failure | None:
        """Count a call of a kind, and return the failure that strikes it, if any."""
        self._calls[name] += 1
        for failure in self.failures:
            if failure.name == name and failure.strikes(self._calls[name], self.seed):
                self.struck.append((name, self._calls[name]))
                return failure
        return None


def failures_of(told: Mapping[str, Any], seed: int) -> Failures:
    """Read ``simulated.failures``: a list, each with the fields of `Failure`.

    Raises
    ------
    RigError
        When a name is not known, or a value does not fit.
    """
    listed = told.get("failures", [])
    if not isinstance(listed, Sequence) or isinstance(listed, str):
        raise RigError(f"simulated.failures is {listed!r}: give a list of names, each with at or rate")
    read = []
    for number, one in enumerate(listed):
        key = f"simulated.failures.{number}"
        if "name" not in mapping(one, key):
            raise RigError(f"{key} has no name: choose one of {list(KINDS)}")
        read.append(overridden(Failure(), one, key))
    return Failures(seed=seed, failures=read)
