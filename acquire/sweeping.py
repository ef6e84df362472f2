"""Sweeps of the focus drive at single visits of a run: each told from what is expected there, or flagged."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from acquire.autofocus import autofocus, undisturbed
from acquire.focusfield import FocusPoint
from acquire.focuslog import FOCUSED
from acquire.focusmap import sound, spread
from acquire.knownfocus import KnownFocus
from acquire.measure import coarse_edges
from acquire.microscope import Microscope
from acquire.partner import matching_focus
from acquire.plan import Visit

COARSE_FROM_UM = 1.0
"""A standard deviation of what is expected, beyond which a sweep begins with a coarse one."""
SURPRISE_UM, SURPRISE_SIGMAS = 1.0, 4.0
"""A sweep that ends farther than both together from what is expected has found something else: a fold, a speck."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sweeps:
    """Sweeps with the objective in place.

    Parameters
    ----------
    microscope : Microscope
        Where the stage stands does not matter.
    known : KnownFocus
        Says where to look; what is found is not yet kept in it.
    between : callable
        Called before each plane (`Control.between_planes`); what it raises ends the sweep.
    """

    microscope: Microscope
    known: KnownFocus
    between: Callable[[], None] = undisturbed

    def at(self, visit: Visit, around_um: float | None = None) -> FocusPoint | None:
        """Sweep at a visit, about what is expected or what the caller knows better; None when the site was flagged."""
        self.known.tried.add((visit.site, visit.objective))
        expected = self.known.expected(visit)
        self.microscope.move_xy(visit.x_um, visit.y_um)
        found = autofocus(
            self.microscope,
            around_um=expected.z_um if around_um is None else around_um,
            exposure_ms=visit.exposure_ms,
            coarse=expected.sigma_um > COARSE_FROM_UM,
            measure=coarse_edges(self.known.run.rig, visit.objective),
            between=self.between,
        )
        if found.z_um is None:
            self.known.failed(visit, found.reason)
            return None
        off_um = found.z_um - expected.z_um
        if abs(off_um) > SURPRISE_UM + SURPRISE_SIGMAS * expected.sigma_um:
            self.known.failed(visit, f"the sweep ended {off_um:+.2f} µm from where the focus is expected")
            return None
        return self.known.point(visit, found.z_um)

    def matched(self, visit: Visit, around_um: float) -> FocusPoint | None:
        """Find the Z at which a visit shows what the first objective showed; None when the site was flagged."""
        z_um = matching_focus(self.microscope, self.known.run, visit, around_um, between=self.between)
        if z_um is None:
            self.known.failed(visit, "no plane matches the picture of the first objective")
            return None
        return self.known.point(visit, z_um, matched=True)

    def tour(self, visits: Sequence[Visit], count: int) -> list[FocusPoint]:
        """Sweep at so many spread visits, keep what agrees, and flag what lies far from where the others say.

        Parameters
        ----------
        visits : sequence of Visit
            Of the objective in place.
        count : int
            At how many of them.
        """
        before, swept = self.known.seen, []
        for index in spread([(visit.x_um, visit.y_um) for visit in visits], count):
            point = self.at(visits[index])
            if point is not None:
                swept.append((visits[index], point))
                self.known.seen = self.known.seen.seen(point)
        self.known.seen = before
        good = sound([(point.place.x_um, point.place.y_um, point.z_um) for _, point in swept])
        for (visit, point), is_good in zip(swept, good, strict=True):
            if is_good:
                self.known.keep(FOCUSED, point, visit)
            else:
                self.known.failed(visit, f"the sweep ended at {point.z_um:.2f} µm, far from where the others say")
        return [point for (_, point), is_good in zip(swept, good, strict=True) if is_good]
