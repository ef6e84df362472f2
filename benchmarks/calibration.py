"""Calibrate simulated rigs of many seeds and all eight camera orientations, and compare with their truth.

The limits are those of issue 4. Each run is the default of `parfocal calibrate`; sixteen seeds hold each orientation of
the camera twice. ``--keep FILE`` adds the rows of each run to a JSON-lines file and goes on where an earlier session
stopped: two processes with other seeds may share it. ``--picture PNG`` draws them.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from acquire.characterise import SITES, Characterise
from acquire.open import open_microscope
from acquire.rigstate import STATE_DIR
from acquire.simulated.detector import light_field
from acquire.simulated.scene import Scene
from acquire.simulated.specimens.kinds import DEFAULT_KIND
from acquire.simulated.specimens.mounted import GLASS_UM
from calibration.flatfield import Correction
from calibration.optics import Rig
from calibration.record import Calibration, Measured
from calibration.rig import load_rig

mpl.use("Agg")

BLUE, RED = "#3567a6", "#c8502f"

SEEDS = 16
AT_UM = (800.0, 800.0)
ORIENTATIONS = tuple((turns, mirrored) for mirrored in (False, True) for turns in range(4))


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Largest rms and, where there is one, largest single error of one kind of figure, in its unit."""

    unit: str
    rms: float
    worst: float | None = None


LIMITS = {
    "pixel size": Limit(unit="%", rms=0.1, worst=0.25),
    "rotation": Limit(unit="°", rms=0.05),
    "parcentric": Limit(unit="µm", rms=0.2, worst=0.2),
    "parfocal": Limit(unit="µm", rms=0.1, worst=0.1),
    "backlash xy": Limit(unit="µm", rms=0.1),
    "backlash z": Limit(unit="µm", rms=0.1),
    "flat": Limit(unit="%", rms=0.5, worst=0.5),
    "gain": Limit(unit="%", rms=5.0, worst=5.0),
}
LEAST_HELD = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure of one run: its error in the unit of its limit, and whether the interval holds the truth.

    What was on the slide stands beside it, and the seed, which with that tells one rig from another.
    """

    kind: str
    seed: int
    error: float
    held: bool | None = None
    specimen: str = DEFAULT_KIND


def main() -> int:
    """Run, print each figure beside its limit, draw; 1 when one is beyond."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--kind", default=DEFAULT_KIND, help="specimen")
    parser.add_argument("--size", type=int, default=512, help="side of the camera in pixels")
    parser.add_argument("--sites", type=int, default=SITES)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--picture", type=Path)
    told = parser.parse_args()
    rows: list[Row] = []
    for seed in range(told.first, told.first + told.seeds):
        if any((row.seed, row.specimen) == (seed, told.kind) for row in _kept(told.keep)):
            continue
        new = run(seed, kind=told.kind, size_px=told.size, sites=told.sites)
        rows += _keep([replace(row, specimen=told.kind) for row in new], told.keep)
    rows = _kept(told.keep) or rows
    if told.picture:
        draw(rows, told.picture)
    return 0 if summary(rows) else 1


def run(seed: int, *, kind: str, size_px: int, sites: int) -> Iterator[Row]:
    """Calibrate one rig and yield its errors."""
    rig, began, computed = rig_of(seed, kind=kind, size_px=size_px), time.perf_counter(), time.process_time()
    with _own_state(), open_microscope(rig) as microscope:
        work = Characterise(
            microscope=microscope, confirm=lambda _question: True, progress=lambda *_step: None, sites=sites
        )
        measured = work.calibrate(at_um=AT_UM, glass_um=GLASS_UM, now=datetime.now(UTC))
        scene: Scene = microscope.core.scene
    seconds, of_processor = time.perf_counter() - began, time.process_time() - computed
    print(f"{kind} {seed}, camera {ORIENTATIONS[seed % 8]}: {seconds:.0f} s, {of_processor:.0f} s of processor")
    for row in (*_of_objectives(seed, measured, scene, rig), *_of_axes(seed, measured, scene)):
        print(f"  {row.kind:12} {row.error:+8.4f} {LIMITS[row.kind].unit:3} {_held(row)}", flush=True)
        yield row


