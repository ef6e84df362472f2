"""What a plan file may hold: its keys, their kinds and ranges; unknown keys are refused by name."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat

from acquire.fields import Point
from acquire.fieldview import Matrix
from acquire.plan import FOCUS_EVERY, FocusMethod, Plan, StackPlan
from acquire.policy import parse_policies
from acquire.positions import StagePosition
from acquire.subfields import MARGIN_UM, SubFields
from acquire.suspendrules import SuspendRules, parse_suspend
from acquire.tissue import LEAST_PERCENT, TISSUE_DENSITY, Tissue

MOST_OFFSET_UM = 1.0
"""Half of what a capture takes for a drift, and waits for."""
PLACES = ("sites_um", "region_um", "polygon_um", "positions")
"""Keys of which a plan has exactly one."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class _Stack(_Strict):
    planes: int = Field(ge=1, le=99)
    step_um: float = Field(default=0.4, gt=0)


class _Focus(_Strict):
    method: FocusMethod = "surface"
    every: int = Field(default=FOCUS_EVERY, ge=1)
    offset_um: dict[str, Annotated[float, Field(ge=-MOST_OFFSET_UM, le=MOST_OFFSET_UM)]] = Field(default_factory=dict)


class _SubFields(_Strict):
    columns: int = Field(default=1, ge=1, le=20)
    rows: int = Field(default=1, ge=1, le=20)
    margin_um: float = Field(default=MARGIN_UM, ge=0)


class _Position(_Strict):
    x_um: float
    y_um: float
    z_um: float | None = None
    label: str = ""


class _Tissue(_Strict):
    overview: str
    at_um: Point
    um_per_px: PositiveFloat | Matrix
    least_percent: float = Field(default=LEAST_PERCENT, ge=0, le=100)
    density: float = Field(default=TISSUE_DENSITY, gt=0)
    blank: list[int] | None = None

    def value(self) -> Tissue:
        scale = self.um_per_px
        matrix = ((scale, 0.0), (0.0, scale)) if isinstance(scale, float) else scale
        return Tissue(**self.model_dump() | {"um_per_px": matrix, "blank": tuple(self.blank or ())})


class PlanFile(_Strict):
    """A plan file whose keys are known and in range; `plan` gives its value."""

    slide: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    sites_um: list[Point] = Field(default_factory=list)
    region_um: dict[Literal["x", "y"], Point] = Field(default_factory=dict)
    polygon_um: list[Point] = Field(default_factory=list)
    positions: str | list[_Position] = Field(default_factory=list)
    tissue: _Tissue | None = None
    overlap_percent: float = Field(default=10.0, ge=0, lt=90)
    objectives: list[str] = Field(min_length=1)
    fields: dict[str, _SubFields] = Field(default_factory=dict)
    stack: dict[str, _Stack] = Field(default_factory=dict)
    focus: _Focus = Field(default_factory=_Focus)
    exposure_ms: dict[str, PositiveFloat]
    background_um: Point | None = None
    background_every: int = Field(default=0, ge=0)
    policies: dict[str, Any] = Field(default_factory=dict)
    suspend: dict[str, Any] = Field(default_factory=dict)

    def plan(self, *, name: str, listed: tuple[StagePosition, ...] = ()) -> Plan:
        """Return the plan; `listed` are the positions of the file that ``positions`` names, `name` is for errors."""
        own = self.positions if isinstance(self.positions, list) else []
        return Plan(
            slide=self.slide,
            sites_um=tuple(self.sites_um),
            region_um={str(axis): span for axis, span in self.region_um.items()},
            polygon_um=tuple(self.polygon_um),
            positions=listed or tuple(StagePosition(**position.model_dump()) for position in own),
            tissue=self.tissue.value() if self.tissue else None,
            overlap_percent=self.overlap_percent,
            objectives=tuple(self.objectives),
            fields={name: SubFields(**sub.model_dump()) for name, sub in self.fields.items()},
            stack={name: StackPlan(**stack.model_dump()) for name, stack in self.stack.items()},
            focus=self.focus.method,
            focus_every=self.focus.every,
            focus_offset_um=self.focus.offset_um,
            exposure_ms=self.exposure_ms,
            background_um=self.background_um,
            background_every=self.background_every,
            policies=parse_policies(self.policies, name=name),
            suspend=parse_suspend(self.suspend, name=name),
        )


def plan_document(plan: Plan) -> dict[str, Any]:
    """Return a plan as a plan file that needs no other; `planfile.parse_plan` of it gives the same plan."""
    document: dict[str, Any] = {"slide": plan.slide} | _places(plan)
    document |= {
        "overlap_percent": plan.overlap_percent,
        "objectives": list(plan.objectives),
        "stack": {name: {"planes": s.planes, "step_um": s.step_um} for name, s in plan.stack.items()},
        "focus": _focus(plan),
        "exposure_ms": dict(plan.exposure_ms),
    }
    subfields = {n: {"columns": s.columns, "rows": s.rows, "margin_um": s.margin_um} for n, s in plan.fields.items()}
    optional = {
        "fields": subfields,
        "background_um": list(plan.background_um or ()),
        "background_every": plan.background_every,
        "policies": plan.policies.document(),
        "suspend": {} if plan.suspend == SuspendRules() else plan.suspend.document(),
    }
    return document | {key: value for key, value in optional.items() if value}


def _focus(plan: Plan) -> dict[str, Any]:
    offset = {"offset_um": dict(plan.focus_offset_um)} if plan.focus_offset_um else {}
    return {"method": plan.focus, "every": plan.focus_every} | offset


def _places(plan: Plan) -> dict[str, Any]:
    places: Mapping[str, Any] = {
        "sites_um": [list(point) for point in plan.sites_um],
        "region_um": {axis: list(span) for axis, span in plan.region_um.items()},
        "polygon_um": [list(point) for point in plan.polygon_um],
        "positions": [_position(position) for position in plan.positions],
        "tissue": _tissue(plan.tissue) if plan.tissue else {},
    }
    return {key: value for key, value in places.items() if value}


def _position(position: StagePosition) -> dict[str, Any]:
    held = {"x_um": position.x_um, "y_um": position.y_um, "z_um": position.z_um, "label": position.label}
    return {key: value for key, value in held.items() if value not in (None, "")}


def _tissue(tissue: Tissue) -> dict[str, Any]:
    return {
        "overview": tissue.overview,
        "at_um": list(tissue.at_um),
        "um_per_px": [list(row) for row in tissue.um_per_px],
        "least_percent": tissue.least_percent,
        "density": tissue.density,
        "blank": list(tissue.blank),
    }
