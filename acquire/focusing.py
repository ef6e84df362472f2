"""The focus of one run: swept at a few sites, learnt from every stack, expected at the next, all of it journalled."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

from acquire.autofocus import hand_focus_um, pictures_depend_on_focus, undisturbed
from acquire.focuslog import FOCUSED, PEAK, note_surface, surface_in
from acquire.focusmap import FocusSurface, fit_surface, spread
from acquire.frame import Frame
from acquire.knownfocus import KnownFocus
from acquire.microscope import Microscope
from acquire.plan import Visit
from acquire.runfolder import RunFolder
from acquire.stackpeak import Peak, stack_peak
from acquire.sweeping import Sweeps

FOCUS_SITES = 5
"""Swept before a run at least, also where the plan's `focus.every` asks for less: fewer show no tilt."""
AHEAD = 2 / 3
"""Of the sweeps that a plan allows, those made before its first site; the others go where the focus is least known."""
RECHECK_SITES = 2
"""At how many spread sites a later objective's focus is compared with the surface of the first."""
LOOSE_UM = 0.13
"""A standard deviation of what is expected, beyond which a sweep that the plan allows is made."""
LOST_UM = 0.8
"""As above, beyond which one is made whatever the plan allows: a stack of five planes 0.4 µm apart would miss."""


