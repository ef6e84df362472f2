"""A site seen again through a later objective: focused by what the first one showed, and where it truly lies."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from acquire.autofocus import approach_z
from acquire.errors import LimitError
from acquire.fieldview import Points
from acquire.frame import Frame
from acquire.knowntissue import KnownTissue
from acquire.microscope import Microscope
from acquire.pairview import UNMOVED, PairView
from acquire.plan import StackPlan, Visit
from acquire.retake import take
from calibration.match import Match, match_plane
from calibration.recognise import RECOGNISED_NCC
from calibration.rigid import Rigid

SWEEP = StackPlan(planes=7, step_um=0.5)
"""About the focus expected: a section of 4 µm is recognised far outside, and registers at its own depth only."""

SWEEPS = 3
"""How often the sweep is taken again about its end when the matching plane lies there."""

Focus = Callable[[Visit], float]
"""Tells the Z expected for a visit, its objective's offset included."""


def _go_on() -> None:
    """Nobody wishes anything."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sighting:
    """One site found again.

    Parameters
    ----------
    site : str
        Whose stored picture it was registered to.
    slide_um, now_um : ndarray, shape (2,)
        A point of the slide, and where the stage has it now, without parcentric offset.
    turn_deg : float
        Of the slide, by this picture.
    z_um : float
        At which the picture shows what the stored one shows.
    added_um : float
        Of that, what it adds to the Z expected.
    """

    site: str
    slide_um: Points
    now_um: Points
    turn_deg: float
    z_um: float
    added_um: float


@dataclass(slots=True, kw_only=True, eq=False)
class Lookout:
    """Looks at places of the slide with the objective in place.

    Parameters
    ----------
    microscope : Microscope
        With the objective of `view` in place.
    view : PairView
        How to compare.
    focus : callable
        Z expected for a visit.
    poll : callable
        Asked before each frame; raises when a person wishes to stop.
    bias_um : float
        What was learned to add to the Z expected.
    """

    microscope: Microscope
    view: PairView
    focus: Focus
    poll: Callable[[], None] = _go_on
    bias_um: float = 0.0

    def stage_um(self, place_um: Points) -> Points:
        """Stage position at which a point without parcentric offset is in the middle; shape (..., 2)."""
        return np.asarray(place_um + np.array(self.view.high.parcentric_um))

    def look(self, place_um: Points, visit: Visit) -> Frame:
        """Take one frame of a place at the focus expected for a visit."""
        self.poll()
        self.microscope.move_xy(*(float(v) for v in self.stage_um(place_um)))
        around_um = self.focus(visit) + self.bias_um
        self.microscope.expect_focus(around_um)
        approach_z(self.microscope, around_um)
        return take(self.microscope, visit.exposure_ms)

    def sight(self, visit: Visit, moved: Rigid, *, slide_um: Points | None = None) -> Sighting | None:
        """Find a site again where a motion of the slide puts it.

        Parameters
        ----------
        visit : Visit
            As planned.
        moved : Rigid
            How the slide is believed to lie; the site is found within some 30 µm of where that puts it.
        slide_um : ndarray, shape (2,), optional
            Point of the slide to look at; the planned one when not given.

        Returns
        -------
        Sighting or None
            None when no plane registers; when one does, its depth is learned as `bias_um`.
        """
        known = KnownTissue.read(self.view, [visit.partner])
        if not known.sites:
            return None
        planned = np.array([visit.x_um, visit.y_um]) - self.view.high.parcentric_um
        place_um = moved.apply(planned if slide_um is None else slide_um)
        around_um = self.focus(visit) + self.bias_um
        for _ in range(SWEEPS):
            planes = self._sweep(place_um, visit, around_um)
            match = self._match(known, planes, moved)
            if match is None:
                return None
            if 0 < match.index < len(planes) - 1:
                break
            around_um = planes[match.index].position.z
        return self._sighting(visit, planes, match)

    def _sweep(self, place_um: Points, visit: Visit, around_um: float) -> list[Frame]:
        """Planes about a depth, approached from the far side; none where they would leave limits or margins."""
        toward = self.microscope.rig.z.toward_slide
        depths = sorted((around_um + offset for offset in SWEEP.offsets_um()), reverse=toward < 0)
        planes: list[Frame] = []
        try:
            self.microscope.move_xy(*(float(v) for v in self.stage_um(place_um)))
            self.microscope.expect_focus(self.focus(visit) + self.bias_um)
            approach_z(self.microscope, depths[0])
            for z_um in depths:
                self.poll()
                self.microscope.move_z(z_um)
                planes.append(take(self.microscope, visit.exposure_ms))
        except LimitError:
            return planes
        return planes

    def _match(self, known: KnownTissue, planes: Sequence[Frame], moved: Rigid) -> Match | None:
        if not planes:
            return None
        middle = len(planes) // 2
        best = known.recognise(self.view.pattern(planes[middle]), moved)
        if best.likeness.ncc < RECOGNISED_NCC:
            return None
        low = self.view.picture(known.sites[0])
        prior = self.view.laid(best.likeness, moved)
        pictures = [self.view.corrected(frame) for frame in planes]
        white = low.white_level, planes[middle].white_level
        return match_plane(low.pixels, pictures, factor=self.view.factor, start=middle, prior=prior, white_levels=white)

    def _sighting(self, visit: Visit, planes: Sequence[Frame], match: Match | None) -> Sighting | None:
        if match is None or not match.registration.accepted:
            return None
        low_stage_um = self.view.picture(visit.partner).stage_um
        z_um = match.z_um([frame.position.z for frame in planes])
        self.bias_um = z_um - self.focus(visit)
        self.microscope.expect_focus(z_um)
        return Sighting(
            site=visit.site,
            slide_um=self.view.seen_um(match.registration.matrix, low_stage_um),
            now_um=self.view.slide_um(planes[match.index], UNMOVED),
            turn_deg=self.view.turn_deg(match.registration.matrix),
            z_um=z_um,
            added_um=self.bias_um,
        )
