"""What a capture costs beside its device calls: time, memory, handles; and how well it foretells its end.

    python -m benchmarks.capture [--only loop|simulated|memory|eta|cost] [--repeat 3]

`loop` records every device call of a capture of 100 sites on the rig `demo`, plays the same calls bare on that core,
and compares the times, the two taking turns. Run it on a machine that does nothing else.
"""

import argparse
import cProfile
import gc
import os
import pstats
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from acquire.micromanager import MicroManagerMicroscope
from acquire.open import open_microscope
from acquire.plan import Plan, StackPlan
from acquire.rigstate import STATE_DIR
from acquire.runopen import create_run
from acquire.scan import Scan
from acquire.steptimes import StepTimes
from acquire.timesfile import load_times, save_times
from calibration.optics import Rig
from calibration.rig import load_rig

LOOP_LIMIT = 1.10
LOOP_SITES, EXPOSURE_MS, PITCH_UM = 100, 20.0, 100.0
MEMORY_SITES, WARM_SITES, MEMORY_LIMIT_MB = 2000, 100, 50.0
ETA_SHARE, ETA_LIMIT = 0.10, 0.10
SMALL_PX, SIMULATED_PX = (32, 32), (128, 128)
POLL_S = 0.001
MB = 1e6
Call = tuple[str, tuple[Any, ...]]


@dataclass(eq=False)
class Recording:
    """A core that writes down every call it is asked for, and makes it."""

    core: Any
    calls: list[Call] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        """Give the core's attribute; a method writes down its calls."""
        found = getattr(self.core, name)
        if not callable(found):
            return found

        def call(*arguments: Any) -> Any:
            self.calls.append((name, arguments))
            return found(*arguments)

        return call


def bare(core: Any, calls: list[Call]) -> float:
    """Make the same calls on a core, waiting for rest where the capture did; return the seconds."""
    began_s = time.perf_counter()
    for name, arguments in calls:
        if name == "device_busy":
            while core.device_busy(*arguments):
                time.sleep(POLL_S)
        else:
            getattr(core, name)(*arguments)
    return time.perf_counter() - began_s


def without_polls(calls: list[Call]) -> list[Call]:
    """Leave one question whether a device is busy of each row of them."""
    return [
        call for before, call in zip([None, *calls], calls, strict=False) if call[0] != "device_busy" or call != before
    ]