@contextmanager
def _own_state() -> Iterator[None]:
    """Begin with a dry slide, whatever lay under oil in the run before."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ[STATE_DIR] = folder
        yield


def rig_of(seed: int, *, kind: str, size_px: int) -> Rig:
    """Give the simulated rig the realistic faults of a seed, and its camera one of the eight orientations."""
    turns, mirrored = ORIENTATIONS[seed % len(ORIENTATIONS)]
    rig = load_rig("simulated")
    simulated = {
        "faults": "realistic",
        "seed": seed,
        "specimen": {"kind": kind, "seed": seed},
        "camera": {"quarter_turns": turns, "mirrored": mirrored},
    }
    return replace(rig, camera=replace(rig.camera, size_px=(size_px, size_px)), simulated=simulated)


def summary(rows: Sequence[Row]) -> bool:
    """Print rms, worst and coverage of each kind beside its limit; whether all are within."""
    good = True
    rigs = {(row.specimen, row.seed) for row in rows}
    fewest = min(sum(seed % len(ORIENTATIONS) == number for _, seed in rigs) for number in range(len(ORIENTATIONS)))
    print(f"{len(rigs)} rigs, each orientation of the camera at least {fewest} times")
    for kind, limit in LIMITS.items():
        errors = np.array([row.error for row in rows if row.kind == kind])
        if not errors.size:
            continue
        rms, worst = float(np.sqrt(np.mean(errors**2))), float(np.abs(errors).max())
        held = [row.held for row in rows if row.kind == kind and row.held is not None]
        within = rms <= limit.rms and (limit.worst is None or worst <= limit.worst)
        good = good and within
        told = "" if limit.worst is None else f" (limit {limit.worst:g})"
        print(
            f"{kind:12} rms {rms:.4f} {limit.unit} (limit {limit.rms:g}), worst {worst:.4f}{told}, mean "
            f"{errors.mean():+.4f}{_covers(held)}: {'within' if within else 'BEYOND'}"
        )
    held = [row.held for row in rows if row.held is not None]
    share = sum(held) / max(len(held), 1)
    print(f"all intervals hold the truth in {share:.1%} (limit {LEAST_HELD:.0%})")
    return good and share >= LEAST_HELD


def draw(rows: Sequence[Row], path: Path) -> None:
    """Draw all errors as shares of their limits, with the rms of each kind and how many intervals hold the truth."""
    figure, axes = plt.subplots(figsize=(9, 4), constrained_layout=True)
    names = [kind for kind in LIMITS if any(row.kind == kind for row in rows)]
    for place, kind in enumerate(names):
        _draw_kind(axes, place, [row for row in rows if row.kind == kind])
    axes.axhspan(-1, 1, color=BLUE, alpha=0.08)
    axes.set(xticks=range(len(names)), xticklabels=names, ylabel="error / limit of the rms", ylim=(-1.8, 1.8))
    rigs = len({(row.specimen, row.seed) for row in rows})
    axes.set_title(f"{rigs} simulated rigs calibrated: each error against the truth (points), rms (lines)", fontsize=10)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _draw_kind(axes: Axes, place: int, rows: Sequence[Row]) -> None:
    errors, limit = np.array([row.error for row in rows]), LIMITS[rows[0].kind]
    axes.plot(place + np.linspace(-0.25, 0.25, errors.size), errors / limit.rms, ".", color=BLUE)
    rms = float(np.sqrt(np.mean(errors**2))) / limit.rms
    axes.plot([place - 0.3, place + 0.3], [rms, rms], color=RED)
    axes.text(place, 1.5, f"limit\n{limit.rms:g} {limit.unit}", ha="center", fontsize=8)
    held = [row.held for row in rows if row.held is not None]
    if held:
        axes.text(place, -1.6, f"interval holds\n{sum(held)} of {len(held)}", ha="center", fontsize=8)


def _of_objectives(seed: int, measured: Calibration, scene: Scene, rig: Rig) -> Iterator[Row]:
    first = rig.objectives[0].name
    for name, found in measured.objectives.items():
        mount = scene.mounts[name]
        pixel_um = rig.pixel_um(name) * mount.scale
        yield _row("pixel size", seed, found.pixel_um, pixel_um, unit=pixel_um / 100)
        yield _row("rotation", seed, found.rotation_deg, mount.rotation_deg)
        yield Row(kind="flat", seed=seed, error=flat_residual_percent(measured.corrections[name], scene, name))
        if name != first:
            for axis, truth_um in zip(found.parcentric_um, mount.parcentric_um, strict=True):
                yield _row("parcentric", seed, axis, truth_um)
            yield _row("parfocal", seed, found.parfocal_um, mount.parfocal_um)


def _of_axes(seed: int, measured: Calibration, scene: Scene) -> Iterator[Row]:
    stage, sensor = scene.faults.stage, scene.sensor
    for axis, truth_um in zip("xy", stage.backlash_um, strict=True):
        yield _row("backlash xy", seed, measured.backlash_um[axis], truth_um)
    yield _row("backlash z", seed, measured.backlash_um["z"], stage.z_backlash_um)
    gain = sensor.full_well_e / sensor.white_level
    yield _row("gain", seed, measured.camera["gain_e_per_level"], gain, unit=gain / 100)


def flat_residual_percent(correction: Correction, scene: Scene, objective: str) -> float:
    """Rms departure from even light that a noise-free frame of empty glass keeps after correction, worst colour."""
    width, height = scene.rig.camera.size_px
    light = light_field(
        f"{scene.seed} {objective}",
        scene.mounts[objective],
        frame=(width, height),
        roi=(0, 0, width, height),
        binning=1,
    )
    ratio = light.reshape(height, width, -1) / (correction.flat - correction.dark)
    return float(100 * (ratio.std(axis=(0, 1)) / ratio.mean(axis=(0, 1))).max())


def _row(kind: str, seed: int, found: Measured, truth: float, *, unit: float = 1.0) -> Row:
    low, high = found.interval95
    return Row(kind=kind, seed=seed, error=(found.value - truth) / unit, held=bool(low <= truth <= high))


def _covers(held: Sequence[bool]) -> str:
    return f", interval holds {sum(held)} of {len(held)}" if held else ""


def _held(row: Row) -> str:
    return "" if row.held is None else ("held by the interval" if row.held else "NOT held by the interval")


def _keep(rows: list[Row], path: Path | None) -> list[Row]:
    if path:
        with path.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(asdict(row)) + "\n" for row in rows)
    return rows


def _kept(path: Path | None) -> list[Row]:
    if path is None or not path.is_file():
        return []
    return [Row(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    sys.exit(main())
