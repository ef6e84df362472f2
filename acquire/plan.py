"""Plans: which sites to visit with which objectives, and how deep a stack to take there; pure values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import numpy as np
import yaml
from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, ValidationError
from skimage.measure import points_in_poly

from acquire.errors import PlanError
from calibration.optics import Rig
from calibration.record import Calibration
from calibration.rig import first_fault

Point = tuple[float, float]
FocusMethod = Literal["surface", "each", "hardware", "as_positions"]
MIN_CORNERS = 3
MOST_SITES = 100_000
"""A whole slide of 15 × 30 mm in fields of 95 µm has half as many."""
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class StackPlan:
    """How many planes to take and how far apart; one plane lies at the focus itself, the others evenly about it."""

    planes: int = 1
    step_um: float = 0.4

    def offsets_um(self) -> tuple[float, ...]:
        """Distance of each plane from the focus, lowest first, in µm of the focus drive."""
        middle = (self.planes - 1) / 2
        return tuple((index - middle) * self.step_um for index in range(self.planes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A named place on the slide, in stage µm of the first objective."""

    name: str
    x_um: float
    y_um: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One site under one objective: where the stage goes, and which planes are taken about the focus.

    `z_offset_um` is what the focus drive adds to the focus of the first objective (the parfocal offset).
    """

    site: str
    objective: str
    x_um: float
    y_um: float
    z_offset_um: float
    stack: StackPlan
    exposure_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a person asks for, as written; `visits` says what that means on a rig.

    Parameters
    ----------
    slide : str
        Name of the slide; training and test sets are split by it.
    sites_um : tuple of (x, y)
        Stage positions of the first objective; or give `region_um` or `polygon_um`.
    region_um : mapping of axis to (low, high)
        Rectangle to cover with fields of the first objective.
    polygon_um : tuple of (x, y)
        Outline to cover.
    overlap_percent : float
        Of the first objective's field, for region and polygon.
    objectives : tuple of str
        Names in the rig file, in the order of the passes.
    stack : mapping of objective to StackPlan
        Objectives that are not named take one plane.
    focus : str
        ``surface`` (sparse autofocus, a plane through it), ``each`` (autofocus at every site), ``as_positions`` (the Z
        at which the capture was started).
    exposure_ms : mapping of objective to float
        One for each objective.
    """

    slide: str
    objectives: tuple[str, ...]
    exposure_ms: Mapping[str, float]
    sites_um: tuple[Point, ...] = ()
    region_um: Mapping[str, Point] = field(default_factory=dict)
    polygon_um: tuple[Point, ...] = ()
    overlap_percent: float = 10.0
    stack: Mapping[str, StackPlan] = field(default_factory=dict)
    focus: FocusMethod = "surface"

    def sites(self, rig: Rig) -> tuple[Site, ...]:
        """Sites in the order of the visit: as written, or in a serpentine over the region.

        Raises
        ------
        PlanError
            When a region has more than `MOST_SITES` fields.
        """
        points = self.sites_um or self._tiles(rig)
        return tuple(Site(name=f"{i:04d}", x_um=x, y_um=y) for i, (x, y) in enumerate(points, start=1))

    def visits(self, rig: Rig, calibration: Calibration | None = None) -> Iterator[Visit]:
        """All visits in order: every site with the first objective, then every site with the next.

        Parameters
        ----------
        rig : Rig
            Gives the fields of view.
        calibration : Calibration, optional
            Gives parcentric and parfocal offsets; without it they are 0.
        """
        sites = self.sites(rig)
        for name in self.objectives:
            x_um, y_um, z_um = _offsets(calibration, self.objectives[0], name)
            for site in sites:
                yield Visit(
                    site=site.name,
                    objective=name,
                    x_um=site.x_um + x_um,
                    y_um=site.y_um + y_um,
                    z_offset_um=z_um,
                    stack=self.stack.get(name, StackPlan()),
                    exposure_ms=self.exposure_ms[name],
                )

    def _tiles(self, rig: Rig) -> tuple[Point, ...]:
        corners = np.array(self.polygon_um or list(_rectangle(self.region_um)), dtype=float)
        field_um = np.array(rig.field_um(self.objectives[0])) * (1 - self.overlap_percent / 100)
        (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
        rows = _centres(top, bottom, field_um[1])
        columns = _centres(left, right, field_um[0])
        if len(rows) * len(columns) > MOST_SITES:
            raise PlanError(
                f"plan of slide {self.slide}: {len(columns)}×{len(rows)} fields would be visited and at most "
                f"{MOST_SITES} are: check that region_um or polygon_um is in µm"
            )
        tiles = [(x, y) for i, y in enumerate(rows) for x in (columns if i % 2 == 0 else columns[::-1])]
        if not self.polygon_um:
            return tuple(tiles)
        inside = points_in_poly(np.array(tiles), corners)
        return tuple(tile for tile, keep in zip(tiles, inside, strict=True) if keep)


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


def _offsets(calibration: Calibration | None, first: str, name: str) -> tuple[float, float, float]:
    if calibration is None or name == first:
        return 0.0, 0.0, 0.0
    one, other = calibration.objectives[first], calibration.objectives[name]
    x_um, y_um = (other.parcentric_um[axis].value - one.parcentric_um[axis].value for axis in (0, 1))
    return x_um, y_um, other.parfocal_um.value - one.parfocal_um.value


def _rectangle(region_um: Mapping[str, Point]) -> Iterator[Point]:
    for x in region_um["x"]:
        for y in region_um["y"]:
            yield x, y


def _centres(low: float, high: float, step: float) -> list[float]:
    count = max(1, int(np.ceil((high - low) / step - ROUNDING)))
    edges = np.linspace((low + high - count * step) / 2, (low + high + count * step) / 2, count + 1)
    return [float((a + b) / 2) for a, b in pairwise(edges)]
