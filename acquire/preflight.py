"""Everything that is looked at before a run begins, in one list for command line and window; nothing moves."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from acquire.begun import Begun, begun
from acquire.cameracheck import camera_lock, light_level
from acquire.confirmed import Confirmed, confirmed_items
from acquire.errors import AcquireError, MicroscopeError
from acquire.estimate import Estimate, estimate
from acquire.item import Item
from acquire.micromanager import MicroManagerMicroscope
from acquire.plan import Plan, StackPlan, Visit
from acquire.plancheck import check_plan
from acquire.rigrecord import Record
from acquire.rigstate import RigState
from acquire.safety import check_dry, check_latch
from acquire.stackfile import FreeBytes, disk_free
from acquire.steptimes import StepTimes
from calibration.optics import Rig
from calibration.record import Calibration

DISK_MARGIN = 1.1
"""Bytes wanted free for each byte expected."""
GB = 1e9
SIGMAS = 2.0
"""So many times the residual of the focus surface, 95 % of the sites, should lie inside a stack."""


def preflight(
    plan: Plan,
    rig: Rig,
    calibration: Calibration | None,
    *,
    run_folder: Path | None = None,
    state: RigState | None = None,
    microscope: MicroManagerMicroscope | None = None,
    measured: StepTimes | None = None,
    confirmed: Confirmed | None = None,
    free_bytes: FreeBytes = disk_free,
    now: datetime | None = None,
) -> list[Item]:
    """Look at all that can stop a run, or make it worthless, before anything moves.

    Parameters
    ----------
    plan, rig, calibration : Plan, Rig, Calibration or None
        What shall be captured, on what.
    run_folder : Path, optional
        Where; one that holds a part of the run is taken into account. Its disk is looked at, else the current one.
    state : RigState, optional
        What lies on the slide, and whether the latch is set.
    microscope : MicroManagerMicroscope, optional
        When it is open: its camera is locked and exposes one frame, nothing moves.
    measured : StepTimes, optional
        How long the steps take on this rig.
    confirmed : Confirmed, optional
        What a person has said now; else what they said in the run so far.
    free_bytes : callable
        Tells how much room the disk of a folder has.
    now : datetime, optional
        In UTC.

    Returns
    -------
    list of Item
        In the order a person would look; `acquire.item.refuse_failed` refuses to begin when one has failed.
    """
    so_far, at = begun(run_folder), now or datetime.now(UTC)
    focus_um = _focus_um(plan, state, microscope)
    frame, light = light_level(plan, microscope)
    items = check_plan(plan, rig, calibration, now=at, focus_um=focus_um)
    if any(item.name == "calibration" and item.state == "fail" for item in items):
        calibration = None
    pending = [visit for visit in plan.visits(rig, calibration) if not so_far.has(visit)]
    sample_bytes = frame.pixels.itemsize if frame is not None else 1
    coming = estimate(plan, pending, rig, measured or StepTimes(), sample_bytes=sample_bytes)
    return [
        *items,
        *_state(plan, rig, pending, state, so_far),
        *_focus(plan, rig, so_far, focus_um),
        _disk(coming, plan, run_folder, free_bytes),
        _time(coming, so_far),
        camera_lock(rig, microscope),
        *light,
        *confirmed_items(plan, rig, confirmed or so_far.confirmed, now=at),
    ]


def _focus_um(plan: Plan, state: RigState | None, microscope: MicroManagerMicroscope | None) -> float | None:
    """Where the first objective's focus is: as it stands there, or as it was last found."""
    first = plan.objectives[0]
    if microscope is not None:
        try:
            if microscope.objective.name == first:
                return float(microscope.position_um.z)
        except MicroscopeError:
            return None
    known = state.record.foci.get(first) if state is not None else None
    return known.z_um if known is not None else None


def _state(plan: Plan, rig: Rig, pending: Sequence[Visit], state: RigState | None, so_far: Begun) -> Iterator[Item]:
    if state is None:
        return
    record = state.record
    try:
        check_latch(record)
    except AcquireError as error:
        yield Item(name="slide", state="fail", says=str(error))
        return
    try:
        for name in dict.fromkeys(visit.objective for visit in pending):
            check_dry(record, rig.objective(name))
    except AcquireError as error:  # the capture asks a person before the lens turns, but not under its own oil
        says = str(error) if so_far.oiled else f"{error}; or answer when the capture asks"
        yield Item(name="slide", state="fail" if so_far.oiled else "warn", says=says)
        return
    yield _lies(record, plan)


