"""Plans: which sites to visit with which objectives, and how deep a stack to take there; pure values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Literal

from acquire.fields import Point, covering
from acquire.fieldview import view_of
from acquire.policy import Policies
from acquire.positions import StagePosition
from acquire.subfields import SubFields, middles_um
from acquire.suspendrules import SuspendRules
from acquire.tissue import Tissue
from calibration.optics import Rig
from calibration.record import Calibration

FocusMethod = Literal["surface", "each", "hardware", "as_positions"]
FOCUS_EVERY = 8
"""Sites of the first objective for each autofocus: more often costs time, less often misses the drift."""


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
    """A named place on the slide, in stage µm of the first objective; its Z where a position list gave one."""

    name: str
    x_um: float
    y_um: float
    z_um: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One site under one objective: where the stage goes, and which planes are taken about the focus.

    Parameters
    ----------
    site : str
        Name of the place; where one site holds several fields of this objective, ``<site>-<number>``.
    objective : str
        Name in the rig file.
    x_um, y_um : float
        Of the stage, the parcentric offset included.
    z_offset_um : float
        What the focus drive adds to the focus of the first objective (the parfocal offset).
    stack : StackPlan
        Planes about the focus.
    exposure_ms : float
        Of each plane.
    partner : str
        Name of the site whose first-objective stack shows this field; the site itself when not given.
    z_um : float or None
        Focus of the first objective at this site, as a position list says.
    """

    site: str
    objective: str
    x_um: float
    y_um: float
    z_offset_um: float
    stack: StackPlan
    exposure_ms: float
    partner: str = ""
    z_um: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "partner", self.partner or self.site)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a person asks for, as written; `visits` says what that means on a rig.

    Parameters
    ----------
    slide : str
        Name of the slide; training and test sets are split by it.
    sites_um : tuple of (x, y)
        Stage positions of the first objective; or give `region_um`, `polygon_um` or `positions`.
    region_um : mapping of axis to (low, high)
        Rectangle to cover with fields of the first objective.
    polygon_um : tuple of (x, y)
        Outline to cover: every field is visited that shares a point with it.
    positions : tuple of StagePosition
        From a Micro-Manager position list; their Z is used with focus ``as_positions``.
    tissue : Tissue, optional
        Tiles that show none are skipped.
    overlap_percent : float
        Of the first objective's field, for region and polygon.
    objectives : tuple of str
        Names in the rig file, in the order of the passes.
    fields : mapping of objective to SubFields
        Several fields at each site; objectives that are not named take one, in the middle.
    stack : mapping of objective to StackPlan
        Objectives that are not named take one plane.
    focus : str
        ``surface`` (sparse autofocus, a plane through it), ``each`` (autofocus at every site), ``as_positions`` (the Z
        of the positions, or that at which the capture was started).
    focus_every : int
        At most one autofocus for so many sites, with ``surface``.
    focus_offset_um : mapping of objective to float
        How far from the focus that is found its stacks are centred, in µm of the focus drive; an objective that is
        focused by what the first one showed follows that one instead.
    exposure_ms : mapping of objective to float
        One for each objective.
    background_um : (x, y), optional
        Empty glass, in stage µm of the first objective, where the lamp is looked at.
    background_every : int
        After how many sites the lamp is looked at again; 0 leaves that to the capture.
    policies : Policies
        What to do about each class of error.
    suspend : SuspendRules
        What to wait for.
    """

    slide: str
    objectives: tuple[str, ...]
    exposure_ms: Mapping[str, float]
    sites_um: tuple[Point, ...] = ()
    region_um: Mapping[str, Point] = field(default_factory=dict)
    polygon_um: tuple[Point, ...] = ()
    positions: tuple[StagePosition, ...] = ()
    tissue: Tissue | None = None
    overlap_percent: float = 10.0
    fields: Mapping[str, SubFields] = field(default_factory=dict)
    stack: Mapping[str, StackPlan] = field(default_factory=dict)
    focus: FocusMethod = "surface"
    focus_every: int = FOCUS_EVERY
    focus_offset_um: Mapping[str, float] = field(default_factory=dict)
    background_um: Point | None = None
    background_every: int = 0
    policies: Policies = field(default_factory=Policies)
    suspend: SuspendRules = field(default_factory=SuspendRules)

    @property
    def outline_um(self) -> tuple[Point, ...]:
        """Corners of the region or polygon to cover, in order round it; empty where places are listed."""
        if not self.region_um:
            return self.polygon_um
        (left, right), (top, bottom) = self.region_um["x"], self.region_um["y"]
        return (left, top), (right, top), (right, bottom), (left, bottom)

    def tiles(self, rig: Rig) -> tuple[StagePosition, ...]:
        """Return all places in the order of the visit, those without tissue included.

        As written, or in a serpentine over region or polygon.

        Raises
        ------
        PlanError
            When a region has more fields than are ever visited.
        """
        if self.positions:
            return self.positions
        points = self.sites_um or covering(
            self.outline_um, rig.field_um(self.objectives[0]), overlap_percent=self.overlap_percent
        )
        return tuple(StagePosition(x_um=x, y_um=y) for x, y in points)

    def sites(self, rig: Rig) -> tuple[Site, ...]:
        """Return the places that are visited, in order and numbered; errors as in `tiles`."""
        blank = set(self.tissue.blank) if self.tissue else set()
        kept = [tile for number, tile in enumerate(self.tiles(rig), start=1) if number not in blank]
        return tuple(Site(name=f"{i:04d}", x_um=t.x_um, y_um=t.y_um, z_um=t.z_um) for i, t in enumerate(kept, start=1))

    def visits(self, rig: Rig, calibration: Calibration | None = None) -> Iterator[Visit]:
        """All visits in order: every site with the first objective, then every site with the next.

        So the nosepiece turns once for each further objective, and oil is asked for once.

        Parameters
        ----------
        rig : Rig
            Gives the fields of view.
        calibration : Calibration, optional
            Gives parcentric and parfocal offsets and the turn of the camera; without it they are 0.

        Raises
        ------
        PlanError
            When the calibration does not know an objective; and as in `tiles`.
        """
        sites = self.sites(rig)
        first = view_of(rig, calibration, self.objectives[0])
        for name in self.objectives:
            view = view_of(rig, calibration, name)
            z_um = _parfocal_um(calibration, self.objectives[0], name)
            right_um, down_um = (view.parcentric_um[axis] - first.parcentric_um[axis] for axis in (0, 1))
            middles = middles_um(self.fields.get(name, SubFields()), view, first)
            stack = self.stack.get(name, StackPlan())
            for site, (number, middle) in product(sites, enumerate(middles, start=1)):
                yield Visit(
                    site=site.name if len(middles) == 1 else f"{site.name}-{number}",
                    objective=name,
                    x_um=site.x_um + right_um + middle[0],
                    y_um=site.y_um + down_um + middle[1],
                    z_offset_um=z_um,
                    stack=stack,
                    exposure_ms=self.exposure_ms[name],
                    partner=site.name,
                    z_um=site.z_um,
                )


def _parfocal_um(calibration: Calibration | None, first: str, name: str) -> float:
    if calibration is None or name == first:
        return 0.0
    return calibration.objectives[name].parfocal_um.value - calibration.objectives[first].parfocal_um.value
