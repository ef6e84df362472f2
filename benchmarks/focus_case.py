"""One run over an uneven, drifting, simulated slide: where each stack's centre lay, and where the truth was."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.interpolate import CubicSpline

from acquire.autofocus import approach_xy, approach_z
from acquire.focusing import FocusFinder
from acquire.frame import Frame
from acquire.measure import coarse_edges
from acquire.micromanager import MicroManagerMicroscope
from acquire.open import open_microscope
from acquire.plan import Plan, StackPlan, Visit
from acquire.retake import take
from acquire.rigstate import STATE_DIR
from acquire.runopen import create_run
from acquire.simulated.camera import State
from acquire.simulated.standing import StandingClock
from calibration.optics import Limits, Rig
from calibration.rig import load_rig

LENS, FIRST = "100x", "40x"
EXPOSURE_MS = {FIRST: 8.0, LENS: 50.0}
STACKS = {FIRST: StackPlan(planes=3, step_um=0.5), LENS: StackPlan(planes=5, step_um=0.4)}
TILT_UM_PER_MM, WAVINESS_UM, DRIFT_UM_PER_H = 2.5, 1.0, 3.0
SITE_S, SWEEP_S = 8.0, 8.0
"""Of virtual time, for a site and for a sweep before it; two objectives are a minute apart."""
TURN_S, SWEEP_FRAMES = 60.0, 14
CORNER_UM = (1000.0, 1000.0)
BY_HAND_UM = 1.0
"""How far off the hand's focus is that the run begins with."""
TRUTH_UM = np.arange(-0.6, 0.61, 0.2)
"""About the stack's own peak: where noise-free pictures are computed, and farther until the maximum lies inside.

A spline through planes 0.2 µm apart finds it within 0.01 µm, 0.4 µm apart within 0.05 µm (twelve fields).
"""
FIELD_PX, PIXEL_UM = 256, 14.8
"""The field of the rig's 512² in pixels twice as large, which are computed in a third of the time: 38 µm at 100x. The
scale of the focus measure is 5 of them, and each holds as many electrons as the four it stands for."""
FULL_WELL_E = 80_000.0
TRUTH_FARTHER, BESIDE = 12, 2
WHITE = 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A slide, a stand and a plan; the truth is computed at each site, or at every second one."""

    tissue: str
    seed: int
    toward: int
    columns: int
    rows: int
    pitch_um: float
    wavelength_um: float = 500.0
    tilt: tuple[float, float] = (1.0, 0.0)
    judged_every: int = 1
    field_px: int = FIELD_PX
    lenses: tuple[str, ...] = (LENS,)

    @property
    def says(self) -> str:
        """The case in words."""
        return (
            f"{' then '.join(self.lenses)} on {self.tissue} {self.seed}, toward_slide {self.toward:+d}, "
            f"{self.columns}×{self.rows} sites {self.pitch_um:g} µm apart, waves {self.wavelength_um:g} µm"
        )

    def rig(self) -> Rig:
        """Return the simulated rig with this slide on it."""
        rig = load_rig("simulated")
        low, high = rig.limits_um.z
        limits_um = Limits(x=rig.limits_um.x, y=rig.limits_um.y, z=(low, high) if self.toward > 0 else (-high, -low))
        slide = {
            "kind": self.tissue,
            "seed": self.seed,
            "tilt_um_per_mm": tuple(TILT_UM_PER_MM * share for share in self.tilt),
            "waviness_um": WAVINESS_UM,
            "waviness_length_um": self.wavelength_um,
        }
        drift = (0.0, 0.0, DRIFT_UM_PER_H * (-1) ** self.seed)
        told = {
            "seed": self.seed,
            "specimen": slide,
            "stage": {"drift_um_per_h": drift},
            "camera": {"full_well_e": FULL_WELL_E},
        }
        return replace(
            rig,
            camera=replace(rig.camera, size_px=(self.field_px, self.field_px), pixel_um=PIXEL_UM),
            z=replace(rig.z, toward_slide=self.toward),
            limits_um=limits_um,
            z_safe_um=self.toward * rig.z_safe_um,
            simulated=dict(rig.simulated) | told,
        )

    def plan(self) -> Plan:
        """Return the plan: a serpentine."""
        rows = [[(column, row) for column in range(self.columns)][:: 1 - 2 * (row % 2)] for row in range(self.rows)]
        sites = tuple(
            (CORNER_UM[0] + column * self.pitch_um, CORNER_UM[1] + row * self.pitch_um)
            for line in rows
            for column, row in line
        )
        return Plan(slide="bench", sites_um=sites, objectives=self.lenses, stack=STACKS, exposure_ms=EXPOSURE_MS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One stack as stored, in µm of Z: its centre, the true focus, its own peak, where it was shot first; and when."""

    centre_um: float
    true_um: float
    peak_um: float | None
    first_um: float
    time_s: float

    @property
    def error_um(self) -> float:
        """Of the stack's centre."""
        return self.centre_um - self.true_um

    @property
    def retaken(self) -> bool:
        """Whether it was taken again, about the peak of its first shot."""
        return self.first_um != self.centre_um


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The judged stacks of a case, how many there were, and how many autofocus sweeps they took."""

    case: Case
    sites: list[Site]
    count: int
    sweeps: int
    flagged: int

    @property
    def errors_um(self) -> list[float]:
        """Of all stacks' centres."""
        return [site.error_um for site in self.sites]


