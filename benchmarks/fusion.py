"""Extended depth of field against what a perfect fusion would show, its time, its memory, and the wavelet transform.

    python -m benchmarks.fusion [--only relief|depth|volume|times|memory|wavelet] [--plot PNG]

Times want a machine that does nothing else; `memory` fuses a stack of 8192² pixels and takes two minutes.
"""

import argparse
import resource
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from enhance.edf import fuse
from enhance.merging import METHODS
from enhance.metrics import psnr, ssim
from enhance.wavelet import analyse, synthesise
from tests.enhance.simulated_stacks import GLASS, WHITE, Z_UM, Content, Stack, exposed, relief_stack, volume_stack

Pixels = NDArray[np.uint8]
Scores = dict[str, list[float]]

SEEDS = (1, 2, 3, 4, 5)
SIDE_PX = 384
FULL_WELLS_E = (5e3, 20e3, 80e3)
JUDGED_E = 20e3
LEAST_DB = 36.0
RELIEFS: tuple[tuple[str, Content], ...] = (
    ("lung", "one sheet"),
    ("kidney", "one sheet"),
    ("breast", "one sheet"),
    ("lung", "whole section"),
)
BEST_PLANE = "best plane"
LARGEST_S = 6.0
TIMED_PX, LARGE_PX = 2048, 8192
MEMORY_MB = 2000
LARGEST_ERROR = 1e-12


