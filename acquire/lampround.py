"""The lamp over one pass: looked at now and then, and what was taken in other light is taken again."""

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from acquire.autofocus import approach_z
from acquire.background import EVERY, LampCheck
from acquire.errors import CameraError, SuspendedError
from acquire.microscope import Microscope
from acquire.plan import Visit
from acquire.runfolder import RunFolder

PERCENT = 100.0
MOST_ROUNDS = 3
"""So often sites are taken again in one pass; a lamp that still changes needs a person."""


@dataclass(slots=True, kw_only=True, eq=False)
class LampRound:
    """Looks at the lamp through one pass; does nothing where the plan names no empty glass.

    Parameters
    ----------
    microscope : Microscope
        With the objective of the pass in place.
    run : RunFolder
        Its plan says where empty glass lies and how often to look.
    queue : deque of Visit
        What is still to be made; sites to be taken again are put in front.
    settle : callable
        Waits until all stacks so far are on disk.
    focus : callable, optional
        Z expected for a visit; without it the lens stays where it is.
    sleep : callable
        Waits so many seconds for the lamp, ten minutes together at most; what it raises ends the wait.
    """

    microscope: Microscope
    run: RunFolder
    queue: deque[Visit]
    settle: Callable[[], None]
    focus: Callable[[Visit], float] | None = None
    sleep: Callable[[float], None] = time.sleep
    _check: LampCheck | None = field(default=None, init=False)
    _rounds: int = field(default=0, init=False)
    _stale: bool = field(default=False, init=False)

    @property
    def due(self) -> bool:
        """Whether to look before the next site."""
        return self._check is not None and (self._stale or self._check.due)

    def away_percent(self) -> float:
        """How far the light lay from that at the beginning of the pass, when it was looked at last."""
        return 0.0 if self._check is None else PERCENT * self._check.away

    def away_now_percent(self) -> float:
        """Look anew while the capture waits, the lens retracted: it goes back to the focus for it.

        The light of the pass is taken anew before the next site.

        Returns
        -------
        float
            As `away_percent`; not a number where no frame comes.
        """
        if self._check is None or not self.queue:
            return 0.0
        self._stale = True
        try:
            self._bring(self._check, self.queue[0])
            self._check.check(self.queue[0])
        except CameraError:
            return math.nan
        finally:
            self.microscope.retract()
        return self.away_percent()

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
        self._remember(self.queue[0])

    def look(self) -> None:
        """Look when it is `due`, before the next site."""
        if self._check is not None and self._stale:
            self._remember(self.queue[0])
        elif self.due:
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
        self._bring(self._check, visit)
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
        if self.away_percent() > self.run.plan.suspend.lamp_percent:
            self._stale = True  # the capture waits for the lamp first
        else:
            self._remember(visit)

    def _remember(self, visit: Visit) -> None:
        """Wait until the light is steady, and take it for that of the pass from here on."""
        if self._check is not None:
            self._bring(self._check, visit)
            self._check.begin(visit)
            self._stale = False

    def _bring(self, check: LampCheck, visit: Visit) -> None:
        """Bring empty glass under the lens, and the lens to the focus of the section, wherever it was left."""
        self.microscope.move_xy(*check.place_um)
        if self.focus is not None:
            approach_z(self.microscope, self.focus(visit))
