"""What can be checked of a plan and its rig alone: places, passes, limits, containment, light, calibration."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from acquire.errors import LimitError
from acquire.fieldview import CORNERS, view_of
from acquire.item import Item, State
from acquire.plan import Plan, StackPlan, Visit
from acquire.planfaults import TOUCHING_UM, Faults, outside_limits, slacks_um, uncontained
from acquire.safety import check_xy
from acquire.subfields import SubFields
from calibration.errors import RecordError
from calibration.optics import Rig
from calibration.record import Calibration

GLASS_TOLERANCE = 0.05
DAY = timedelta(days=1)
SOON = 7 * DAY
"""A calibration that ends sooner is a warning: a run may be gone on with for days."""


def check_plan(
    plan: Plan, rig: Rig, calibration: Calibration | None, *, now: datetime | None = None, focus_um: float | None = None
) -> list[Item]:
    """Look at a plan's places, passes, targets, exposures and calibration, without a microscope.

    Parameters
    ----------
    plan : Plan
        From a plan file.
    rig : Rig
        It shall run on.
    calibration : Calibration, optional
        Gives the offsets between objectives; one that does not fit the rig fails and the rest is checked without it.
    now : datetime, optional
        In UTC; how old the calibration is counts from it.
    focus_um : float, optional
        As in `planfaults.outside_limits`.
    """
    known = calibration if calibration and set(plan.objectives) <= set(calibration.objectives) else None
    visits = list(plan.visits(rig, known))
    outside = outside_limits(plan, rig, known, focus_um=focus_um)
    return [
        _sites(plan, rig, visits),
        _passes(plan, rig),
        _targets(plan, rig, outside),
        *_stacks(plan, rig),
        *_containment(plan, rig, known),
        *_cover(plan, rig, known),
        _calibration(plan, rig, calibration, now or datetime.now(UTC)),
        _light(plan, rig),
    ]


def _sites(plan: Plan, rig: Rig, visits: Sequence[Visit]) -> Item:
    sites, tiles = len(plan.sites(rig)), len(plan.tiles(rig))
    counts = {name: sum(visit.objective == name for visit in visits) for name in plan.objectives}
    planes = sum(visit.stack.planes for visit in visits)
    fields = ", ".join(f"{count} fields with {name}" for name, count in counts.items())
    blank = f" ({tiles - sites} of {tiles} tiles are blank and skipped)" if tiles > sites else ""
    says = f"{sites} sites on slide {plan.slide}{blank}: {fields}, {planes} frames"
    return Item(name="sites", state="pass", says=says)


def _passes(plan: Plan, rig: Rig) -> Item:
    """Count turns and oil steps: a plan file lets no dry lens follow a wet one."""
    turns = len(plan.objectives) - 1
    wet = [rig.objective(name).immersion for name in plan.objectives if rig.objective(name).wet]
    liquids = list(dict.fromkeys(wet))
    steps = " then ".join(f"{liquid} once" for liquid in liquids) or "no immersion"
    state: State = "warn" if len(liquids) > 1 else "pass"
    mixed = "; the slide must be cleaned between them" if len(liquids) > 1 else ""
    says = (
        f"{', then '.join(plan.objectives)}: {turns} turn{'' if turns == 1 else 's'} of the nosepiece, {steps}{mixed}"
    )
    return Item(name="passes", state=state, says=says)


def _targets(plan: Plan, rig: Rig, found: Faults) -> Item:
    outside = [f"site {site} with {name}: {why}" for (site, name), why in found.items()]
    if plan.background_um is not None:
        try:
            check_xy(rig.limits_um, *plan.background_um)
        except LimitError as error:
            outside.append(f"background_um: {error}")
    says = f"{outside[0]} ({len(outside)} targets in all)" if outside else "every target of every objective is inside"
    return Item(name="limits", state="fail" if outside else "pass", says=says)


def _stacks(plan: Plan, rig: Rig) -> Iterator[Item]:
    """Find stacks deeper than the near margin: the driver would refuse them in mid-run."""
    for name in plan.objectives:
        stack, margin_um = plan.stack.get(name, StackPlan()), rig.objective(name).near_margin_um
        reach_um = max(stack.offsets_um()) + rig.z.offset(0.0, plan.focus_offset_um.get(name, 0.0))
        if reach_um > margin_um:
            says = (
                f"its planes reach {reach_um:.4g} µm nearer than the focus and near_margin_um is {margin_um:g}: take "
                "fewer planes or smaller steps, or raise near_margin_um if the lens allows it"
            )
            yield Item(name=f"stack {name}", state="fail", says=says)


def _containment(plan: Plan, rig: Rig, calibration: Calibration | None) -> Iterator[Item]:
    first, wrong = plan.objectives[0], uncontained(plan, rig, calibration)
    inside: dict[str, list[float]] = {name: [] for name in plan.objectives[1:]}
    for visit, slack in slacks_um(plan, rig, calibration):
        inside[visit.objective].append(slack)
    for name, slacks in inside.items():
        why = next((said for (_, objective), said in wrong.items() if objective == name), "")
        fields = _fields(plan.fields.get(name, SubFields()).count)
        says = why or f"{fields} in each {first} field, {min(slacks, default=0):.1f} µm or more inside its edges"
        if not slacks:
            says = f"its field is not smaller than that of {first}: there is nothing to lay on it"
        state: State = "fail" if why else "pass" if slacks else "warn"
        yield Item(name=f"containment {name}", state=state, says=says)


def _fields(count: int) -> str:
    return "1 field" if count == 1 else f"{count} fields"


def _cover(plan: Plan, rig: Rig, calibration: Calibration | None) -> Iterator[Item]:
    """Compare a step of the grid with what the camera sees as it is turned on the stage."""
    if not plan.outline_um or calibration is None:
        return
    view = view_of(rig, calibration, plan.objectives[0])
    step_um = np.array(rig.field_um(plan.objectives[0])) * (1 - plan.overlap_percent / 100)
    cell_um = np.array(CORNERS) * step_um - view.parcentric_um
    over_px = np.abs(view.offsets_px(cell_um, (0.0, 0.0))) - np.array(view.size_px) / 2
    over_um = float(over_px.max()) * view.pixel_um
    says = "the fields leave no gap, as the camera is turned and as large as a pixel is"
    if over_um > TOUCHING_UM:
        says = (
            f"the camera is turned or its pixels are smaller than nominal, so neighbouring fields leave gaps of up to "
            f"{2 * over_um:.1f} µm: raise overlap_percent"
        )
    yield Item(name="cover", state="warn" if over_um > TOUCHING_UM else "pass", says=says)


def _calibration(plan: Plan, rig: Rig, calibration: Calibration | None, now: datetime) -> Item:
    if calibration is None:
        wet = any(rig.objective(name).wet for name in plan.objectives[1:])
        says = "none: the offsets between objectives count as 0"
        says += ", and after the oil the slide is looked for by the rig file alone" if wet else ""
        says += "; run `parfocal calibrate` and give --calibration"
        return Item(name="calibration", state="warn", says=says)
    missing = [name for name in plan.objectives if name not in calibration.objectives]
    if missing:
        says = f"it does not know {missing}: run `parfocal calibrate` with all objectives of the plan"
        return Item(name="calibration", state="fail", says=says)
    try:
        calibration.check(rig, now=now)
    except RecordError as error:
        return Item(name="calibration", state="fail", says=str(error))
    left = calibration.expires - now
    says = f"of rig {rig.name}, measured {_ago(now - calibration.created)}, valid for {round(left / DAY)} days more"
    if left < SOON:
        return Item(name="calibration", state="warn", says=f"{says}: run `parfocal calibrate` before a long run")
    return Item(name="calibration", state="pass", says=says)


def _ago(age: timedelta) -> str:
    return "today" if age.days < 1 else f"{age.days} days ago"


def _light(plan: Plan, rig: Rig) -> Item:
    light = {name: plan.exposure_ms[name] / rig.objective(name).magnification ** 2 for name in plan.objectives}
    spread = max(light.values()) / min(light.values()) - 1
    if spread <= GLASS_TOLERANCE:
        return Item(name="light", state="pass", says="exposures make empty glass equally bright")
    says = (
        f"empty glass will differ by {100 * spread:.0f} % between objectives at one condenser: "
        "set exposure_ms in proportion to magnification²"
    )
    return Item(name="light", state="warn", says=says)