def main() -> None:
    """Print all rows but those of the large stack, or those of one kind."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=["relief", "depth", "volume", "times", "memory", "wavelet"])
    parser.add_argument("--plot", type=Path)
    told = parser.parse_args()
    rows: dict[str, Callable[[], None]] = {
        "wavelet": wavelet,
        "times": times,
        "relief": partial(relief, told.plot),
        "depth": depth,
        "volume": volume,
        "memory": memory,
    }
    for name, work in rows.items():
        if told.only == name or (told.only is None and name != "memory"):
            work()


def relief(plot: Path | None = None) -> None:
    """Print for a thin sheet in hills of ± 0.8 µm the PSNR of each method, mean (worst) over the seeds."""
    of_lung: dict[float, Scores] = {}
    for kind, content in RELIEFS:
        stacks = [relief_stack(kind, seed, side_px=SIDE_PX, content=content) for seed in SEEDS]
        for well in FULL_WELLS_E:
            scores = _scores(stacks, well)
            judged = well == JUDGED_E and content == "one sheet"
            print(f"relief, {kind}, {content}, {well / 1e3:3.0f} ke⁻: {_told(scores)}", flush=True)
            _verdict(scores, LEAST_DB if judged else None)
            if (kind, content) == RELIEFS[0]:
                of_lung[well] = scores
    if plot:
        _plot(of_lung, plot)


def depth() -> None:
    """Print how far the depth map lies from the hills, and that it knows nothing of empty glass."""
    for kind, content in RELIEFS:
        stacks = [relief_stack(kind, seed, side_px=SIDE_PX, content=content) for seed in SEEDS]
        print(f"depth, {kind}, {content}: {_depth_errors(stacks)}", flush=True)
    rng = np.random.default_rng(0)
    glass = exposed(np.full((len(Z_UM), SIDE_PX, SIDE_PX, 3), GLASS, np.float32), full_well_e=JUDGED_E, seed=1)
    glass = np.clip(glass.astype(int) + rng.integers(-2, 3, (len(Z_UM), 1, 1, 1)), 0, WHITE).astype(np.uint8)
    known = np.isfinite(fuse(glass, z_um=Z_UM).depth).mean()
    print(f"depth, empty glass under a lamp that flickers: known of {known:.2%}", flush=True)


def volume() -> None:
    """Print the same for the section as it is, against all of its sheets in focus at once."""
    for kind in ("lung", "kidney", "breast"):
        stacks = [volume_stack(kind, seed, side_px=SIDE_PX) for seed in SEEDS]
        for well in FULL_WELLS_E:
            print(f"volume, {kind}, {well / 1e3:3.0f} ke⁻: {_told(_scores(stacks, well))}", flush=True)


def times() -> None:
    """Print seconds for five planes of 2048², the better of two."""
    planes = _large(TIMED_PX)
    for method in METHODS:
        limit = f" (limit {LARGEST_S:g} s)" if method == "forster" else ""
        print(
            f"5 × {TIMED_PX}² RGB, {method:9}: {_seconds(partial(fuse, planes, method=method))}{limit}",
            flush=True,
        )
    for align in ("translation", "affine"):
        print(f"5 × {TIMED_PX}² RGB, forster, --align {align}: {_seconds(partial(fuse, planes, align=align))}")


def memory() -> None:
    """Print the peak memory of this process with a stack of five planes of 8192² in it."""
    planes = _large(LARGE_PX)
    began = time.perf_counter()
    fuse(planes)
    seconds, peak_mb = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    print(
        f"5 × {LARGE_PX}² RGB, forster: {seconds:.0f} s, peak {peak_mb:.0f} MB, of these {planes.nbytes / 1e6:.0f} the"
    )
    print(f"    stack (limit {MEMORY_MB} MB)")


def wavelet() -> None:
    """Print the largest error of synthesis after analysis over pictures of random size."""
    rng = np.random.default_rng(0)
    sizes = [*rng.integers(1, 300, (60, 2)), (1, 1), (1, 257), (2048, 3), (1023, 1025)]
    errors = [
        float(np.abs(synthesise(analyse(picture, levels)) - picture).max())
        for picture, levels in ((rng.uniform(-1, 1, size), int(rng.integers(1, 8))) for size in sizes)
    ]
    print(f"wavelet, {len(sizes)} sizes: largest error {max(errors):.1e} of pixels up to 1 (limit {LARGEST_ERROR:g})")


def _scores(stacks: list[Stack], well: float) -> Scores:
    """PSNR in dB of the best plane and of each method, one for each stack; SSIM of the faithful one."""
    scores: Scores = {name: [] for name in (BEST_PLANE, *METHODS, "SSIM of forster", "quality")}
    for number, stack in enumerate(stacks):
        planes, truth = exposed(stack.planes, full_well_e=well, seed=number), WHITE * stack.truth
        scores[BEST_PLANE].append(max(psnr(plane, truth, data_range=WHITE) for plane in planes))
        for method in METHODS:
            fused = fuse(planes, method=method)
            scores[method].append(psnr(fused.image, truth, data_range=WHITE))
            if method == "forster":
                scores["SSIM of forster"].append(ssim(fused.image, truth, data_range=WHITE))
                scores["quality"].append(fused.quality)
    return scores


def _told(scores: Mapping[str, list[float]]) -> str:
    parts = [
        f"{name} {np.mean(of):.2f} ({min(of):.2f})" for name, of in scores.items() if name in (BEST_PLANE, *METHODS)
    ]
    of_forster = f"SSIM {np.mean(scores['SSIM of forster']):.3f}, quality {np.mean(scores['quality']):.2f}"
    return f"{' | '.join(parts)} dB; forster: {of_forster}"


def _verdict(scores: Scores, least_db: float | None) -> None:
    gain = min(np.subtract(scores["forster"], scores[BEST_PLANE]))
    print(f"    forster less best plane, worst seed: {gain:+.2f} dB (limit 0)", end="")
    print(f"; worst seed {min(scores['forster']):.2f} dB (limit {least_db:g})" if least_db else "", flush=True)


def _depth_errors(stacks: list[Stack]) -> str:
    errors = []
    for number, stack in enumerate(stacks):
        planes = exposed(stack.planes, full_well_e=JUDGED_E, seed=number)
        errors.append(fuse(planes, z_um=Z_UM, method="laplacian").depth - stack.height_um)
    spread = float(np.sqrt(np.mean([np.nanvar(error) for error in errors])))
    medians = [float(np.nanmedian(np.abs(error - np.nanmedian(error)))) for error in errors]
    return (
        f"{np.nanmean(errors):+.2f} µm on average, {spread:.3f} µm rms about that (median {np.mean(medians):.3f}), "
        f"known of {np.isfinite(errors).mean():.1%}, 20 ke⁻"
    )


def _large(side_px: int) -> Pixels:
    """Five planes of a relief, repeated."""
    patch = exposed(relief_stack("lung", 1, side_px=SIDE_PX).planes, full_well_e=JUDGED_E, seed=1)
    planes = np.empty((len(Z_UM), side_px, side_px, 3), np.uint8)
    for row in range(0, side_px, SIDE_PX):
        for column in range(0, side_px, SIDE_PX):
            part = planes[:, row : row + SIDE_PX, column : column + SIDE_PX]
            part[...] = patch[:, : part.shape[1], : part.shape[2]]
    return planes


def _seconds(work: Callable[[], object]) -> str:
    """Seconds on the clock, and those that processors worked: the latter hardly depend on what else runs."""
    clock, processors = [], []
    for _ in range(2):
        began, worked = time.perf_counter(), time.process_time()
        work()
        clock.append(time.perf_counter() - began)
        processors.append(time.process_time() - worked)
    return f"{min(clock):.1f} s, of both processors {min(processors):.1f} s"


def _plot(of_lung: Mapping[float, Scores], path: Path) -> None:
    figure = Figure(figsize=(6.4, 4.0), layout="constrained")
    axes = figure.subplots()
    for name in (BEST_PLANE, *METHODS):
        means = [np.mean(scores[name]) for scores in of_lung.values()]
        axes.plot([well / 1e3 for well in of_lung], means, "o--" if name == BEST_PLANE else "o-", label=name)
    axes.axhline(LEAST_DB, color="0.6", lw=0.8)
    axes.set(
        xscale="log", xlabel="full well, ke⁻", ylabel="PSNR, dB", title="Simulated lung sheet in hills of ± 0.8 µm"
    )
    axes.set_xticks([well / 1e3 for well in of_lung], [f"{well / 1e3:g}" for well in of_lung])
    axes.minorticks_off()
    axes.legend()
    figure.savefig(path, dpi=110)
    print(path)


if __name__ == "__main__":
    main()
