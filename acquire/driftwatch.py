"""Whether the focus stays where it is expected: what the latest stacks say of it, and sweeps while a capture waits."""

import math
from collections import deque
from dataclasses import dataclass, field
from statistics import median

from acquire.autofocus import autofocus
from acquire.errors import CameraError
from acquire.focusing import FocusFinder
from acquire.focuslog import FOCUSED
from acquire.measure import coarse_edges
from acquire.plan import Visit

STACKS = 3
"""The latest, of which the middle counts: one fold or speck is no drift."""
FARTHEST_UM = 10.0
"""From where the focus was seen last, of a sweep that is believed: one wrong focus after the other could lead the lens
towards the slide."""


@dataclass(slots=True, kw_only=True, eq=False)
class DriftWatch:
    """Compares the focus of each stack with what was expected of it.

    Parameters
    ----------
    finder : FocusFinder
        Of the run; told of the foci that are found while the capture waits.
    """

    finder: FocusFinder
    _aimed_um: float | None = field(default=None, init=False)
    _off_um: deque[float] = field(default_factory=lambda: deque(maxlen=STACKS), init=False)
    _last: tuple[Visit, float] | None = field(default=None, init=False)
    _waits: tuple[Visit, float] | None = field(default=None, init=False)

    def begin(self) -> None:
        """Forget what was seen: another objective, or another focus, from here on."""
        self._aimed_um = self._last = self._waits = None
        self._off_um.clear()

    def aimed(self, z_um: float) -> None:
        """Take note of where the next stack is expected to be sharp."""
        self._aimed_um = z_um

    def saw(self, visit: Visit, z_um: float, *, missed: bool = False) -> None:
        """Take note of where it was sharp, at a visit as placed; of one that missed its focus, of the nearest plane.

        How far off a missed focus lies nobody knows: it counts as farther than any bound.
        """
        if self._aimed_um is not None:
            off_um = z_um - self._aimed_um
            self._off_um.append(math.copysign(math.inf, off_um) if missed else off_um)
        self._last = visit, z_um

    def off_um(self) -> float:
        """How far the sharpest plane of the latest stacks lay from where it was expected; 0 while there are too few."""
        return abs(median(self._off_um)) if len(self._off_um) == STACKS else 0.0

    def moved_um(self) -> float:
        """Sweep where the last stack was taken, and retract again; not a number where nothing is found.

        Returns
        -------
        float
            How far the focus went since it was seen before.
        """
        if self._last is None:
            return 0.0
        visit, before_um = self._last
        if self._waits is None:
            self.finder.known.moved_off()
            self._waits = self._last
        found_um = self._swept(visit, before_um)
        if found_um is None or abs(found_um - self._waits[1]) > FARTHEST_UM:
            return math.nan
        self.finder.known.keep(FOCUSED, self.finder.known.point(visit, found_um), visit)
        self._last = visit, found_um
        self._off_um.clear()
        return abs(found_um - before_um)

    def _swept(self, visit: Visit, around_um: float) -> float | None:
        microscope = self.finder.microscope
        try:
            microscope.move_xy(visit.x_um, visit.y_um)
            return autofocus(
                microscope,
                around_um=around_um,
                exposure_ms=visit.exposure_ms,
                measure=coarse_edges(self.finder.run.rig, visit.objective),
                between=self.finder.between,
            ).z_um
        except CameraError:
            return None
        finally:
            microscope.retract()