def plan_of(sites: int, *, objectives: tuple[str, ...], planes: int = 1, exposure_ms: float = EXPOSURE_MS) -> Plan:
    """Make a plan of sites in rows of fifty."""
    points = tuple((PITCH_UM * (i % 50), PITCH_UM * (i // 50)) for i in range(sites))
    return Plan(
        slide="S1",
        objectives=objectives,
        exposure_ms=dict.fromkeys(objectives, exposure_ms),
        sites_um=tuple((400.0 + x, 400.0 + y) for x, y in points),
        stack={objectives[-1]: StackPlan(planes=planes, step_um=0.4)},
        focus="as_positions",
    )


def capture(
    microscope: MicroManagerMicroscope,
    folder: Path,
    plan: Plan,
    *,
    progress: Callable[[int, int, str], None] = lambda _done, _all, _says: None,
    times: StepTimes | None = None,
) -> float:
    """Capture into a new folder; return the seconds."""
    run = create_run(folder, plan, microscope.rig, None)
    scan = Scan(
        microscope=microscope,
        run=run,
        confirm=lambda _question: True,
        progress=progress,
        times=times or StepTimes(),
    )
    began_s = time.perf_counter()
    result = scan.capture()
    seconds = time.perf_counter() - began_s
    if result.state != "finished":
        raise SystemExit(f"the capture ended as {result}")
    return seconds


def loop(folder: Path, repeat: int) -> None:
    """Time of a capture against the same device calls alone, on the stock demo configuration."""
    rig = load_rig("demo")
    for planes in (1, 5):
        with open_microscope(rig) as microscope:
            plan = plan_of(LOOP_SITES, objectives=("40x",), planes=planes)
            print(f"rig demo, 512² RGB, {LOOP_SITES} sites of {planes} planes, {EXPOSURE_MS:g} ms:", end=" ")
            _compared(microscope, folder / f"demo{planes}", plan, repeat, f"(limit {LOOP_LIMIT:.2f})")


def simulated(folder: Path, repeat: int) -> None:
    """Time of a capture with all its judgements on against the same device calls, on the simulated core."""
    rig = small_simulated(SIMULATED_PX)
    with open_microscope(rig) as microscope:
        plan = replace(plan_of(12, objectives=("40x", "100x"), planes=5), focus="surface")
        print("simulated core, 128², 12 sites at 40x and 5 planes at 100x, gates on:", end=" ")
        _compared(microscope, folder / "simulated", plan, min(repeat, 2), "(stated)")


def _compared(microscope: MicroManagerMicroscope, folder: Path, plan: Plan, repeat: int, limit: str) -> None:
    real = microscope.core
    ours, alone = [], []
    for number in range(repeat):
        microscope.state.cleaned()
        recording = Recording(real)
        microscope.core = recording
        ours.append(capture(microscope, folder.with_name(f"{folder.name}_{number}"), plan))
        microscope.core = real
        alone.append(bare(real, without_polls(recording.calls)))
    print(
        f"{min(ours):.2f} s against {min(alone):.2f} s bare, ratio {min(ours) / min(alone):.3f} {limit}; "
        f"all: {[round(one / other, 3) for one, other in zip(ours, alone, strict=True)]}",
        flush=True,
    )


def memory(folder: Path, _repeat: int) -> None:
    """Growth of memory, threads and handles over 2,000 sites of small frames."""
    rig = load_rig("demo")
    seen: dict[int, Held] = {}

    def note(done: int, _all: int, _says: str) -> None:
        if done in (WARM_SITES, MEMORY_SITES):
            seen[done] = Held.now()

    before = Held.now()
    with open_microscope(rig) as microscope:
        real = microscope.core
        real.set_roi(0, 0, *SMALL_PX)
        seconds = capture(
            microscope, folder / "many", plan_of(MEMORY_SITES, objectives=("40x",), exposure_ms=1.0), progress=note
        )
        real.clear_roi()
    del microscope, real
    gc.collect()
    after, warm, end = Held.now(), seen[WARM_SITES], seen[MEMORY_SITES]
    parts = list((folder / "many").rglob("*.part"))
    print(
        f"{MEMORY_SITES} sites of {SMALL_PX[0]}² in {seconds:.0f} s: memory {end.memory_mb - warm.memory_mb:+.1f} MB "
        f"after the first {WARM_SITES} (limit {MEMORY_LIMIT_MB:g}); threads {warm.threads} then {end.threads}, "
        f"{before.threads} before and {after.threads} after; handles {warm.handles} then {end.handles}, "
        f"{before.handles} before and {after.handles} after; {len(parts)} half-written files left"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What this process holds: resident memory in MB, threads, open handles (-1 where the system does not tell)."""

    memory_mb: float
    threads: int
    handles: int

    @classmethod
    def now(cls) -> "Held":
        """Count."""
        status = Path("/proc/self/status")
        if not status.is_file():
            return cls(memory_mb=float("nan"), threads=threading.active_count(), handles=-1)
        told = dict(line.split(":", 1) for line in status.read_text().splitlines())
        memory_mb = int(told["VmRSS"].split()[0]) * 1024 / MB
        handles = len(list(Path("/proc/self/fd").iterdir()))
        return cls(memory_mb=memory_mb, threads=int(told["Threads"]), handles=handles)


def eta(folder: Path, _repeat: int) -> None:
    """Error of the time left after a tenth of a run on the simulated core: never measured before, and after one run."""
    rig, file = small_simulated(SIMULATED_PX), folder / "times.json"
    plan = replace(plan_of(30, objectives=("40x", "100x"), planes=5), focus="surface")
    for number, known in enumerate(("a rig never measured", "a rig measured by the run before")):
        with anew(folder / f"state{number}"), open_microscope(rig) as microscope:
            times = StepTimes(before=load_times(file))
            foretold, took_s = _foretold(microscope, folder / f"eta{number}", plan, times)
            save_times(file, times)
        at_s, end_s = next(one for one in foretold if one[0] >= ETA_SHARE * took_s)
        print(
            f"{known}: after {at_s:.1f} of {took_s:.1f} s the end was foretold at {end_s:.1f} s, "
            f"{end_s / took_s - 1:+.1%} (limit {ETA_LIMIT:.0%})",
            flush=True,
        )


def _foretold(
    microscope: MicroManagerMicroscope, folder: Path, plan: Plan, times: StepTimes
) -> tuple[list[tuple[float, float]], float]:
    """Capture, and note after each visit how long the run has lasted and when it was then said to end."""
    visits = list(plan.visits(microscope.rig))
    began_s, foretold = time.perf_counter(), []

    def note(done: int, _all: int, _says: str) -> None:
        here_s = time.perf_counter() - began_s
        foretold.append((here_s, here_s + times.left_s(visits[done:], objective=visits[done - 1].objective)))

    return foretold, capture(microscope, folder, plan, progress=note, times=times)


def cost(folder: Path, _repeat: int) -> None:
    """Where the time of a capture on the rig demo goes, and how it grows with the number of sites."""
    for sites in (100, 400):
        profile = cProfile.Profile()
        with open_microscope(load_rig("demo")) as microscope:
            microscope.core.set_roi(0, 0, *SMALL_PX)
            plan = plan_of(sites, objectives=("10x", "40x"), exposure_ms=1.0)
            with profiled(profile):
                seconds = capture(microscope, folder / f"cost{sites}", plan)
            microscope.core.clear_roi()
        print(
            f"{sites} sites, two objectives, {SMALL_PX[0]}²: {1000 * seconds / (2 * sites):.1f} ms a visit", flush=True
        )
        pstats.Stats(profile).sort_stats("cumulative").print_stats(40)


@contextmanager
def profiled(profile: cProfile.Profile) -> Iterator[None]:
    """Profile what is done inside."""
    profile.enable()
    try:
        yield
    finally:
        profile.disable()


@contextmanager
def anew(folder: Path) -> Iterator[None]:
    """Let every rig be as nobody has used it yet: no oil on its slide, no latch."""
    before = os.environ.get(STATE_DIR)
    os.environ[STATE_DIR] = str(folder)
    try:
        yield
    finally:
        os.environ.pop(STATE_DIR)
        os.environ.update({} if before is None else {STATE_DIR: before})


def small_simulated(size_px: tuple[int, int]) -> Rig:
    """Return the simulated rig with a small camera, over tissue."""
    rig = load_rig("simulated")
    told = {"faults": "realistic", "specimen": {"kind": "lung", "seed": 1}, "truth": "transforms"}
    return replace(rig, camera=replace(rig.camera, size_px=size_px), simulated=told)


def main() -> None:
    """Print all rows, or those of one kind."""
    rows = {"loop": loop, "simulated": simulated, "memory": memory, "eta": eta, "cost": cost}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=list(rows))
    parser.add_argument("--repeat", type=int, default=3)
    told = parser.parse_args()
    for name, row in rows.items():
        if told.only == name or (told.only is None and name != "cost"):
            with tempfile.TemporaryDirectory() as folder, anew(Path(folder) / "state"):
                row(Path(folder), told.repeat)


if __name__ == "__main__":
    sys.exit(main())
