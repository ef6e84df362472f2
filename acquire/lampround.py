"""The lamp over one pass: looked at now and then, and what was taken in other light is taken again."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from acquire.background import EVERY, LampCheck
from acquire.errors import SuspendedError
from acquire.microscope import Microscope
from acquire.plan import Visit
from acquire.runfolder import RunFolder

MOST_ROUNDS = 3
"""So often sites are taken again in one pass; a lamp that still changes needs a person."""


@dataclass(slots=True, kw_only=True, eq=False)
class LampRound:
    """Looks at the lamp through one pass; does nothing where the plan names no empty glass.

    Parameters
    ----------
    microscope : Microscope
        With the objective of the pass, at the focus of the section.
    run : RunFolder
        Its plan says where empty glass lies and how often to look.
    queue : deque of Visit
        What is still to be made; sites to be taken again are put in front.
    settle : callable
        Waits until all stacks so far are on disk.
    sleep : callable
        Waits so many seconds for the lamp, ten minutes together at most; what it raises ends the wait.
    """

    microscope: Microscope
    run: RunFolder
    queue: deque[Visit]
    settle: Callable[[], None]
    sleep: Callable[[float], None] = time.sleep
    _check: LampCheck | None = field(default=None, init=False)
    _rounds: int = field(default=0, init=False)

    def begin(self) -> None:
        """Wait until the light is steady."""
        plan = self.run.plan
        if plan.background_um is None:
            return
        self._check = LampCheck(
            microscope=self.microscope,
            run=self.run,
            place_um=plan.background_um,
            every=plan.background_every or EVERY,
            sleep=self.sleep,
        )
        self._check.begin(self.queue[0])

    def look(self) -> None:
        """Look when it is time to, before the next site."""
        if self._check is not None and self._check.due:
            self._compare(self.queue[0])

    def took(self, visit: Visit) -> None:
        """Take note of a stored stack."""
        if self._check is not None:
            self._check.took(visit)

    def finish(self, visit: Visit) -> None:
        """Look once more after the last visit, so that the light of all is known."""
        if self._check is not None:
            self._compare(visit)

    def _compare(self, visit: Visit) -> None:
        if self._check is None:
            return
        reading = self._check.check(visit)
        if reading.steady:
            return
        self._rounds += 1
        if self._rounds > MOST_ROUNDS:
            raise SuspendedError(
                f"{reading.says}, for the {self._rounds}th time in this pass: see to the lamp and capture again"
            )
        self.settle()
        for one in reversed(reading.again):
            if self.run.has(one.site, one.objective):
                self.run.set_aside(one.site, one.objective, reading.says)
                self.queue.appendleft(one)
        self._check.begin(visit)