def _lies(record: Record, plan: Plan) -> Item:
    if record.lies_wet and record.slide not in ("", plan.slide):
        says = (
            f"{record.slide} lies there under oil by what is known, and the plan is for {plan.slide}: see which it is"
        )
        return Item(name="slide", state="warn", says=says)
    lies = {"dry": "dry", "oiled": "under oil", "cleaned": "cleaned"}[record.wet]
    return Item(name="slide", state="pass", says=f"{record.slide or plan.slide} lies {lies}; no latch is set")


def _focus(plan: Plan, rig: Rig, so_far: Begun, focus_um: float | None) -> Iterator[Item]:
    if plan.focus == "as_positions":
        listed = any(position.z_um is not None for position in plan.positions)
        says = "the Z of the positions" if listed else "the Z at which the capture begins, for all sites"
        yield Item(name="focus", state="pass", says=says)
    elif so_far.focus is not None:
        yield _residual(plan, float(so_far.focus.get("residual_um", 0.0)), int(so_far.focus.get("points", 0)))
    else:
        how = "at every site" if plan.focus == "each" else "at spread sites, and a surface through them"
        at = "" if focus_um is None else f"; {plan.objectives[0]} stands or was last in focus at {focus_um:.1f} µm"
        yield Item(name="focus", state="pass", says=f"searched {how}; no focus map yet{at}")
    if plan.focus_offset_um:
        aside = ", ".join(f"{name} {offset_um:+g} µm" for name, offset_um in plan.focus_offset_um.items())
        yield Item(name="focus offset", state="pass", says=f"pictures are taken aside of the focus found: {aside}")
    dying = [axis for axis, kind in rig.reference.items() if kind == "power_on"]
    if dying:
        says = (
            f"{' and '.join(dying)} count from power on: the run can only be gone on with once a person has focused by "
            "hand on its last site, and says so with --refocused"
        )
        yield Item(name="reference", state="warn", says=says)


def _residual(plan: Plan, residual_um: float, points: int) -> Item:
    reaches = {name: max(stack.offsets_um()) for name, stack in plan.stack.items() if stack.planes > 1}
    name, reach_um = min(reaches.items(), key=lambda one: one[1], default=("", StackPlan().step_um))
    says = f"map through {points} sites, residual {residual_um:.2f} µm"
    if SIGMAS * residual_um <= reach_um:
        return Item(name="focus", state="pass", says=says)
    deep = f"{reach_um:g} µm either side" + (f" with {name}" if name else "")
    says += f", and stacks reach {deep}: take more planes, or focus method each"
    return Item(name="focus", state="warn", says=says)


def _disk(coming: Estimate, plan: Plan, run_folder: Path | None, free_bytes: FreeBytes) -> Item:
    folder = run_folder or Path()
    while not folder.exists():
        folder = folder.parent
    free_gb, needed_gb = free_bytes(folder) / GB, coming.size_bytes / GB
    wanted_gb = DISK_MARGIN * needed_gb + plan.suspend.disk_floor_gb
    says = f"{needed_gb:.2f} GB to come, {free_gb:.1f} GB free on the disk of {folder.resolve()}"
    if free_gb >= wanted_gb:
        return Item(name="disk", state="pass", says=says)
    return Item(
        name="disk", state="fail", says=f"{says}, {wanted_gb:.1f} wanted: make room, or capture to another disk"
    )


def _time(coming: Estimate, so_far: Begun) -> Item:
    left = f" left, {len(so_far.stored)} stacks are there" if so_far.stored else ""
    says = f"{coming.frames} frames in about {_duration(coming.seconds)}{left}, beside what oil takes"
    if coming.measured:
        return Item(name="time", state="pass", says=f"{says}; by the steps measured on this rig")
    return Item(name="time", state="warn", says=f"{says}; a guess, for no step was measured on this rig yet")


def _duration(seconds: float) -> str:
    hours, minutes = divmod(round(seconds / 60), 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes > 1 else f"{seconds:.0f} s"
