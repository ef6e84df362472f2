"""Find the slide again after the oil step: pictures of the wet objective against stored ones of the first.

The slide is looked for until one look is recognised (`slidesearch`); that site is registered, and the motion it shows
predicts the others. At least three sites spread over the plan are registered, a shift and a turn are fitted to all.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from acquire.errors import LimitError, SlideLostError
from acquire.focusmap import spread
from acquire.microscope import Microscope
from acquire.pairview import pair_view
from acquire.plan import Visit
from acquire.refound import Refound
from acquire.runfolder import RunFolder
from acquire.safety import check_xy
from acquire.sighting import Focus, Lookout, Sighting
from acquire.slidehunt import FARTHEST_FOCUS_UM, MOST_LOOKS, Progress, SlideHunt
from acquire.unsought import NOMINAL_FOCUS_UM, unsought
from calibration.rigid import Rigid

FEWEST_SITES = 3
CHECKED_SITES = 5
"""Spread over the plan: two more than a shift and a turn need, so that the residual says something."""

MOST_TRIED = 12
"""Sites tried before it is said that too few show what they should."""

LARGEST_RESIDUAL_UM = 5.0
"""Play and scatter of a stage leave 3 µm at most; more is a slide that moved meanwhile."""


def _silent(_done: int, _most: int, _says: str) -> None:
    """Tell nobody."""


def _go_on() -> None:
    """Nobody wishes anything."""


def find_slide(
    microscope: Microscope,
    run: RunFolder,
    visits: Sequence[Visit],
    focus: Focus,
    *,
    progress: Progress = _silent,
    poll: Callable[[], None] = _go_on,
) -> Refound:
    """Find where the slide lies now, and journal it.

    Parameters
    ----------
    microscope : Microscope
        With the wet objective in place, retracted. Only `move_xy`, `move_z` within the near margin of the focus
        expected, and `snap` are used.
    run : RunFolder
        With the first objective's pictures.
    visits : sequence of Visit
        Still to be captured with the objective in place, as planned; all must be within reach. The slide is looked for
        by every stored picture of the run.
    focus : callable
        Z expected for a visit.
    progress : callable
        Told (looks, most looks, what is done).
    poll : callable
        Asked before each frame; raises when a person wishes to pause or stop.

    Returns
    -------
    Refound
        The same place as planned where pictures cannot tell: on a rig whose pictures do not depend on the stage, or
        where there is no calibration and too little to see. Without a calibration what the objective itself adds to
        every place is part of what is found.

    Raises
    ------
    SlideLostError
        When the slide is not found, or the sites contradict each other, or some of them can no longer be reached; in
        words that say what to do. Nothing is journalled as found.
    """
    began = time.monotonic()
    view = pair_view(run, visits[0].objective, nominal=True)
    if view is None:
        refound = Refound(says=f"the slide was not looked for: rig {run.rig.name!r} paints the same picture everywhere")
    else:
        lookout = Lookout(microscope=microscope, view=view, focus=focus, poll=poll)
        planned = (visit for visit in run.plan.visits(run.rig, run.calibration) if visit.objective == view.objective)
        known = [visit for visit in planned if run.has(visit.partner, run.objectives[0])]
        farthest_um = FARTHEST_FOCUS_UM if run.calibration else NOMINAL_FOCUS_UM
        hunt = SlideHunt(lookout=lookout, visits=known, progress=progress, farthest_focus_um=farthest_um)
        why = unsought(hunt)
        refound = Refound(says=why) if why else _sought(hunt, lambda: time.monotonic() - began)
        _refuse_unreachable(microscope, visits, refound)
    run.journal.append(**refound.event(), time_s=time.time())
    return refound


def _sought(hunt: SlideHunt, seconds: Callable[[], float]) -> Refound:
    try:
        return _Survey(hunt=hunt).refound(seconds)
    except SlideLostError as error:
        if hunt.view.run.calibration is not None:
            raise
        raise SlideLostError(
            f"{error}; the run has no calibration, so turned or mirrored cameras and unlike objectives may be why: run "
            "`parfocal calibrate` and begin a new run with --calibration"
        ) from error


@dataclass(slots=True, kw_only=True, eq=False)
class _Survey:
    """Sites found again, one after the other, and what they say together."""

    hunt: SlideHunt
    sightings: list[Sighting] = field(default_factory=list)

    @property
    def visits(self) -> Sequence[Visit]:
        return self.hunt.visits

    def refound(self, seconds: Callable[[], float]) -> Refound:
        self.sightings.append(self.hunt.first())
        for visit in self._spread():
            self.hunt.progress(self.hunt.looks, MOST_LOOKS, f"site {visit.site} is compared with its stored picture")
            seen = self.hunt.lookout.sight(visit, self._moved())
            if seen is not None:
                self.sightings.append(seen)
        return self._agreed(seconds())

    def _spread(self) -> Iterator[Visit]:
        """Sites far from each other, the nearest to what is known first; more where some do not register."""
        left = {visit.partner: visit for visit in self.visits if visit.site != self.sightings[0].site}
        tried = 0
        while left and tried < MOST_TRIED and len(self.sightings) < CHECKED_SITES:
            visits = list(left.values())
            chosen = spread([(v.x_um, v.y_um) for v in visits], CHECKED_SITES - len(self.sightings))
            first = self.sightings[0].slide_um
            for index in sorted(chosen, key=lambda i: float(np.linalg.norm(self.hunt.planned_um(visits[i]) - first))):
                tried += 1
                del left[visits[index].partner]
                yield visits[index]

    def _moved(self) -> Rigid:
        return Rigid.fitted(
            [seen.slide_um for seen in self.sightings],
            [seen.now_um for seen in self.sightings],
            [seen.turn_deg for seen in self.sightings],
        )

    def _agreed(self, seconds: float) -> Refound:
        """Fit all sightings; refuse too few, or those that contradict each other."""
        needed = min(FEWEST_SITES, len({visit.partner for visit in self.visits}))
        if len(self.sightings) < needed:
            raise SlideLostError(
                f"only {len(self.sightings)} site(s) register with their stored pictures and {needed} are needed to "
                f"know how slide {self.hunt.view.run.slide} lies: check oil and focus, and capture again"
            )
        moved = self._moved()
        apart = [float(np.linalg.norm(moved.apply(seen.slide_um) - seen.now_um)) for seen in self.sightings]
        if max(apart) > LARGEST_RESIDUAL_UM:
            raise SlideLostError(
                f"the sites found again lie up to {max(apart):.1f} µm from any shift and turn of slide "
                f"{self.hunt.view.run.slide} and {LARGEST_RESIDUAL_UM:g} µm is believed: it moves on its "
                "stage; clamp it and capture again"
            )
        shift_um = float(np.hypot(*moved.shift_um))
        return Refound(
            moved=moved,
            parcentric_um={self.hunt.view.objective: self.hunt.view.high.parcentric_um},
            sites=tuple(seen.site for seen in self.sightings),
            residual_um=max(apart),
            focus_um=float(np.median([seen.added_um for seen in self.sightings])),
            looks=self.hunt.looks,
            seconds=round(seconds, 1),
            says=f"the slide lies {shift_um:.0f} µm away and turned by {moved.turn_deg:.2f}°, by {len(apart)} sites "
            f"that agree to {max(apart):.1f} µm",
        )


def _refuse_unreachable(microscope: Microscope, visits: Sequence[Visit], refound: Refound) -> None:
    """Refuse a place of the slide at which not all sites can be reached."""
    for visit in visits:
        placed = refound.place(visit)
        try:
            check_xy(microscope.rig.limits_um, placed.x_um, placed.y_um)
        except LimitError as error:
            raise SlideLostError(f"{refound.says}, where site {visit.site} is out of reach ({error})") from error
