"""What one capture waits for between two sites: room on its disk, the lamp of the pass, a focus that holds still."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from acquire.autofocus import pictures_depend_on_focus
from acquire.control import Control
from acquire.driftwatch import DriftWatch
from acquire.errors import HaltedError, MicroscopeError, SuspendedError
from acquire.lampround import LampRound
from acquire.plan import Visit
from acquire.runfolder import RunFolder
from acquire.suspender import Suspender

BYTES_PER_PIXEL = 6
"""Of three colours of 16 bits: the most that a camera gives."""


@dataclass(slots=True, kw_only=True, eq=False)
class Conditions:
    """The conditions of one capture, by the bounds of its plan.

    Lamp and focus are judged by what the capture sees anyway; they are looked at anew only while it waits for them.

    Parameters
    ----------
    run : RunFolder
        Its plan has the bounds.
    visits : sequence of Visit
        All of the run.
    drift : DriftWatch
        Of the run.
    control : Control
        While a person wishes anything but to go on nothing is looked at.
    lamp : LampRound, optional
        Of the pass being made.
    """

    run: RunFolder
    visits: Sequence[Visit]
    drift: DriftWatch
    control: Control
    lamp: LampRound | None = None

    def watched(self) -> list[Suspender]:
        """Return those that this plan and this rig have."""
        rules, plan = self.run.plan.suspend, self.run.plan
        columns, rows = self.run.rig.camera.size_px
        stack_bytes = max(visit.stack.planes for visit in self.visits) * rows * columns * BYTES_PER_PIXEL
        found = [rules.disk(self.run.free_bytes, self.run.path, stack_bytes=stack_bytes)]
        if plan.background_um is not None:
            found.append(rules.lamp(self._lamp_percent, again=lambda: self._anew(self._lamp_now_percent)))
        if plan.focus != "as_positions" and pictures_depend_on_focus(self.run.rig):
            found.append(rules.drift(self.drift.off_um, again=lambda: self._anew(self.drift.moved_um)))
        return found

    def _lamp_percent(self) -> float:
        return 0.0 if self.lamp is None else self.lamp.away_percent()

    def _lamp_now_percent(self) -> float:
        return 0.0 if self.lamp is None else self.lamp.away_now_percent()

    def _anew(self, look: Callable[[], float]) -> float:
        """Look while the capture waits; a motion that fails then leaves the wait to a person."""
        if not self.control.goes:
            return math.nan
        try:
            return look()
        except HaltedError:
            raise
        except MicroscopeError as error:
            raise SuspendedError(str(error)) from error
