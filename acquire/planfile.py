"""Plan files: YAML in and out, checked key by key at the door; position lists and overviews are read with them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from acquire.errors import PlanError
from acquire.fieldview import view_of
from acquire.plan import Plan
from acquire.planschema import PLACES, PlanFile, plan_document
from acquire.positions import StagePosition, read_positions
from acquire.tissue import Tissue, blank_tiles, read_overview, tissue_in
from acquire.useqplan import is_sequence, read_sequence
from calibration.optics import Rig
from calibration.rig import first_fault

__all__ = ["load_plan", "parse_plan", "plan_document"]

MIN_CORNERS = 3


def load_plan(path: Path, rig: Rig, *, objective: str | None = None) -> Plan:
    """Read a plan file, or a useq-schema sequence, and check it against the rig it shall run on.

    Parameters
    ----------
    path : Path
        YAML, or JSON.
    rig : Rig
        It shall run on.
    objective : str, optional
        That a sequence is meant for; a plan says it itself.

    Raises
    ------
    PlanError
        When the file is missing or not a plan, names an objective that the rig lacks, or gives no sites.
    MissingExtraError
        When it holds a sequence and useq-schema is not installed.
    """
    document = _read(path)
    if is_sequence(document):
        document = read_sequence(document, rig, name=path.name, objective=objective)
    return parse_plan(document, rig, name=path.name, folder=path.parent)


def parse_plan(document: Any, rig: Rig, *, name: str = "plan", folder: Path = Path()) -> Plan:
    """Make a plan of what a plan file holds.

    Parameters
    ----------
    document : mapping
        As read from YAML.
    rig : Rig
        It shall run on.
    name : str
        For errors.
    folder : Path
        From where the files it names are seen; one that `plan_document` wrote names none that must be there.

    Raises
    ------
    PlanError
        As in `load_plan`; and when a position list or an overview cannot be read, or shows no tissue at any tile.
    """
    try:
        file = PlanFile.model_validate(document)
    except ValidationError as error:
        raise PlanError(f"plan {name}: {first_fault(error)}") from error
    for check in (_check_objectives, _check_places, _check_passes, _check_offsets, _check_order):
        check(file, rig, name)
    listed: tuple[StagePosition, ...] = ()
    if isinstance(file.positions, str):
        listed = read_positions(folder / file.positions, z_device=rig.z.device)
    plan = file.plan(name=name, listed=listed)
    _check_depths(plan, name)
    if plan.tissue is None or (file.tissue and file.tissue.blank is not None):
        return plan
    return replace(plan, tissue=_looked_at(plan, plan.tissue, rig, folder))


def _read(path: Path) -> Any:
    if not path.is_file():
        raise PlanError(f"there is no plan {path}: give the path of a YAML file")
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise PlanError(f"plan {path.name} is not YAML ({str(error).splitlines()[0]}): correct the file") from error


def _looked_at(plan: Plan, tissue: Tissue, rig: Rig, folder: Path) -> Tissue:
    """Find the tiles of a plan that its overview shows to be blank."""
    picture, seen = read_overview(folder / tissue.overview, tissue)
    tiles = [(tile.x_um, tile.y_um) for tile in plan.tiles(rig)]
    blank = blank_tiles(tissue_in(picture, seen), seen, tiles, view_of(rig, None, plan.objectives[0]))
    if len(blank) == len(tiles):
        raise PlanError(
            f"the overview {tissue.overview} shows no tissue at any of {len(tiles)} tiles: check at_um and um_per_px, "
            "or ask for less with least_percent"
        )
    return replace(tissue, blank=blank)


def _check_objectives(file: PlanFile, rig: Rig, name: str) -> None:
    known = [objective.name for objective in rig.objectives]
    for objective in (*file.objectives, *file.stack, *file.exposure_ms, *file.fields, *file.focus.offset_um):
        if objective not in known:
            raise PlanError(
                f"plan {name}: objective {objective!r} is not in rig {rig.name!r}, which has {known}: "
                "choose one of these or edit objectives in the rig file"
            )


def _check_places(file: PlanFile, _rig: Rig, name: str) -> None:
    given = [key for key in PLACES if getattr(file, key)]
    if len(given) != 1:
        raise PlanError(f"plan {name}: give exactly one of {', '.join(PLACES)}, not {given or 'none'}")
    if file.region_um and set(file.region_um) != {"x", "y"}:
        raise PlanError(f"plan {name}: region_um needs both x and y, each as [low, high]")
    if file.polygon_um and len(file.polygon_um) < MIN_CORNERS:
        raise PlanError(f"plan {name}: polygon_um has {len(file.polygon_um)} corners: give at least {MIN_CORNERS}")


def _check_passes(file: PlanFile, _rig: Rig, name: str) -> None:
    missing = [objective for objective in file.objectives if objective not in file.exposure_ms]
    if missing:
        raise PlanError(f"plan {name}: exposure_ms has no entry for {missing}: add one for each objective")
    if file.objectives[0] in file.fields:
        raise PlanError(
            f"plan {name}: fields names {file.objectives[0]}, the first objective, whose field is the site: name the "
            "objectives after it"
        )
    if file.focus.method == "hardware":
        raise PlanError(f"plan {name}: focus method 'hardware' is not driven yet: choose surface, each or as_positions")


def _check_offsets(file: PlanFile, _rig: Rig, name: str) -> None:
    """Refuse an offset that no focus is found for, or that leaves the focus outside the stack that shall tell it."""
    if file.focus.method == "as_positions" and file.focus.offset_um:
        raise PlanError(
            f"plan {name}: focus method 'as_positions' takes the Z of the positions as it is and has no offset_um: "
            "leave it out, or choose surface or each"
        )
    for objective, offset_um in file.focus.offset_um.items():
        stack = file.stack.get(objective)
        reach_um = (stack.planes - 1) / 2 * stack.step_um if stack else 0.0
        if 0 < reach_um <= abs(offset_um):
            raise PlanError(
                f"plan {name}: focus.offset_um of {objective} is {offset_um:g} and its stack reaches {reach_um:g} µm, "
                "so the focus would lie outside: take more planes or a smaller offset"
            )


def _check_order(file: PlanFile, rig: Rig, name: str) -> None:
    if len(set(file.objectives)) < len(file.objectives):
        raise PlanError(f"plan {name}: objectives {file.objectives} names one twice: name each pass once")
    wet = [rig.objective(objective).wet for objective in file.objectives]
    if wet != sorted(wet):
        raise PlanError(
            f"plan {name}: a dry objective stands after a wet one in {file.objectives} and would meet the oil: name "
            "the dry ones first"
        )


def _check_depths(plan: Plan, name: str) -> None:
    """Refuse positions of which only some hold a Z, where the focus shall be theirs."""
    flat = [position.label or f"number {i}" for i, position in enumerate(plan.positions, 1) if position.z_um is None]
    if plan.focus == "as_positions" and 0 < len(flat) < len(plan.positions):
        raise PlanError(
            f"plan {name}: position {flat[0]} holds no Z ({len(flat)} of {len(plan.positions)} do not) and focus is "
            "as_positions: mark them again with the focus drive ticked, or choose surface"
        )
