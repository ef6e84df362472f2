"""Kill a capture at random moments, give the same command again, and compare with a run that was never broken.

    python -m benchmarks.kills [--count 50] [--faults perfect|realistic] [--in-a-row 1] [--seed 1]

A process of its own captures 24 sites with two objectives on the simulated microscope and is ended by `kill -9` (on
Windows by TerminateProcess) at a moment drawn evenly over its visits, focusing and beginning included. Then the same
command runs to its end. With `--faults realistic` the last file that was stored before the kill is cut in
half as well, as a machine that lost its power might leave it; what is captured anew there must show the same field.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np

from acquire.planfile import load_plan
from benchmarks.killed_night import PATIENCE_S, POLL_S, SIDE_PX, VISITS, Night, elapse
from benchmarks.killed_verdict import Before, registered, unlike, wrong
from calibration.rig import load_rig
from parfocal.capturing import capture_plan

LARGEST_SHIFT_UM = 3.5
"""Play and scatter of the realistic stage."""
CLEARLY = 0.1
"""By so much the correlation with its own field is larger than with any other."""
VISITS_LONG = 2.0
"""The moment is drawn from so many visits' time after the last stack: in any step of a visit, and in focusing."""


def unbroken(folder: Path, faults: str) -> tuple[Night, float]:
    """Capture without a kill; return it with how long it ran after its folder was there."""
    night = Night(folder=folder, faults=faults).prepare()
    with night.started() as process:
        while not night.run.exists() and process.poll() is None:
            elapse(process, POLL_S)
        began_s = time.monotonic()
        _, err = process.communicate(timeout=PATIENCE_S)
    if process.returncode:
        raise SystemExit(f"the unbroken run failed: {err[-2000:]}")
    return night, time.monotonic() - began_s


def killed_nights(folder: Path, faults: str, *, count: int, in_a_row: int, seed: int) -> Iterator[list[str]]:
    """Kill and finish so many runs; yield what was wrong with each, and for realistic ones how the new picture lies."""
    whole, lasts_s = unbroken(folder / "whole", faults)
    rng = np.random.default_rng(seed)
    for number in range(count):
        night = _killed(folder / f"{number:02d}", faults, in_a_row=in_a_row, lasts_s=lasts_s, rng=rng)
        before, kept = Before.of(night), None
        if faults == "realistic" and (kept := night.halve()) is not None:
            before.files.pop(f"sites/{kept.name}")
        says = wrong(night, before, night.finish())
        says += unlike(night, whole) if faults == "perfect" else []
        told = f"{number + 1:2d}: killed with {len(before.files)} of {VISITS} stored"
        if kept is not None and not says:
            shift_um, ncc, others = registered(kept, night)
            told += f", {kept.name} anew lies {shift_um:.2f} µm off, correlation {ncc:.2f} (others {others:.2f})"
            says += ["it shows another field"] if shift_um > LARGEST_SHIFT_UM or ncc < others + CLEARLY else []
        print(f"{told}: {'; '.join(says) or 'all well'}", flush=True)
        yield says


def _killed(folder: Path, faults: str, *, in_a_row: int, lasts_s: float, rng: np.random.Generator) -> Night:
    """Kill one run so often, each time later; one that was done before its last moment is drawn again."""
    while True:
        night = Night(folder=folder, faults=faults).prepare()
        counts = sorted(int(count) for count in rng.integers(0, VISITS, in_a_row))
        if all(night.kill(count, rng.uniform(0.0, VISITS_LONG * lasts_s / VISITS)) for count in counts):
            return night
        shutil.rmtree(folder)


def main() -> int:
    """Print each kill and the count of those after which all was well."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--capture", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--faults", choices=sorted(SIDE_PX), default="perfect")
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--in-a-row", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    told = parser.parse_args()
    if told.capture:
        return _capture(told.capture)
    with tempfile.TemporaryDirectory() as folder:
        nights = killed_nights(Path(folder), told.faults, count=told.count, in_a_row=told.in_a_row, seed=told.seed)
        well = sum(not says for says in nights)
    print(f"faults {told.faults}: {well} of {told.count} finished with all well (limit {told.count} of {told.count})")
    return 0 if well == told.count else 1


def _capture(folder: Path) -> int:
    """Capture, as the command does: the process that is killed."""
    rig = load_rig(str(folder / "rig.yaml"))
    result = capture_plan(load_plan(folder / "plan.yaml", rig), rig, None, folder / "run")
    print(json.dumps(asdict(result)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
