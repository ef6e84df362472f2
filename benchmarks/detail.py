"""Where in the section the finest detail lies, and where the 40x stood: what `focus.offset_um` of a tissue should be.

    python -m benchmarks.detail FOLDER [--sites 3]

FOLDER is what `benchmarks.slides` made. Of each training and validation slide without faults some sites are shown again
through the 100x, free of noise, at depths 0.05 µm apart; the detail is the contrast of green between 1.2 and 2.2 cycles
per µm. Nothing of a network goes into it. About five minutes on one core.
"""

import argparse
import json
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.imaging import Renderer
from acquire.simulated.lens import Grid
from acquire.simulated.scene import Pose, Scene, scene_of
from acquire.simulated.specimens.kinds import fidelity_of, make_specimen
from acquire.simulated.specimens.specimen import Slide
from acquire.simulated.truth import finer
from benchmarks.slides import FAMILIES, HIGH, LOW, SimulatedSlide, rig_of, run_path, slides
from parfocal.bars import bar

DEPTHS_UM = np.arange(-0.05, 0.301, 0.05)
BAND = (1.2, 2.2)
"""Cycles per µm: what a 100x passes well and a 40x badly."""
SIDE_PX = 320
RATIO = Fraction(5, 2)
GREEN = 1


def detail(picture: NDArray[np.float32], pixel_um: float) -> float:
    """Return the amplitude of a picture (rows, columns) inside `BAND`."""
    window = np.hanning(picture.shape[0])[:, None] * np.hanning(picture.shape[1])
    power = np.square(np.abs(np.fft.fft2((picture - picture.mean()) * window)))
    frequency = np.hypot(*np.meshgrid(*(np.fft.fftfreq(side, pixel_um) for side in picture.shape), indexing="ij"))
    return float(np.sqrt(power[(frequency > BAND[0]) & (frequency < BAND[1])].sum()))


def finest_um(scene: Scene, renderer: Renderer, grid: Grid) -> float:
    """Return the depth at which the 100x shows most detail of a field."""
    pixel_um = float(np.hypot(*grid.matrix[:, 0]))
    found = [
        detail(renderer.render(grid, scene.lens(HIGH), depth_um, relief=scene.relief(LOW))[..., GREEN], pixel_um)
        for depth_um in DEPTHS_UM.tolist()
    ]
    best = int(np.clip(np.argmax(found), 1, len(found) - 2))
    near = slice(best - 1, best + 2)
    curved, sloped, _ = np.polyfit(DEPTHS_UM[near], found[near], 2)
    return float(-sloped / curved / 2)


def measure(folder: Path, slide: SimulatedSlide, sites: int) -> Iterator[tuple[float, float]]:
    """Give depths of some sites of a slide: where its finest detail lies, and where the 40x stood."""
    rig = rig_of(slide)
    scene = scene_of(rig)
    renderer = Renderer(Slide(make_specimen(rig.simulated["specimen"])), fidelity_of(rig.simulated))
    for path in islice(sorted((run_path(folder, slide) / "truth").glob(f"*_{LOW}.json")), sites):
        (state,) = json.loads(path.read_text(encoding="utf-8"))["states"]
        pose = Pose(**state["pose"])
        width, height = rig.camera.size_px
        corner = ((width - SIDE_PX) // 2, (height - SIDE_PX) // 2)
        grid = scene.grid(pose, roi=(0, 0, width, height)).part(*corner, SIDE_PX, SIDE_PX)
        yield finest_um(scene, renderer, finer(grid, RATIO)), pose.depth_um


def main() -> None:
    """Measure the tissues and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sites", type=int, default=3)
    told = parser.parse_args()
    chosen = [
        slide for slide in slides() if slide.faults == "perfect" and slide.role != "test" and not slide.photograph
    ]
    lacking = [slide.name for slide in chosen if not (run_path(told.folder, slide) / "truth").is_dir()]
    if lacking:
        raise SystemExit(f"{told.folder} lacks the slide {lacking[0]}: run `python -m benchmarks.slides` on it first")
    found: dict[str, list[tuple[float, float]]] = {kind: [] for kind in FAMILIES}
    with bar("Looking for detail") as step:
        for number, slide in enumerate(chosen):
            step(number, len(chosen), slide.name)
            found[slide.kind] += measure(told.folder, slide, told.sites)
        step(len(chosen), len(chosen), "")
    print("| tissue | sites | finest detail at | 40x stood at | to add to its offset |\n|---|---|---|---|---|")
    per_um = _depth_per_um(chosen[0])
    for kind, pairs in found.items():
        finest, stood = np.array(pairs).T
        missed = float((finest - stood).mean()) / per_um
        shown = " | ".join(f"{each.mean():.3f} ± {each.std():.3f}" for each in (finest, stood))
        print(f"| {kind} | {len(pairs)} | {shown} | {missed:+.2f} |")


def _depth_per_um(slide: SimulatedSlide) -> float:
    """Depth in the section for 1 µm of the focus drive."""
    return abs(scene_of(rig_of(slide)).relief(LOW))


if __name__ == "__main__":
    main()
