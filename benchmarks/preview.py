"""What the preview costs a capture: the same scan with its pictures enhanced, shown only, and without a window.

    python -m benchmarks.preview [--repeat 5] [--sites 36] [--rig demo|simulated] [--out FILE.png]

36 sites at 1024², exposures of 8 and 50 ms, the shipped model. The three take turns in one process; the time is that of
the capture alone, and how long the window then took to close is stated beside it. `--out` saves the window of the last
enhanced scan. Run it on a machine that does nothing else: the network takes what the capture leaves of the processor,
and there it gets nothing.
"""

import argparse
import os
import statistics
import tempfile
import time
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

from acquire.open import open_microscope
from acquire.plan import Plan, StackPlan
from acquire.runopen import create_run
from acquire.scan import Scan
from acquire.sitework import Seen, unseen
from benchmarks.capture import anew
from calibration.optics import Rig
from calibration.rig import load_rig
from enhance.open import open_apart
from gui.captured import Captured
from gui.open import open_capture_viewer
from parfocal.capture_viewed import pixel_sizes_um

LIMIT = 1.05
SITES, SIDE_PX, COLUMNS = 36, 1024, 6
EXPOSURES_MS, PLANES, STEP_UM = (8.0, 50.0), 5, 0.4
OBJECTIVES = {"demo": ("20x", "40x"), "simulated": ("40x", "100x")}
OVERLAP = 0.9
Way = Literal["enhanced", "shown", "alone"]
WAYS: tuple[Way, ...] = ("alone", "shown", "enhanced")


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """Seconds that one capture took, and until its window had closed; pictures that were shown, and enhanced."""

    capture_s: float
    closed_s: float
    frames: int = 0
    pairs: int = 0


def rig_of(name: str) -> Rig:
    """Return a rig with the camera of the benchmark."""
    rig = load_rig(name)
    lock = {"OnCameraCCDXSize": str(SIDE_PX), "OnCameraCCDYSize": str(SIDE_PX)} if name == "demo" else {}
    camera = replace(rig.camera, size_px=(SIDE_PX, SIDE_PX), lock={**rig.camera.lock, **lock})
    simulated = {**rig.simulated, "truth": "transforms"} if name == "simulated" else rig.simulated
    return replace(rig, camera=camera, simulated=simulated)


def plan_of(rig: Rig, objectives: tuple[str, ...], sites: int) -> Plan:
    """Make a plan of sites in rows, their fields overlapping."""
    pitch_um = OVERLAP * SIDE_PX * rig.pixel_um(objectives[0])
    places = ((column, row) for row in range(-(-sites // COLUMNS)) for column in range(COLUMNS))
    return Plan(
        slide="S1",
        objectives=objectives,
        exposure_ms=dict(zip(objectives, EXPOSURES_MS, strict=False)),
        sites_um=tuple((500 + pitch_um * column, 500 + pitch_um * row) for column, row in places)[:sites],
        stack={name: StackPlan(planes=PLANES, step_um=STEP_UM) for name in objectives[1:]},
        focus="as_positions",
    )


def captured_s(rig: Rig, plan: Plan, folder: Path, seen: Seen = unseen) -> float:
    """Capture into a new folder; return the seconds from the first move to the last stack on disk."""
    with anew(folder.with_name(f"{folder.name}_state")), open_microscope(rig) as microscope:
        run = create_run(folder, plan, rig, None)
        scan = Scan(
            microscope=microscope, run=run, confirm=lambda _question: True, progress=lambda *_step: None, seen=seen
        )
        began_s = time.perf_counter()
        result = scan.capture()
        seconds = time.perf_counter() - began_s
    if result.state != "finished":
        raise SystemExit(f"the capture ended as {result}")
    return seconds


def took(way: Way, rig: Rig, plan: Plan, folder: Path, *, out: Path | None = None) -> Took:
    """Capture in one of the three ways."""
    began_s = time.perf_counter()
    if way == "alone":
        seconds = captured_s(rig, plan, folder)
        return Took(capture_s=seconds, closed_s=time.perf_counter() - began_s)
    captured, engine = Captured(), open_apart("shipped") if way == "enhanced" else None
    began_s = time.perf_counter()
    seconds, report = open_capture_viewer(
        partial(captured_s, rig, plan, folder, captured.seen),
        captured,
        signals=nullcontext(),
        told=lambda: f"{folder.name}: {captured.place}",
        engine=engine,
        end_engine=(lambda: None) if engine is None else engine.close,
        objectives=plan.objectives[:1],
        corrections={},
        pixel_um=pixel_sizes_um(rig, None),
        screenshot=out if way == "enhanced" else None,
    )
    for problem in report.problems:
        print(problem)
    return Took(capture_s=seconds, closed_s=time.perf_counter() - began_s, frames=report.frames, pairs=report.pairs)


def compare(rig: Rig, plan: Plan, folder: Path, *, repeat: int, out: Path | None) -> None:
    """Capture in all ways, taking turns, and print the ratios of each round."""
    rounds: list[dict[Way, Took]] = []
    for number in range(repeat):
        order = WAYS if number % 2 else WAYS[::-1]
        rounds.append({way: took(way, rig, plan, folder / f"{way}{number}", out=out) for way in order})
    _tell(f"rig {rig.name}, {len(plan.sites_um)} sites of {SIDE_PX}² with {' and '.join(plan.objectives)}", rounds)


def _tell(what: str, rounds: list[dict[Way, Took]]) -> None:
    best = {way: min(one[way].capture_s for one in rounds) for way in WAYS}
    ratios = [one["enhanced"].capture_s / one["shown"].capture_s for one in rounds]
    after_s = statistics.median(one["enhanced"].closed_s - one["enhanced"].capture_s for one in rounds)
    last = rounds[-1]["enhanced"]
    for number, one in enumerate(rounds, 1):
        print(f"  round {number}: " + ", ".join(f"{way} {one[way].capture_s:.2f} s" for way in WAYS))
    print(
        f"{what}: enhanced {best['enhanced']:.2f} s, shown only {best['shown']:.2f} s, no window {best['alone']:.2f} s "
        f"(best of {len(rounds)}); enhanced ÷ shown: best {best['enhanced'] / best['shown']:.3f}, median "
        f"{statistics.median(ratios):.3f} (limit {LIMIT:.2f}), all {[round(ratio, 3) for ratio in ratios]}; enhanced ÷ "
        f"no window {best['enhanced'] / best['alone']:.3f}; {last.pairs} of {last.frames} stacks were shown enhanced; "
        f"opening and closing took {after_s:.1f} s more; load {os.getloadavg()[0]:.1f}",
        flush=True,
    )


def main() -> None:
    """Print a row for a scan with one objective, which keeps the network busy throughout, and one with both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--sites", type=int, default=SITES)
    parser.add_argument("--rig", choices=sorted(OBJECTIVES), default="demo")
    parser.add_argument("--out", type=Path)
    told = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    rig, names = rig_of(told.rig), OBJECTIVES[told.rig]
    for objectives in (names[:1], names):
        plan = plan_of(rig, objectives, told.sites)
        with tempfile.TemporaryDirectory() as folder:
            compare(rig, plan, Path(folder), repeat=told.repeat, out=told.out)


if __name__ == "__main__":
    main()