@dataclass(slots=True)
class VirtualTime:
    """Seconds that pass when they are told to."""

    seconds: float = field(default=0.0)

    def __call__(self) -> float:
        """Return what it shows."""
        return self.seconds


def run(case: Case) -> Result:
    """Capture all sites of a case as the capture loop does, and compute the truth of each."""
    with _stand(case) as (microscope, clock, folder):
        made = create_run(folder / "run", case.plan(), microscope.rig, None)
        visits = list(made.plan.visits(microscope.rig))
        hand_um = _true_surface_um(microscope, visits[0]) + BY_HAND_UM
        finder = FocusFinder(microscope=_Sweeping(microscope, clock), run=made, hand_um=hand_um, clock=clock)
        sites = [site for name in case.lenses for site in _pass(microscope, finder, case, name, clock)]
        events = [event["event"] for event in made.journal.events()]
        failed = events.count("focus_failed")
        sweeps = events.count("focused") + failed
        return Result(case=case, sites=sites, count=len(visits), sweeps=sweeps, flagged=failed)


def _pass(
    microscope: MicroManagerMicroscope, finder: FocusFinder, case: Case, name: str, clock: VirtualTime
) -> list[Site]:
    """Capture all sites with one objective as the capture loop does; returns the judged ones, all of `LENS`."""
    visits = list(finder.run.plan.visits(microscope.rig))
    first = [visit for visit in visits if visit.objective == case.lenses[0]]
    pending = [visit for visit in visits if visit.objective == name]
    microscope.select_objective(name)
    clock.seconds += TURN_S
    surface = finder.surface(first)
    if name != case.lenses[0]:
        finder.recheck(pending, surface)
    judged = [name == LENS and number % case.judged_every == 0 for number in range(len(pending))]
    stacks = [
        _stack(microscope, finder, visit, clock, judged=judges) for visit, judges in zip(pending, judged, strict=True)
    ]
    return [site for site in stacks if site]


class _Sweeping:
    """The microscope, on which time passes with each exposure of a sweep."""

    def __init__(self, microscope: MicroManagerMicroscope, clock: VirtualTime) -> None:
        self._microscope, self._clock = microscope, clock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._microscope, name)

    def snap(self, exposure_ms: float) -> Frame:
        self._clock.seconds += SWEEP_S / SWEEP_FRAMES
        return self._microscope.snap(exposure_ms)


