"""Where the focus lies over a plan: measured at a few sites, journalled, compared again by later objectives."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from statistics import median

from acquire.autofocus import autofocus, hand_focus_um, pictures_depend_on_focus
from acquire.focusmap import FocusSurface, fit_surface, spread, surface_from
from acquire.microscope import Microscope
from acquire.partner import matching_focus
from acquire.plan import Visit
from acquire.runfolder import RunFolder

FOCUS_SITES = 5
RECHECK_SITES = 2
"""At how many spread sites a later objective's focus is compared with the surface of the first."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FocusFinder:
    """Finds the focus for one run.

    Parameters
    ----------
    microscope : Microscope
        Where the stage and the nosepiece stand does not matter.
    run : RunFolder
        Its journal keeps the surface, so that a resumed run does not search again.
    hand_um : float
        Focus of the first objective, found by hand; used as long as the journal has no surface.
    """

    microscope: Microscope
    run: RunFolder
    hand_um: float

    def surface(self, visits: Sequence[Visit]) -> FocusSurface:
        """Return the focus surface of the first objective: from the journal, or measured now.

        Parameters
        ----------
        visits : sequence of Visit
            Those of the first objective.
        """
        known = _journalled(self.run)
        if known is not None:
            return known
        surface = self._measured(visits)
        self.run.journal.append(event="focus", time_s=time.time(), **asdict(surface))
        return surface

    def _measured(self, visits: Sequence[Visit]) -> FocusSurface:
        self.microscope.select_objective(self.run.objectives[0])
        if self.run.plan.focus == "as_positions" or not pictures_depend_on_focus(self.run.rig):
            return FocusSurface(z_um=self.hand_um)
        count = len(visits) if self.run.plan.focus == "each" else FOCUS_SITES
        points: list[tuple[float, float, float]] = []
        around_um = self.hand_um
        for index in spread([(v.x_um, v.y_um) for v in visits], count):
            z_um = self._focus(visits[index], around_um, coarse=not points)
            if z_um is not None:
                around_um = z_um
                points.append((visits[index].x_um, visits[index].y_um, z_um))
        if not points:
            return FocusSurface(z_um=self.hand_um)
        surface = fit_surface(points)
        return replace(surface, nodes=tuple(points)) if self.run.plan.focus == "each" else surface

    def recheck(self, pending: Sequence[Visit], surface: FocusSurface) -> float:
        """Return how far the focus of a later objective lies from where surface and calibration expect it, in µm.

        Parameters
        ----------
        pending : sequence of Visit
            The visits of the objective in place; their middle difference at a few spread sites is taken.
        surface : FocusSurface
            Of the first objective.
        """
        if self.run.plan.focus == "as_positions" or not pictures_depend_on_focus(self.run.rig):
            return 0.0
        differences: list[float] = []
        for index in spread([(v.x_um, v.y_um) for v in pending], RECHECK_SITES):
            visit = pending[index]
            expected_um = surface.at(visit.x_um, visit.y_um) + visit.z_offset_um
            so_far_um = differences[-1] if differences else 0.0
            z_um = self._later_focus(visit, expected_um + so_far_um, coarse=not differences)
            if z_um is not None:
                differences.append(z_um - expected_um)
        return median(differences) if differences else 0.0

    def _later_focus(self, visit: Visit, around_um: float, *, coarse: bool) -> float | None:
        """By what it shows where the rig is calibrated, else by sharpness."""
        if self.run.calibration is None:
            return self._focus(visit, around_um, coarse=coarse)
        z_um = matching_focus(self.microscope, self.run, visit, around_um)
        if z_um is None:
            self._failed(visit, "no plane matches the picture of the first objective")
        return z_um

    def _failed(self, visit: Visit, says: str) -> None:
        self.run.journal.append(
            event="focus_failed", time_s=time.time(), site=visit.site, objective=visit.objective, says=says
        )

    def _focus(self, visit: Visit, around_um: float, *, coarse: bool) -> float | None:
        self.microscope.move_xy(visit.x_um, visit.y_um)
        focus = autofocus(self.microscope, around_um=around_um, exposure_ms=visit.exposure_ms, coarse=coarse)
        if focus.z_um is None:
            self._failed(visit, focus.reason)
        return focus.z_um


def begin_focusing(microscope: Microscope, run: RunFolder) -> FocusFinder:
    """Return the finder for a run, before anything has moved.

    Parameters
    ----------
    microscope : Microscope
        Focused on the slide by hand with the first objective when the journal holds no surface.
    run : RunFolder
        New, or begun earlier.

    Raises
    ------
    MicroscopeError
        When the journal holds no surface and another objective stands in the light path; nothing has moved.
    """
    if _journalled(run) is not None:
        return FocusFinder(microscope=microscope, run=run, hand_um=microscope.position_um.z)
    return FocusFinder(microscope=microscope, run=run, hand_um=hand_focus_um(microscope, run.objectives[0]))


def _journalled(run: RunFolder) -> FocusSurface | None:
    found = (surface_from(event) for event in run.journal.events() if event.get("event") == "focus")
    return next(found, None)
