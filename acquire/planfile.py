"""Plan files: YAML in and out, checked key by key at the door."""

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, ValidationError

from acquire.errors import PlanError
from acquire.fields import Point
from acquire.plan import FocusMethod, Plan, StackPlan
from calibration.optics import Rig
from calibration.rig import first_fault

MIN_CORNERS = 3


def load_plan(path: Path, rig: Rig) -> Plan:
    """Read a plan file and check it against the rig it shall run on.

    Raises
    ------
    PlanError
        When the file is missing or not a plan, names an objective that the rig lacks, or gives no sites.
    """
    if not path.is_file():
        raise PlanError(f"there is no plan {path}: give the path of a YAML file")
    try:
        return parse_plan(yaml.safe_load(path.read_text(encoding="utf-8")), rig, name=path.name)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise PlanError(f"plan {path.name} is not YAML ({str(error).splitlines()[0]}): correct the file") from error


def parse_plan(document: Any, rig: Rig, *, name: str = "plan") -> Plan:
    """Make a plan of what a plan file holds; errors as in `load_plan`."""
    try:
        file = _PlanFile.model_validate(document)
    except ValidationError as error:
        raise PlanError(f"plan {name}: {first_fault(error)}") from error
    known = [objective.name for objective in rig.objectives]
    for objective in (*file.objectives, *file.stack, *file.exposure_ms):
        if objective not in known:
            raise PlanError(
                f"plan {name}: objective {objective!r} is not in rig {rig.name!r}, which has {known}: "
                "choose one of these or edit objectives in the rig file"
            )
    _check_complete(file, name)
    _check_order(file, rig, name)
    return file.plan()


def plan_document(plan: Plan) -> dict[str, Any]:
    """Return a plan as what a plan file holds; `parse_plan` of it gives the same plan."""
    document: dict[str, Any] = {"slide": plan.slide}
    if plan.sites_um:
        document["sites_um"] = [list(point) for point in plan.sites_um]
    if plan.region_um:
        document["region_um"] = {axis: list(span) for axis, span in plan.region_um.items()}
    if plan.polygon_um:
        document["polygon_um"] = [list(point) for point in plan.polygon_um]
    return document | {
        "overlap_percent": plan.overlap_percent,
        "objectives": list(plan.objectives),
        "stack": {name: {"planes": s.planes, "step_um": s.step_um} for name, s in plan.stack.items()},
        "focus": {"method": plan.focus},
        "exposure_ms": dict(plan.exposure_ms),
    }


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class _Stack(_Strict):
    planes: int = Field(ge=1, le=99)
    step_um: float = Field(default=0.4, gt=0)


class _Focus(_Strict):
    method: FocusMethod = "surface"


class _PlanFile(_Strict):
    slide: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    sites_um: list[Point] = Field(default_factory=list)
    region_um: dict[Literal["x", "y"], Point] = Field(default_factory=dict)
    polygon_um: list[Point] = Field(default_factory=list)
    overlap_percent: float = Field(default=10.0, ge=0, lt=90)
    objectives: list[str] = Field(min_length=1)
    stack: dict[str, _Stack] = Field(default_factory=dict)
    focus: _Focus = Field(default_factory=_Focus)
    exposure_ms: dict[str, PositiveFloat]

    def plan(self) -> Plan:
        return Plan(
            slide=self.slide,
            sites_um=tuple(self.sites_um),
            region_um={str(axis): span for axis, span in self.region_um.items()},
            polygon_um=tuple(self.polygon_um),
            overlap_percent=self.overlap_percent,
            objectives=tuple(self.objectives),
            stack={name: StackPlan(planes=s.planes, step_um=s.step_um) for name, s in self.stack.items()},
            focus=self.focus.method,
            exposure_ms=self.exposure_ms,
        )


def _check_complete(file: _PlanFile, name: str) -> None:
    given = [key for key in ("sites_um", "region_um", "polygon_um") if getattr(file, key)]
    if len(given) != 1:
        raise PlanError(f"plan {name}: give exactly one of sites_um, region_um, polygon_um, not {given or 'none'}")
    missing = [objective for objective in file.objectives if objective not in file.exposure_ms]
    if missing:
        raise PlanError(f"plan {name}: exposure_ms has no entry for {missing}: add one for each objective")
    if file.region_um and set(file.region_um) != {"x", "y"}:
        raise PlanError(f"plan {name}: region_um needs both x and y, each as [low, high]")
    if file.polygon_um and len(file.polygon_um) < MIN_CORNERS:
        raise PlanError(f"plan {name}: polygon_um has {len(file.polygon_um)} corners: give at least {MIN_CORNERS}")
    if file.focus.method == "hardware":
        raise PlanError(f"plan {name}: focus method 'hardware' is not driven yet: choose surface, each or as_positions")


def _check_order(file: _PlanFile, rig: Rig, name: str) -> None:
    if len(set(file.objectives)) < len(file.objectives):
        raise PlanError(f"plan {name}: objectives {file.objectives} names one twice: name each pass once")
    wet = [rig.objective(objective).wet for objective in file.objectives]
    if wet != sorted(wet):
        raise PlanError(
            f"plan {name}: a dry objective stands after a wet one in {file.objectives} and would meet the oil: name "
            "the dry ones first"
        )
