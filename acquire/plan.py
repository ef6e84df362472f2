"""Plans: which sites to visit with which objectives, and how deep a stack to take there; pure values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Literal

from acquire.errors import PlanError
from acquire.fields import Point, grid_over, serpentine, touching
from calibration.optics import Rig
from calibration.record import Calibration

FocusMethod = Literal["surface", "each", "hardware", "as_positions"]
MOST_SITES = 100_000
"""A whole slide of 15 × 30 mm in fields of 95 µm has half as many."""


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
        Outline to cover: every field is visited that shares a point with it.
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
        """Sites in the order of the visit: as written, or in a serpentine over region or polygon.

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
        outline = self.polygon_um or tuple(product(self.region_um["x"], self.region_um["y"]))
        width_um, height_um = rig.field_um(self.objectives[0])
        step_um = width_um * (1 - self.overlap_percent / 100), height_um * (1 - self.overlap_percent / 100)
        columns, rows = grid = grid_over(outline, step_um)
        if len(rows) * len(columns) > MOST_SITES:
            raise PlanError(
                f"plan of slide {self.slide}: {len(columns)}×{len(rows)} fields would be visited and at most "
                f"{MOST_SITES} are: check that region_um or polygon_um is in µm"
            )
        tiles = serpentine(grid)
        return tuple(touching(tiles, step_um, outline) if self.polygon_um else tiles)


def _offsets(calibration: Calibration | None, first: str, name: str) -> tuple[float, float, float]:
    if calibration is None or name == first:
        return 0.0, 0.0, 0.0
    one, other = calibration.objectives[first], calibration.objectives[name]
    x_um, y_um = (other.parcentric_um[axis].value - one.parcentric_um[axis].value for axis in (0, 1))
    return x_um, y_um, other.parfocal_um.value - one.parfocal_um.value
