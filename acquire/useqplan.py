"""Plans of one objective as useq-schema sequences, which pymmcore-plus and others run, and the way back."""

import importlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from acquire.errors import MissingExtraError, PlanError
from acquire.plan import Plan, StackPlan
from calibration.optics import Rig
from calibration.record import Calibration
from calibration.rig import first_fault

OURS = "parfocal"
"""Key of a sequence's metadata that holds what useq-schema has no word for."""
CHANNEL = "Brightfield"
MARKS = ("stage_positions", "grid_plan", "z_plan", "axis_order")
"""Keys by which a file is known to hold a sequence and no plan."""
EVEN_UM = 1e-3


def is_sequence(document: Any) -> bool:
    """Whether a file that was read holds a useq-schema sequence."""
    return isinstance(document, Mapping) and "objectives" not in document and any(key in document for key in MARKS)


def write_sequence(
    plan: Plan, rig: Rig, calibration: Calibration | None, path: Path, *, objective: str | None = None
) -> str:
    """Write what one objective does in a plan as a useq-schema sequence.

    Parameters
    ----------
    plan : Plan
        Of which focus search, oil step and the other objectives are left out: a sequence has no word for them.
    rig, calibration : Rig, Calibration or None
        Give the stage positions.
    path : Path
        JSON when it ends so, else YAML.
    objective : str, optional
        The first of the plan when not given.

    Returns
    -------
    str
        Name of the objective.

    Raises
    ------
    PlanError
        When the plan has no such objective.
    MissingExtraError
        When useq-schema is not installed.
    """
    name = objective or plan.objectives[0]
    if name not in plan.objectives:
        raise PlanError(
            f"objective {name!r} is not in the plan, which has {list(plan.objectives)}: choose one of these"
        )
    sequence = _useq().MDASequence(**_sequence(plan, rig, calibration, name))
    as_json = path.suffix.lower() == ".json"
    text = sequence.model_dump_json(exclude_unset=True, indent=1) if as_json else sequence.yaml()
    path.write_text(text, encoding="utf-8")
    return name


def read_sequence(document: Any, rig: Rig, *, name: str, objective: str | None = None) -> dict[str, Any]:
    """Return a sequence as what a plan file holds.

    Parameters
    ----------
    document : mapping
        As read from YAML or JSON.
    rig : Rig
        Gives the field of view where a grid leaves it open.
    name : str
        Of the file, for errors and as name of the slide when the sequence has none.
    objective : str, optional
        It is meant for; not needed where `write_sequence` wrote it.

    Raises
    ------
    PlanError
        When the file is no sequence, names no objective, or asks for what a plan of one objective cannot do.
    RigError
        When the rig has no such objective.
    MissingExtraError
        When useq-schema is not installed.
    """
    try:
        sequence = _useq().MDASequence.model_validate(document)
    except ValidationError as error:
        raise PlanError(f"{name} is no useq-schema sequence: {first_fault(error)}") from error
    _refuse_more(sequence, name)
    ours = sequence.metadata.get(OURS, {})
    chosen = objective or ours.get("objective")
    if chosen is None:
        raise PlanError(f"sequence {name} does not say for which objective it is: give --objective")
    stack, middle_um = _stack(sequence.z_plan, name)
    _give_field(sequence, rig.field_um(chosen))
    positions = _positions(sequence, middle_um, name)
    known = all("z_um" in position for position in positions)
    return {
        "slide": ours.get("slide") or _slide(name),
        "positions": positions,
        "objectives": [chosen],
        "stack": {chosen: {"planes": stack.planes, "step_um": stack.step_um}},
        "focus": {"method": ours.get("focus") or ("as_positions" if known else "surface")},
        "exposure_ms": {chosen: _exposure_ms(sequence, name)},
    }