@dataclass(slots=True, kw_only=True, eq=False)
class FocusFinder:
    """Knows the focus of one run.

    For each visit ask `due`, and where it is, `focus`; then `predict` where the stack shall lie; after it was stored
    `learn` from it. What is learnt from a stack moves the focus by one of its steps at most.

    Parameters
    ----------
    microscope : Microscope
        Where the stage and the nosepiece stand does not matter.
    run : RunFolder
        Its journal keeps all that was seen, so that a resumed run does not search again.
    hand_um : float
        Focus of the first objective, found by hand; used as long as nothing was seen.
    clock : callable
        Seconds since the epoch.
    between : callable
        Called before each plane of a sweep (`Control.between_planes`); what it raises ends the sweep.
    """

    microscope: Microscope
    run: RunFolder
    hand_um: float
    clock: Callable[[], float] = time.time
    between: Callable[[], None] = undisturbed
    known: KnownFocus = field(init=False)
    _doubtful: bool = field(default=False, init=False)
    _visits: Counter[str] = field(init=False)

    def __post_init__(self) -> None:
        self.known = KnownFocus(run=self.run, hand_um=self.hand_um, clock=self.clock)
        self._visits = Counter(visit.objective for visit in self.run.plan.visits(self.run.rig, self.run.calibration))

    def surface(self, visits: Sequence[Visit]) -> FocusSurface:
        """Return the focus surface of the first objective: from the journal, or measured now.

        Parameters
        ----------
        visits : sequence of Visit
            Those of the first objective.
        """
        self.known.look_up_handling()
        surface = surface_in(self.run.journal.events())
        if surface is None:
            surface = self._measured(visits)
            note_surface(self.run.journal, surface, self.clock())
        return surface

    def predict(self, visit: Visit, time_s: float | None = None) -> float:
        """Return the Z on which the stack of a visit shall be centred.

        Parameters
        ----------
        visit : Visit
            With the objective that is, or will be, in place.
        time_s : float, optional
            When, by the finder's clock; now when not given.
        """
        if self._searches:
            return self.known.expected(visit, time_s).z_um + self.offset_um(visit)
        listed_um = visit.z_um if self.run.plan.focus == "as_positions" else None
        return (self.hand_um if listed_um is None else listed_um) + visit.z_offset_um

    def offset_um(self, visit: Visit) -> float:
        """How far from the focus the plan asks for pictures; a lens that follows the first has it from there."""
        asked_um = self.run.plan.focus_offset_um.get(visit.objective, 0.0)
        return 0.0 if asked_um and self.known.is_matched(visit) else asked_um

    def due(self, visit: Visit) -> bool:
        """Whether the site is to be swept before its stack is taken.

        True where the focus is not known well and the plan allows a sweep, where it may be lost, with ``focus: each``,
        and after `doubt`; never twice at one site but after a doubt.
        """
        if not self._searches or self._doubtful:
            return self._searches
        if (visit.site, visit.objective) in self.known.tried:
            return False
        sigma_um = self.known.expected(visit).sigma_um
        return self.run.plan.focus == "each" or sigma_um > (LOOSE_UM if self._allowed(visit.objective) else LOST_UM)

    def focus(self, visit: Visit) -> None:
        """Sweep at a visit, with its objective in place.

        A sweep that finds nothing, or something far from what is expected, leaves the expected Z and flags the site.
        """
        point = Sweeps(microscope=self.microscope, known=self.known, between=self.between).at(visit)
        self._doubtful = False
        if point is not None:
            self.known.keep(FOCUSED, point, visit)

    def learn(self, visit: Visit, planes: Sequence[Frame]) -> Peak:
        """Find the peak of a stack, and expect the next ones by it.

        Parameters
        ----------
        visit : Visit
            Whose stack it is.
        planes : sequence of Frame
            Of the stack, just taken.
        """
        if not pictures_depend_on_focus(self.run.rig):
            return Peak(standing="unknown")
        peak = stack_peak(planes, self.run.rig)
        if peak.z_um is not None and self._searches:
            step_um = visit.stack.step_um
            expected_um = peak.z_um - peak.off_um - self.offset_um(visit)
            bounded_um = expected_um + min(max(peak.z_um - expected_um, -step_um), step_um)
            point = self.known.point(visit, bounded_um)
            self.known.keep(PEAK, point, visit, off_um=peak.off_um, standing=peak.standing)
        return peak

    def learn_match(self, visit: Visit, z_um: float, planes: Sequence[Frame]) -> None:
        """Expect the next ones by the Z at which a stack showed what the first objective had shown.

        Parameters
        ----------
        visit : Visit
            Whose stack it is.
        z_um : float
            As the gate of the pair found it.
        planes : sequence of Frame
            Of the stack.
        """
        if self._searches:
            middle_um = (planes[0].position.z + planes[-1].position.z) / 2
            step_um = visit.stack.step_um
            bounded_um = middle_um + min(max(z_um - middle_um, -step_um), step_um)
            self.known.keep(PEAK, self.known.point(visit, bounded_um, matched=True), visit)

    def aside(self, visit: Visit, planes: Sequence[Frame]) -> float | None:
        """Return the Z about which a stack is better taken again, or None where it is well centred.

        It is not where the stack's own peak, and the offset that the plan asks for, lie more than half a step from its
        middle; of a lens that is focused by what the first objective showed, nothing is said here.

        Parameters
        ----------
        visit : Visit
            Whose stack it is.
        planes : sequence of Frame
            Of the stack, just taken, and not yet learnt from.
        """
        if not self._searches or self.known.is_matched(visit):
            return None
        peak = stack_peak(planes, self.run.rig)
        offset_um = self.offset_um(visit)
        if peak.z_um is None or abs(peak.off_um + offset_um) <= visit.stack.step_um / 2:
            return None
        return peak.z_um + offset_um

    def doubt(self) -> None:
        """Let the next visit be swept first: the capture was held, or somebody touched the stand."""
        self._doubtful = True

    def recheck(self, pending: Sequence[Visit], surface: FocusSurface, *, added_um: float = 0.0) -> float:
        """Return how far the focus of a later objective lies from where surface and calibration expect it, in µm.

        Parameters
        ----------
        pending : sequence of Visit
            The visits of the objective in place; their middle difference at a few spread sites is taken.
        surface : FocusSurface
            Of the first objective.
        added_um : float
            What is known to be added to the expected Z already, since the slide was handled.
        """
        if not self._searches:
            return 0.0
        sweeps = Sweeps(microscope=self.microscope, known=self.known, between=self.between)
        look = sweeps.matched if self.run.calibration else sweeps.at
        differences: list[float] = []
        for index in spread([(visit.x_um, visit.y_um) for visit in pending], RECHECK_SITES):
            visit = pending[index]
            place = self.known.place(visit)
            on_surface_um = surface.at(place.x_um, place.y_um)
            point = look(visit, self.known.expected(visit).z_um + (0.0 if differences else added_um))
            if point is not None:
                self.known.keep(FOCUSED, point, visit)
                differences.append(point.z_um - on_surface_um)
        return median(differences) if differences else 0.0

    @property
    def _searches(self) -> bool:
        return self.run.plan.focus != "as_positions" and pictures_depend_on_focus(self.run.rig)

    def _allowed(self, objective: str) -> bool:
        """Whether the plan allows another sweep with this objective."""
        return sum(name == objective for _, name in self.known.tried) < self._most_sweeps(objective)

    def _most_sweeps(self, objective: str) -> int:
        return self._visits[objective] // self.run.plan.focus_every

    def _measured(self, visits: Sequence[Visit]) -> FocusSurface:
        first = self.run.objectives[0]
        self.microscope.select_objective(first)
        if not self._searches:
            return FocusSurface(z_um=self.hand_um)
        each = self.run.plan.focus == "each"
        count = len(visits) if each else max(FOCUS_SITES, round(AHEAD * self._most_sweeps(first)))
        found = Sweeps(microscope=self.microscope, known=self.known, between=self.between).tour(visits, count)
        if not found:
            return FocusSurface(z_um=self.hand_um)
        points = [(point.place.x_um, point.place.y_um, point.z_um) for point in found]
        return replace(fit_surface(points), nodes=tuple(points) if each else ())


def begin_focusing(
    microscope: Microscope,
    run: RunFolder,
    *,
    clock: Callable[[], float] = time.time,
    between: Callable[[], None] = undisturbed,
) -> FocusFinder:
    """Return the finder for a run, before anything has moved.

    Parameters
    ----------
    microscope : Microscope
        Focused on the slide by hand with the first objective when the journal holds no surface.
    run : RunFolder
        New, or begun earlier.
    clock, between : callable
        As in `FocusFinder`.

    Raises
    ------
    MicroscopeError
        When the journal holds no surface and another objective stands in the light path; nothing has moved.
    """
    surface = surface_in(run.journal.events())
    hand_um = hand_focus_um(microscope, run.objectives[0]) if surface is None else surface.z_um
    return FocusFinder(microscope=microscope, run=run, hand_um=hand_um, clock=clock, between=between)
