"""The focus of a later objective by what it shows: the Z at which it matches the stored picture of the first."""

from collections.abc import Callable
from fractions import Fraction

from acquire.autofocus import approach_z, undisturbed
from acquire.microscope import Microscope
from acquire.plan import StackPlan, Visit
from acquire.retake import take
from acquire.runfolder import RunFolder
from calibration.flatfield import correct
from calibration.match import match_plane

SEARCH = StackPlan(planes=7, step_um=0.4)
"""At 100x a 4 µm section is sharp over 3.5 µm, and its sharpness has a top for every layer: by sharpness alone the
focus scattered by 0.3 to 1.2 µm on the simulated rig; the correlation with the partner has one top."""
LARGEST_TERM = 100


def matching_focus(
    microscope: Microscope,
    run: RunFolder,
    visit: Visit,
    around_um: float,
    *,
    between: Callable[[], None] = undisturbed,
) -> float | None:
    """Find the Z near `around_um` at which the objective in place shows what the first objective showed here.

    Parameters
    ----------
    microscope : Microscope
        With the objective of `visit` in place.
    run : RunFolder
        Calibrated, with the first objective's stack of the site.
    visit : Visit
        The site and the objective.
    around_um : float
        Where it is expected; ±1.2 µm are searched.
    between : callable
        Called before each plane; what it raises ends the search there.

    Returns
    -------
    float or None
        None when no plane registers.
    """
    calibration, first = run.calibration, run.objectives[0]
    if calibration is None or not run.has(visit.partner, first):
        return None
    partner = run.read(visit.partner, first)
    middle = partner.pixels[len(partner.pixels) // 2]
    low = correct(middle, calibration.corrections[first], white_level=partner.white_level)
    microscope.move_xy(visit.x_um, visit.y_um)
    microscope.expect_focus(around_um)
    depths = sorted((around_um + offset for offset in SEARCH.offsets_um()), reverse=microscope.rig.z.toward_slide < 0)
    approach_z(microscope, depths[0])
    planes = []
    for z_um in depths:
        between()
        microscope.move_z(z_um)
        frame = take(microscope, visit.exposure_ms)
        planes.append(correct(frame.pixels, calibration.corrections[visit.objective], white_level=frame.white_level))
    match = match_plane(low, planes, factor=_factor(run, visit), start=len(planes) // 2)
    return match.z_um(depths) if match.registration.accepted else None


def _factor(run: RunFolder, visit: Visit) -> Fraction:
    low, high = run.rig.objective(run.objectives[0]), run.rig.objective(visit.objective)
    return Fraction(high.magnification / low.magnification).limit_denominator(LARGEST_TERM)
