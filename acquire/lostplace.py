"""A place of the slide looked for with the lens that captured it, where the stage has lost its coordinates."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from acquire.autofocus import approach_z, autofocus, undisturbed
from acquire.errors import LimitError
from acquire.fieldview import Points
from acquire.frame import Frame, Position
from acquire.knownplace import Known
from acquire.lookagain import stage_steps
from acquire.microscope import Microscope
from acquire.pairview import even
from acquire.referenced import Referenced
from acquire.retake import take
from acquire.runfolder import RunFolder
from acquire.slidehunt import LOOKING, MOST_LOOKS, Progress
from acquire.slidesearch import SlideSearch
from calibration.flatfield import Pixels
from calibration.recognise import RECOGNISED_NCC, Likeness, pattern, recognise

CROP = 0.5
"""Middle share of each side of a look that is sought in the stored pictures."""
RECOGNISED_SHARE = 0.33
"""Of a field: so far from its middle a look is still known; a quarter, and a part of what may lie beyond the edge."""
REFOCUSED_LOOKS = 32
"""After so many looks a focus by sharpness is tried again; and at looks 1, 2, 4, 8, 16."""
FARTHEST_FOCUS_UM = 10.0
"""From where a person focused, of a focus by sharpness that is believed."""


@dataclass(slots=True, kw_only=True, eq=False)
class LostPlace:
    """One search for any of the stored places.

    Parameters
    ----------
    microscope : Microscope
        As its devices count now, with the lens in place.
    run : RunFolder
        Gives corrections and pixel sizes.
    objective : str
        The lens.
    places : list of Known
        The first of them is where the search begins.
    exposure_ms : float
        Of each look.
    shift_um : Position
        What the devices are believed to read where the run's coordinates are 0.
    focused_by_hand : bool
        Whether Z has lost its zero too: then its focus is sought by sharpness now and then.
    progress : Progress
        Told about each look.
    poll : callable
        Asked before each look; raises when a person wishes to stop.
    looks : int
        Taken so far.
    """

    microscope: Microscope
    run: RunFolder
    objective: str
    places: list[Known]
    exposure_ms: float
    shift_um: Position
    focused_by_hand: bool
    progress: Progress
    poll: Callable[[], None] = undisturbed
    looks: int = field(default=0, init=False)
    _hand_um: float = field(init=False)

    def __post_init__(self) -> None:
        self._hand_um = self.shift_um.z

    def found(self, confirmed: Callable[[str, Position], Position | None]) -> Position | None:
        """Look until a place is recognised and confirmed.

        Parameters
        ----------
        confirmed : callable
            Registers a site for a shift that is believed; returns the true one, or None when it is another place.

        Returns
        -------
        Position or None
            The shift; None when nothing was found within reach.
        """
        search = SlideSearch(
            places_um=self._middles(), start_um=self._at(0), known=self._shown, allowed=self._within, seed=1
        )
        here_um = search.start_um
        while self.looks < MOST_LOOKS and (place_um := search.next_um(here_um)) is not None:
            self.looks += 1
            self.progress(self.looks, MOST_LOOKS, LOOKING)
            shift_um = self._tried(place_um, confirmed)
            if shift_um is not None:
                return shift_um
            search.missed(place_um)
            here_um = place_um
        return None

    def _tried(
        self, place_um: tuple[float, float], confirmed: Callable[[str, Position], Position | None]
    ) -> Position | None:
        known, likeness = self._recognised(self._look(place_um))
        if likeness.ncc < RECOGNISED_NCC and self._refocused(place_um):
            known, likeness = self._recognised(self._look(place_um))
        if likeness.ncc < RECOGNISED_NCC:
            return None
        seen = np.array(known.position[:2]) + stage_steps(self.run, self.objective) @ np.array(likeness.offset_px)
        x, y = np.array(self.shift_um[:2]) + place_um - seen
        return confirmed(known.site, self.shift_um._replace(x=float(x), y=float(y)))

    def _look(self, place_um: tuple[float, float]) -> Frame:
        self.poll()
        referenced = Referenced(self.microscope, self.shift_um)
        referenced.move_xy(*place_um)
        around_um = self._nearest(place_um).position.z
        referenced.expect_focus(around_um)
        approach_z(referenced, around_um)
        return take(referenced, self.exposure_ms)

    def _recognised(self, frame: Frame) -> tuple[Known, Likeness]:
        look = pattern(_middle(even(self.run, self.objective, frame.pixels, frame.white_level)))
        found = [(known, recognise(look, known.pattern, np.eye(2))) for known in self.places]
        return max(found, key=lambda one: one[1].ncc)

    def _refocused(self, place_um: tuple[float, float]) -> bool:
        """Learn the focus by sharpness now and then, where the lens stands."""
        if not self.focused_by_hand or (self.looks & (self.looks - 1) and self.looks % REFOCUSED_LOOKS):
            return False
        referenced, around_um = Referenced(self.microscope, self.shift_um), self._nearest(place_um).position.z
        try:
            found = autofocus(referenced, around_um=around_um, exposure_ms=self.exposure_ms, between=self.poll)
        except LimitError:
            return False
        shift_um = self.shift_um.z + (0.0 if found.z_um is None else found.z_um - around_um)
        if found.z_um is None or abs(shift_um - self._hand_um) > FARTHEST_FOCUS_UM:
            return False
        self.shift_um = self.shift_um._replace(z=shift_um)
        return True

    def _middles(self) -> Points:
        return np.array([known.position[:2] for known in self.places])

    def _at(self, index: int) -> tuple[float, float]:
        x_um, y_um, _ = self.places[index].position
        return x_um, y_um

    def _nearest(self, place_um: tuple[float, float]) -> Known:
        return self.places[int(np.argmin(np.linalg.norm(self._middles() - place_um, axis=1)))]

    def _shown(self, points_um: Points) -> NDArray[np.bool_]:
        """Whether looks at points of the slide would be known."""
        half_um = RECOGNISED_SHARE * self.run.rig.pixel_um(self.objective) * min(self.run.rig.camera.size_px)
        known = np.zeros(len(points_um), dtype=np.bool_)
        for place_um in self._middles():
            known |= np.all(np.abs(points_um - place_um) <= half_um, axis=1)
        return known

    def _within(self, points_um: Points) -> NDArray[np.bool_]:
        """Whether the stage may go there."""
        limits = self.microscope.rig.limits_um
        lows, highs = np.array([limits.x, limits.y]).T
        stage_um = points_um + np.array(self.shift_um[:2])
        return np.asarray(np.all((stage_um >= lows) & (stage_um <= highs), axis=1))


def _middle(pixels: Pixels) -> Pixels:
    rows, columns = (int(side * (1 - CROP) / 2) for side in pixels.shape[:2])
    middle: Pixels = pixels[rows : pixels.shape[0] - rows, columns : pixels.shape[1] - columns]
    return middle