def _slide(name: str) -> str:
    """Make of a file's name what may be that of a slide."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", Path(name).stem).lstrip("._-") or "slide"


def _useq() -> Any:
    try:
        return importlib.import_module("useq")
    except ModuleNotFoundError as error:
        raise MissingExtraError("useq-schema is not installed: pip install parfocal[useq]") from error


def _sequence(plan: Plan, rig: Rig, calibration: Calibration | None, name: str) -> dict[str, Any]:
    visits = [visit for visit in plan.visits(rig, calibration) if visit.objective == name]
    places: list[dict[str, Any]] = []
    for visit in visits:
        depth = {} if visit.z_um is None else {"z": visit.z_um + visit.z_offset_um}
        places.append({"x": visit.x_um, "y": visit.y_um, "name": visit.site} | depth)
    told: dict[str, Any] = {
        "stage_positions": places,
        "channels": [{"config": CHANNEL, "exposure": plan.exposure_ms[name]}],
        "metadata": {OURS: {"slide": plan.slide, "objective": name, "focus": plan.focus}},
    }
    stack = plan.stack.get(name, StackPlan())
    if stack.planes > 1:
        told["z_plan"] = {"range": (stack.planes - 1) * stack.step_um, "step": stack.step_um}
    return told


def _refuse_more(sequence: Any, name: str) -> None:
    """Refuse what a plan of one objective cannot do, rather than leave it out."""
    own = [position.sequence for position in sequence.stage_positions if position.sequence is not None]
    asked = {
        "several channels": len(sequence.channels) > 1,
        "an offset of its channel": any(channel.z_offset for channel in sequence.channels),
        "a time plan": sequence.time_plan is not None,
        "a hardware autofocus": sequence.autofocus_plan is not None,
        "another stack or channel at single positions": any(
            part.z_plan or part.channels or part.time_plan or part.autofocus_plan for part in own
        ),
    }
    more = [what for what, is_asked in asked.items() if is_asked]
    if more:
        raise PlanError(
            f"sequence {name} asks for {', '.join(more)}, which a plan of one objective cannot do: take it out, or "
            "write a plan file"
        )


def _stack(z_plan: Any, name: str) -> tuple[StackPlan, float | None]:
    """Planes of a Z plan, and the Z of their middle where it is absolute."""
    if z_plan is None:
        return StackPlan(), None
    depths = sorted(float(depth) for depth in z_plan)
    middle_um, steps = (depths[0] + depths[-1]) / 2, np.diff(depths)
    if steps.size and np.ptp(steps) > EVEN_UM:
        raise PlanError(f"sequence {name} has planes at unequal distances {depths}: space them evenly")
    if z_plan.is_relative and abs(middle_um) > EVEN_UM:
        raise PlanError(
            f"sequence {name} has planes from {depths[0]:g} to {depths[-1]:g} µm: lay them evenly about the focus"
        )
    step_um = round(float(steps.mean()), 6) if steps.size else StackPlan().step_um
    return StackPlan(planes=len(depths), step_um=step_um), None if z_plan.is_relative else middle_um


def _give_field(sequence: Any, field_um: tuple[float, float]) -> None:
    """Tell grids that leave it open how large a field is."""
    parts = [sequence, *(position.sequence for position in sequence.stage_positions if position.sequence)]
    for grid in (part.grid_plan for part in parts if part.grid_plan is not None):
        if grid.fov_width is None or grid.fov_height is None:
            grid.fov_width, grid.fov_height = field_um


def _positions(sequence: Any, middle_um: float | None, name: str) -> Sequence[dict[str, Any]]:
    """All stage positions in order, those of grids included."""
    plain = sequence.replace(z_plan=None, channels=(), setup=None)
    positions: list[dict[str, Any]] = []
    for event in plain:
        if event.x_pos is None or event.y_pos is None:
            raise PlanError(f"sequence {name} has no stage position for its frame {dict(event.index)}: add one")
        z_um = event.z_pos if middle_um is None else middle_um
        label = {"label": event.pos_name} if event.pos_name else {}
        positions.append({"x_um": event.x_pos, "y_um": event.y_pos} | label | ({} if z_um is None else {"z_um": z_um}))
    if not positions:
        raise PlanError(f"sequence {name} has no stage positions: add them")
    return positions


def _exposure_ms(sequence: Any, name: str) -> float:
    exposures = [channel.exposure for channel in sequence.channels if channel.exposure]
    if not exposures:
        raise PlanError(f"sequence {name} gives no exposure: add one to its channel, in ms")
    return float(exposures[0])
