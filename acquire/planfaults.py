"""Visits of a plan that cannot be made: outside the limits, or not inside the field they are compared with."""

from collections.abc import Iterator, Mapping

from acquire.errors import LimitError
from acquire.fieldview import slack_um, view_of
from acquire.plan import Plan, Visit
from acquire.safety import check_xy, check_z
from acquire.subfields import SubFields
from calibration.optics import Rig
from calibration.record import Calibration

TOUCHING_UM = 1e-6
PLACES = 7
"""Decimals of a µm, finer than `TOUCHING_UM`."""

Faults = Mapping[tuple[str, str], str]
"""Site and objective of each visit that cannot be made, and why."""


def outside_limits(plan: Plan, rig: Rig, calibration: Calibration | None, *, focus_um: float | None = None) -> Faults:
    """Return the visits whose stage or focus target lies outside the limits.

    Parameters
    ----------
    plan, rig, calibration : Plan, Rig, Calibration or None
        What shall be captured, on what.
    focus_um : float, optional
        Of the first objective, as far as it is known: then Z is compared with its limits, as it is where the plan's
        positions hold it.
    """
    asked_um = plan.focus_offset_um
    visits = plan.visits(rig, calibration)
    found = ((visit, _outside(visit, rig, focus_um, asked_um.get(visit.objective, 0.0))) for visit in visits)
    return {(visit.site, visit.objective): why for visit, why in found if why}


def uncontained(plan: Plan, rig: Rig, calibration: Calibration | None) -> Faults:
    """Return the visits whose field is smaller than that of the first objective and not inside it with its margin."""
    found = {}
    for visit, slack in slacks_um(plan, rig, calibration):
        margin_um = plan.fields.get(visit.objective, SubFields()).margin_um
        if slack < margin_um - TOUCHING_UM:
            found[visit.site, visit.objective] = (
                f"its field comes within {slack:.1f} µm of the edge of the {plan.objectives[0]} field, where "
                f"{margin_um:g} µm are asked for: take fewer fields or a smaller margin_um, or calibrate again if the "
                "parcentric offset is wrong"
            )
    return found


def slacks_um(plan: Plan, rig: Rig, calibration: Calibration | None) -> Iterator[tuple[Visit, float]]:
    """Yield each visit with a smaller field than the first objective's, and how far inside that it lies, in µm."""
    views = {name: view_of(rig, calibration, name) for name in plan.objectives}
    outer = views[plan.objectives[0]]
    within = {name for name, view in views.items() if view.pixel_um < outer.pixel_um}
    first: dict[str, Visit] = {}
    known: dict[tuple[str, float, float], float] = {}  # sites are alike, and a slide has tens of thousands of them
    for visit in plan.visits(rig, calibration):
        around = first.setdefault(visit.partner, visit)
        if visit.objective not in within:
            continue
        aside = visit.objective, round(visit.x_um - around.x_um, PLACES), round(visit.y_um - around.y_um, PLACES)
        if aside not in known:
            known[aside] = slack_um(views[visit.objective], aside[1:], outer, (0.0, 0.0))
        yield visit, known[aside]


def _outside(visit: Visit, rig: Rig, focus_um: float | None, asked_um: float) -> str:
    z_um = visit.z_um if visit.z_um is not None else focus_um
    aside_um = visit.z_offset_um + asked_um
    depths_um = [] if z_um is None else [z_um + aside_um + offset for offset in visit.stack.offsets_um()]
    try:
        check_xy(rig.limits_um, visit.x_um, visit.y_um)
        for depth_um in depths_um:
            check_z(rig, depth_um)
    except LimitError as error:
        return str(error)
    return ""
