"""The hunt for a moved slide: looks until one of the stored pictures is recognised and registers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from acquire.autofocus import autofocus
from acquire.errors import SlideLostError
from acquire.fieldview import Points
from acquire.knowntissue import KnownTissue, Recognised
from acquire.pairview import PairView
from acquire.plan import Visit
from acquire.sighting import Lookout, Sighting
from acquire.slidesearch import REACH_UM, SlideSearch
from calibration.recognise import RECOGNISED_NCC
from calibration.rigid import Rigid

MOST_LOOKS = 500
"""Bound of the search; a single stored picture takes 100 looks at 400 µm, and some 300 at 700 µm."""

CLUSTER_UM = 1200.0
MOST_PICTURES = 150
"""Stored pictures compared with each look: those nearest to where the search begins."""

REFOCUSED_LOOKS = 32
"""After so many looks a focus by sharpness is tried again; and at looks 1, 2, 4, 8, 16."""

FARTHEST_FOCUS_UM = 10.0
"""From the Z expected, of a focus by sharpness that is believed: tilt and a parfocal offset that was off make a few;
without a bound one wrong focus after the other could lead the lens towards the slide."""

LOOKING = "looking for the slide"

Progress = Callable[[int, int, str], None]
"""Told how many looks were taken, of how many at most, and what is done."""


@dataclass(slots=True, kw_only=True, eq=False)
class SlideHunt:
    """One hunt; `first` begins it.

    Parameters
    ----------
    lookout : Lookout
        Looks.
    visits : sequence of Visit
        Of the objective in place, as planned, with a stored partner each.
    progress : Progress
        Told about each look.
    farthest_focus_um : float
        From the Z expected, of a focus by sharpness that is believed.
    looks : int
        Taken so far.
    """

    lookout: Lookout
    visits: Sequence[Visit]
    progress: Progress
    farthest_focus_um: float = FARTHEST_FOCUS_UM
    looks: int = field(default=0, init=False)
    _known: KnownTissue | None = field(default=None, init=False)

    @property
    def view(self) -> PairView:
        """How the pictures compare."""
        return self.lookout.view

    def first(self) -> Sighting:
        """Look until one site is recognised and registers.

        Raises
        ------
        SlideLostError
            When there is nothing to recognise, or nothing was within reach and bounds.
        """
        known = self.known()
        if known is None:
            raise SlideLostError(
                f"no {self.view.run.objectives[0]} picture of slide {self.view.run.slide} shows tissue to find it by: "
                "choose sites with tissue, or capture without oil"
            )
        search = self._search(known)
        here_um = search.start_um
        while self.looks < MOST_LOOKS:
            place_um = search.next_um(here_um)
            if place_um is None:
                break
            self.looks += 1
            self.progress(self.looks, MOST_LOOKS, LOOKING)
            seen = self._sighting(known, np.array(place_um))
            if seen is not None:
                return seen
            search.missed(place_um)
            here_um = place_um
        raise SlideLostError(
            f"the slide was not found again within {REACH_UM:.0f} µm in {self.looks} looks with {self.view.objective}: "
            f"put slide {self.view.run.slide} back as it lay and capture again, or clean it and begin a new run"
        )

    def _sighting(self, known: KnownTissue, place_um: Points) -> Sighting | None:
        nearest = min(self.visits, key=lambda visit: float(np.linalg.norm(self.planned_um(visit) - place_um)))
        best = known.recognise(self.view.pattern(self.lookout.look(place_um, nearest)))
        if best.likeness.ncc < RECOGNISED_NCC and self._refocused(nearest):
            best = known.recognise(self.view.pattern(self.lookout.look(place_um, nearest)))
        return self._confirmed(best, place_um) if best.likeness.ncc >= RECOGNISED_NCC else None

    def _confirmed(self, best: Recognised, place_um: Points) -> Sighting | None:
        """Register the site in the middle of its own picture, or where it was recognised."""
        visit = next(visit for visit in self.visits if visit.partner == best.site)
        moved = Rigid.fitted([best.slide_um], [place_um], [best.likeness.turn_deg])
        return self.lookout.sight(visit, moved) or self.lookout.sight(visit, moved, slide_um=best.slide_um)

    def _refocused(self, visit: Visit) -> bool:
        """Learn the focus by sharpness now and then, where the lens stands."""
        if self.looks & (self.looks - 1) and self.looks % REFOCUSED_LOOKS:
            return False
        around_um = self.lookout.focus(visit) + self.lookout.bias_um
        found = autofocus(
            self.lookout.microscope,
            around_um=around_um,
            exposure_ms=visit.exposure_ms,
            between=self.lookout.poll,
        )
        expected_um = self.lookout.focus(visit)
        if found.z_um is None or abs(found.z_um - expected_um) > self.farthest_focus_um:
            return False
        self.lookout.bias_um = found.z_um - expected_um
        return True

    def known(self) -> KnownTissue | None:
        """Return the stored pictures round the middle of the plan, or as near to it as there is tissue, if any."""
        if self._known is None:
            self._known = self._read()
        return self._known

    def _read(self) -> KnownTissue | None:
        places = {visit.partner: self.planned_um(visit) for visit in self.visits}
        sites, points = list(places), np.array(list(places.values())).reshape(-1, 2)
        left = np.argsort(np.linalg.norm(points - points.mean(axis=0), axis=1)) if sites else np.array([], int)
        while left.size:
            away_um = np.linalg.norm(points[left] - points[left[0]], axis=1)
            near = left[np.argsort(away_um)][: min(MOST_PICTURES, int(np.sum(away_um < CLUSTER_UM)))]
            known = KnownTissue.read(self.view, [sites[index] for index in near])
            if known.sites:
                return known
            left = left[~np.isin(left, near)]
        return None

    def _search(self, known: KnownTissue) -> SlideSearch:
        places = known.places_um
        start = places[int(np.argmin(np.linalg.norm(places - places.mean(axis=0), axis=1)))]
        limits = self.lookout.microscope.rig.limits_um
        lows, highs = np.array([limits.x, limits.y]).T

        def allowed(points_um: Points) -> NDArray[np.bool_]:
            stage = self.lookout.stage_um(points_um)
            return np.asarray(np.all((stage >= lows) & (stage <= highs), axis=1))

        return SlideSearch(
            places_um=places, start_um=(float(start[0]), float(start[1])), known=known.shows, allowed=allowed
        )

    def planned_um(self, visit: Visit) -> Points:
        """Point of the slide that a visit was planned for."""
        return np.array([visit.x_um, visit.y_um]) - self.view.high.parcentric_um
