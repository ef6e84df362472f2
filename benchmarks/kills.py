"""Kill a capture at random moments, give the same command again, and compare with a run that was never broken.

    python -m benchmarks.kills [--count 50] [--faults perfect|realistic] [--in-a-row 1] [--seed 1]

A process of its own captures 24 sites with two objectives on the simulated microscope and is ended by `kill -9` (on
Windows by TerminateProcess) at a moment drawn evenly over its visits, focusing and beginning included. Then the same
command runs to its end. With `--faults realistic` the last file that was stored before the kill is cut in
half as well, as a machine that lost its power might leave it; what is captured anew there must show the same field.
"""

import argparse
import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any, TypeAlias

import cv2
import numpy as np
import tifffile
import yaml

from acquire.journal import Journal
from acquire.planfile import load_plan
from calibration.rig import dump_rig, load_rig

Plane: TypeAlias = Any
"""Array of float32, shape (rows, columns)."""

SITES_UM = [[480.0 + 16.0 * column, 480.0 + 16.0 * row] for row in range(4) for column in range(6)]
OBJECTIVES = ("40x", "100x")
VISITS = len(SITES_UM) * len(OBJECTIVES)
SIDE_PX = {"perfect": 96, "realistic": 160}
"""A 100x field lies 5 µm inside its 40x field from 91 px on. Realistic fields must still overlap when the stage came to
rest some µm beside: 160 px are 11.8 µm at 100x."""
FOCUS = {"perfect": "as_positions", "realistic": "surface"}
"""A predicted focus depends on the time at which each peak was seen: even two unbroken runs differ in it by 0.1 nm, and
in the last bit of some pixels. Pixels can be equal only where Z is given."""
REACH_PX = 48
LARGEST_SHIFT_UM = 3.5
"""Play and scatter of the realistic stage."""
CLEARLY = 0.1
"""By so much the correlation with its own field is larger than with any other."""
VISITS_LONG = 2.0
"""The moment is drawn from so many visits' time after the last stack: in any step of a visit, and in focusing."""
POLL_S = 0.002
PATIENCE_S = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """One capture in a folder of its own, started as often as need be.

    Parameters
    ----------
    folder : Path
        Holds plan, rig, run and the state of the rig.
    faults : str
        Of the simulated microscope.
    """

    folder: Path
    faults: str = "perfect"

    @property
    def run(self) -> Path:
        """The run folder."""
        return self.folder / "run"

    def prepare(self) -> "Night":
        """Write plan and rig file."""
        rig = yaml.safe_load(dump_rig(load_rig("simulated")))
        rig["camera"]["size_px"] = [SIDE_PX[self.faults]] * 2
        rig["simulated"] = {"faults": self.faults, "specimen": {"kind": "lung", "seed": 1}, "truth": "transforms"}
        plan = {
            "slide": "S1",
            "sites_um": SITES_UM,
            "objectives": list(OBJECTIVES),
            "stack": {"100x": {"planes": 2, "step_um": 0.4}},
            "exposure_ms": {"40x": 8, "100x": 50},
            "focus": {"method": FOCUS[self.faults]},
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "rig.yaml").write_text(yaml.safe_dump(rig))
        (self.folder / "plan.yaml").write_text(yaml.safe_dump(plan))
        return self

    def started(self) -> subprocess.Popen[str]:
        """Start the command; it is the same every time."""
        command = [sys.executable, "-m", "benchmarks.kills", "--capture", str(self.folder)]
        told = os.environ | {"PARFOCAL_STATE_DIR": str(self.folder / "state"), "OMP_NUM_THREADS": "1"}
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=told)

    def kill(self, count: int, delay_s: float) -> bool:
        """Start, and kill so long after so many stacks are stored; False when it ended before."""
        with self.started() as process:
            try:
                while self.counted() < count and process.poll() is None:
                    _elapse(process, POLL_S)
                _elapse(process, delay_s)
                killed = process.poll() is None
            finally:
                process.kill()
        return killed

    def counted(self) -> int:
        """How many stacks are journalled as stored; -1 while there is no journal."""
        journal = self.run / "journal.jsonl"
        return journal.read_bytes().count(b'"event":"stored"') if journal.is_file() else -1

    def finish(self) -> dict[str, Any]:
        """Start, and let it end."""
        with self.started() as process:
            out, err = process.communicate(timeout=PATIENCE_S)
        lines = out.splitlines()
        return json.loads(lines[-1]) if process.returncode == 0 and lines else {"state": f"failed: {err[-500:]}"}

    def stored(self) -> dict[str, str]:
        """Names of the files that the journal says are stored, and their hashes."""
        events = Journal(self.run / "journal.jsonl").events()
        return {event["file"]: event["sha256"] for event in events if event["event"] == "stored"}

    def halve(self) -> Path | None:
        """Cut the file that was stored last in half, keeping a copy beside the run; None when none is stored.

        Once there was oil, a dry picture cannot be taken anew: then none of those is cut.
        """
        oiled = any("oil" in event["event"] for event in Journal(self.run / "journal.jsonl").events())
        names = [name for name, digest in self.stored().items() if sha256(self.run / name) == digest]
        names = [name for name in names if not oiled or OBJECTIVES[-1] in name]
        if not names:
            return None
        file, kept = self.run / names[-1], self.folder / Path(names[-1]).name
        content = file.read_bytes()
        kept.write_bytes(content)
        file.write_bytes(content[: len(content) // 2])
        return kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What lay on disk when a capture had been killed: whole files, by name, and what tells one from its successor."""

    files: dict[str, tuple[str, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, night: Night) -> "Before":
        """Take note of every journalled file that is whole."""
        whole = {name: digest for name, digest in night.stored().items() if sha256(night.run / name) == digest}
        return cls(files={name: (digest, (night.run / name).stat().st_mtime_ns) for name, digest in whole.items()})


def wrong(night: Night, before: Before, answer: dict[str, Any]) -> list[str]:
    """Say what is not as it must be after the same command has run to its end; nothing when all is well."""
    says = []
    if (answer.get("state"), answer.get("done")) != ("finished", VISITS):
        says.append(f"ended as {answer}")
    for name, (digest, written_ns) in before.files.items():
        file = night.run / name
        if not file.is_file() or sha256(file) != digest:
            says.append(f"{name} was whole before and is not what it was")
        elif file.stat().st_mtime_ns != written_ns:
            says.append(f"{name} was written again")
    return says + _miscounted(night)


def _miscounted(night: Night) -> list[str]:
    """Say which visits are missing or there twice: journal lines that fit their file are counted."""
    fits: Counter[str] = Counter()
    for event in Journal(night.run / "journal.jsonl").events():
        if event["event"] == "stored" and sha256(night.run / event["file"]) == event["sha256"]:
            fits[event["file"]] += 1
    on_disk = {f"sites/{file.name}" for file in (night.run / "sites").iterdir()}
    says = [f"{name} is stored {count} times" for name, count in fits.items() if count != 1]
    if len(fits) != VISITS:
        says.append(f"{len(fits)} of {VISITS} visits are journalled and whole")
    return says + [f"{name} lies there unaccounted for" for name in sorted(on_disk - fits.keys())]


def unlike(night: Night, whole: Night) -> list[str]:
    """Say which pictures differ from those of an unbroken run; nothing when all pixels are equal."""
    names = sorted(file.name for file in (whole.run / "sites").glob("*.ome.tif"))
    return [f"{name} has other pixels" for name in names if not _equal(night.run / "sites" / name, whole, name)]


def _equal(file: Path, whole: Night, name: str) -> bool:
    return file.is_file() and np.array_equal(tifffile.imread(file), tifffile.imread(whole.run / "sites" / name))


def registered(kept: Path, night: Night) -> tuple[float, float, float]:
    """Shift in µm, and correlation there, of a picture taken anew against the one that was cut in half.

    Returns
    -------
    tuple of float
        Shift, correlation, and the largest correlation with any other field of the run.
    """
    objective = kept.name.split("_")[1].split(".")[0]
    pixel_um = load_rig(str(night.folder / "rig.yaml")).pixel_um(objective)
    files = sorted((night.run / "sites").glob(f"*_{objective}.ome.tif"))
    new = _details(night.run / "sites" / kept.name)
    others = max(_match(_details(file), new)[1] for file in files if file.name != kept.name)
    shift_px, ncc = _match(_details(kept), new)
    return shift_px * pixel_um, ncc, others


def _match(old: list[Plane], new: list[Plane]) -> tuple[float, float]:
    """Shift in pixels and correlation where any plane of one stack fits any of the other best."""
    edge = np.s_[REACH_PX:-REACH_PX, REACH_PX:-REACH_PX]
    best = (0.0, -1.0)
    for one, other in product(old, new):
        surface = np.asarray(cv2.matchTemplate(other, np.ascontiguousarray(one[edge]), cv2.TM_CCOEFF_NORMED))
        row, column = np.unravel_index(int(np.argmax(surface)), surface.shape)
        best = max(best, (float(np.hypot(row - REACH_PX, column - REACH_PX)), float(surface.max())), key=lambda b: b[1])
    return best


def _details(file: Path) -> list[Plane]:
    """Green of each plane, blurred against noise and without its slow changes."""
    pixels = tifffile.imread(file).astype(np.float32)
    greens = pixels.reshape(-1, *pixels.shape[-3:])[..., 1]
    return [cv2.GaussianBlur(green, (0, 0), 2.0) - cv2.GaussianBlur(green, (0, 0), 12.0) for green in greens]


def sha256(file: Path) -> str:
    """Hash of a file, or nothing where there is none."""
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""


def _elapse(process: subprocess.Popen[str], seconds: float) -> None:
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)


def unbroken(folder: Path, faults: str) -> tuple[Night, float]:
    """Capture without a kill; return it with how long it ran after its folder was there."""
    night = Night(folder=folder, faults=faults).prepare()
    with night.started() as process:
        while not night.run.exists() and process.poll() is None:
            _elapse(process, POLL_S)
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
    from dataclasses import asdict

    from parfocal.capturing import capture_plan

    rig = load_rig(str(folder / "rig.yaml"))
    result = capture_plan(load_plan(folder / "plan.yaml", rig), rig, None, folder / "run")
    print(json.dumps(asdict(result)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
