"""Conditions under which a capture waits by itself, retracted, and goes on when they have passed for long enough."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from acquire.control import Control
from acquire.policy import class_of
from acquire.suspender import Recovery, Suspender

POLL_S = 0.1
"""Longest time between two looks at the wishes of a person."""

LEAVING = ("stop", "emergency")


class Note(Protocol):
    """Writes an event down, with the time; what finds no room on a full disk is written once there is some."""

    def __call__(self, event: str, **told: object) -> None:
        """Take the event and what belongs to it."""
        ...


def _nothing() -> None:
    """Do what a hook does that nobody gave."""


def _silent(_says: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Suspenders:
    """All that may hold one capture between two sites: conditions, faults and a person.

    Parameters
    ----------
    conditions : sequence of Suspender
        Watched at every `hold`.
    note : Note
        Told when the capture was suspended, why, and when it went on.
    before, after : callable
        The first retracts Z, the second verifies the focus again; what they raise is the caller's to judge.
    told : callable
        Told at every look what is waited for: a heartbeat, a bar.
    attended : bool
        Whether a person can resume: in a window. Without one, what only a person can end is left at once.
    longest_s : float
        After so long the run is left as it is; the same command goes on. Faults that come back count as one wait.
    clock, sleep : callable
        Seconds; virtual in tests.
    """

    conditions: Sequence[Suspender]
    note: Note
    before: Callable[[], None] = _nothing
    after: Callable[[], None] = _nothing
    told: Callable[[str], None] = _silent
    attended: bool = False
    longest_s: float = math.inf
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def hold(self, control: Control, *, fault: Exception | None = None, since_s: float | None = None) -> bool:
        """Wait as long as anything asks for it; call it before every site, and after an error that suspends.

        Parameters
        ----------
        control : Control
            The wishes of a person.
        fault : Exception, optional
            What suspends. A condition that `ends` its class ends the wait; otherwise only a person does.
        since_s : float, optional
            When it came up first, by the `clock`, where it has come back: a disk with room may still refuse a stack.

        Returns
        -------
        bool
            Whether to go on; False to leave the run, tidily.
        """
        if control.wish in LEAVING:
            return False
        tripped = {one: reason for one in self.conditions if (reason := one.tripped())}
        if not tripped and fault is None and control.goes:
            return True
        kind = None if fault is None else class_of(fault)
        ending = [one for one in self.conditions if kind in one.ends]
        if fault is not None and not ending:
            control.pause()  # what a person takes back with resume
        reasons = [*([] if fault is None else [str(fault)]), *tripped.values()]
        until_s = (self.clock() if since_s is None else since_s) + self.longest_s
        waited_for = [*tripped, *(one for one in ending if one not in tripped)]
        return self._suspended(control, "; ".join(reasons) or control.says, waited_for, until_s)

    def _suspended(self, control: Control, says: str, waited_for: Sequence[Suspender], until_s: float) -> bool:
        began_s = self.clock()
        self.note("suspended", says=says)
        self.before()
        recoveries = [Recovery(suspender=one, clock=self.clock) for one in waited_for]
        if not self._recovered(control, recoveries, says, until_s):
            return False
        self.after()
        self.note("resumed", seconds=round(self.clock() - began_s, 1))
        return True

    def _recovered(self, control: Control, recoveries: Sequence[Recovery], says: str, until_s: float) -> bool:
        while self._may_wait(control) and self.clock() <= until_s:
            waiting = [one for one in recoveries if not one.over()]
            if not waiting and control.goes:
                return True
            self.told(says)
            control.wait(POLL_S, clock=self.clock, sleep=self.sleep)
        return False

    def _may_wait(self, control: Control) -> bool:
        return control.wish == "go" or (control.wish == "pause" and self.attended)