@contextmanager
def _stand(case: Case) -> Iterator[tuple[MicroManagerMicroscope, VirtualTime, Path]]:
    clock = VirtualTime()
    with tempfile.TemporaryDirectory() as name:
        os.environ[STATE_DIR] = name
        with open_microscope(case.rig()) as microscope:
            core = microscope.core._core  # noqa: SLF001  its time is virtual here: drift in minutes of computing
            core._clock, core._began_s = StandingClock(clock), 0.0  # noqa: SLF001
            yield microscope, clock, Path(name)


def _stack(
    microscope: MicroManagerMicroscope, finder: FocusFinder, visit: Visit, clock: VirtualTime, *, judged: bool
) -> Site | None:
    """Capture one site as the capture loop does, and compute its truth."""
    approach_xy(microscope, visit.x_um, visit.y_um)
    clock.seconds += SITE_S
    if finder.due(visit):
        finder.focus(visit)
    first = planes, _ = _planes(microscope, visit, finder.predict(visit))
    better_um = finder.aside(visit, planes)
    if better_um is not None:  # as acquire.sitework does
        clock.seconds += SITE_S
    planes, states = first if better_um is None else _planes(microscope, visit, better_um)
    peak = finder.learn(visit, planes)
    if not judged:
        return None
    half = len(planes) // 2
    middle_um = planes[half].position.z
    true_um = middle_um + _true_off_um(microscope, states[half], peak.off_um)
    first_um = first[0][half].position.z
    return Site(centre_um=middle_um, true_um=true_um, peak_um=peak.z_um, first_um=first_um, time_s=clock.seconds)


def _planes(microscope: MicroManagerMicroscope, visit: Visit, centre_um: float) -> tuple[list[Frame], list[State]]:
    """Take the stack of a visit about a Z."""
    microscope.expect_focus(centre_um)
    depths = sorted(
        (centre_um + offset for offset in visit.stack.offsets_um()), reverse=microscope.rig.z.toward_slide < 0
    )
    approach_z(microscope, depths[0])
    planes, states = [], []
    for depth_um in depths:
        microscope.move_z(depth_um)
        planes.append(take(microscope, visit.exposure_ms))
        states.append(microscope.core.last_state)
    return planes, states


def _true_off_um(microscope: MicroManagerMicroscope, state: State, about_um: float) -> float:
    """By how much the maximum of the focus measure on noise-free, evenly lit pictures lies above a state's Z."""
    core, measure = microscope.core, coarse_edges(microscope.rig, LENS)
    scene, lens, relief = core.scene, core.scene.lens(LENS), core.scene.relief(LENS)
    grid = scene.grid(state.pose, roi=state.roi)

    def sharpness(off_um: float) -> float:
        picture = core.renderer.render(grid, lens, state.pose.depth_um - relief * off_um, relief=relief)
        return measure.score(np.clip(picture * (WHITE / 2), 0, WHITE).astype(np.uint16))

    offs = [about_um + float(off) for off in TRUTH_UM]
    scores = [sharpness(off) for off in offs]
    step = float(TRUTH_UM[1] - TRUTH_UM[0])
    for _ in range(TRUTH_FARTHER):
        top = int(np.argmax(scores))
        if top < BESIDE:
            offs, scores = [offs[0] - step, *offs], [sharpness(offs[0] - step), *scores]
        elif top > len(offs) - 1 - BESIDE:
            offs, scores = [*offs, offs[-1] + step], [*scores, sharpness(offs[-1] + step)]
        else:
            break
    return _maximum(np.array(offs), np.array(scores))


def _maximum(offs: Any, scores: Any) -> float:
    """Find the highest point of the cubic spline through all."""
    fine = np.linspace(offs[0], offs[-1], 2001)
    return float(fine[np.argmax(CubicSpline(offs, scores)(fine))])


def _true_surface_um(microscope: MicroManagerMicroscope, visit: Visit) -> float:
    scene = microscope.core.scene
    surface = microscope.core.renderer.slide.specimen.surface_um
    x_um, y_um = scene.centre_um(visit.objective, visit.x_um, visit.y_um)
    return float(surface(np.array(x_um), np.array(y_um))) + scene.mounts[visit.objective].parfocal_um
