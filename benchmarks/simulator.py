"""How long the simulated microscope takes for a frame, and what its optics differ by from a source-point reference.

    python -m benchmarks.simulator [--only times|optics|contrast]

Run it on a machine that does nothing else. Times are the best of some repetitions: what the machine can do.
"""

import argparse
import resource
import sys
import time
from dataclasses import replace

import numpy as np

from acquire.open import open_microscope
from acquire.simulated.imaging import Renderer
from acquire.simulated.scene import scene_of
from acquire.simulated.specimen import Slide
from acquire.simulated.specimens import TISSUES, make_specimen
from calibration.rig import load_rig
from calibration.transfer import COLOURS_UM
from tests.acquire.simulated import test_fidelity as fidelity
from tests.acquire.simulated import test_resolution as resolution
from tests.acquire.simulated.conftest import DRY, OIL

FIRST = {("40x", 512): 1.0, ("100x", 512): 1.0, ("40x", 2048): 12.0}
FURTHER = {("100x", 512): 0.060, ("40x", 512): 0.160, ("100x", 2048): 1.0}
LIVE_PX, LIVE_FPS, LIVE_S = 1024, 20.0, 5.0
PLACES_UM = ((700.0, 500.0), (1500.0, 900.0), (2300.0, 1300.0), (3100.0, 700.0))
DEPTHS_UM = (0.4, 0.8, -0.4, -0.8)


def main() -> None:
    """Print all rows, or those of one kind."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=["times", "optics", "contrast"])
    only = parser.parse_args().only
    for name, rows in (("times", times), ("optics", optics), ("contrast", contrast)):
        if only in (None, name):
            rows()


def times() -> None:
    """Seconds for the first frame at a new place, for a further plane there, and frames a second at rest."""
    for kind in TISSUES:
        for (objective, side), limit in FIRST.items():
            first, further = _frame_times(kind, objective, side)
            print(
                f"{kind:7} {objective:5} {side:5} px: first frame at a new place {first:6.2f} s (limit {limit:g})",
                end="",
            )
            print(f", further plane {1000 * further:5.0f} ms{_limit(FURTHER.get((objective, side)))}", flush=True)
        if kind == TISSUES[0]:
            first, further = _frame_times(kind, "100x", 2048)
            print(
                f"{kind:7} 100x   2048 px: first frame {first:6.2f} s, further plane {1000 * further:5.0f} ms (limit 1000)"
            )
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of this process so far: {peak_mb:.0f} MB (limit 1500)")
    print(f"live, stage at rest, {LIVE_PX} px: {_live_fps():.1f} frames a second (limit {LIVE_FPS:g})", flush=True)


def optics() -> None:
    """Rms difference of both fidelities from the source-point reference, and the measured cut-offs."""
    for place_um in (1050.0, 600.0, 1450.0):
        for refracts in (False, True):
            patch = fidelity.patch_of(place_um, refracts=refracts)
            truth = fidelity.reference(patch)
            for kind, largest in fidelity.LARGEST_RMS.items():
                errors = [
                    float(np.sqrt(np.mean(np.square(fidelity.rendered(patch, lens, focus_um, kind) - expected))))
                    for lens, seen in zip(fidelity.LENSES.values(), truth, strict=True)
                    for focus_um, expected in zip(fidelity.FOCI_UM, seen, strict=True)
                ]
                told = " ".join(f"{error:.4f}" for error in errors)
                print(
                    f"place {place_um:.0f} µm, phase {refracts!s:5}, contrast {truth.std(axis=(2, 3)).min():.3f}, {kind:7}: "
                    f"{told} (40x at 0 and 1 µm, 100x at 0 and 1 µm; limit {largest})",
                    flush=True,
                )
    for lens in (DRY, OIL):
        for colour, wavelength_um in enumerate(COLOURS_UM):
            expected = (lens.na + lens.condenser_na) / wavelength_um
            measured = resolution.measured_cutoff(lens, colour)
            print(
                f"NA {lens.na} at {wavelength_um} µm: cut-off {measured:.3f}, expected {expected:.3f} ({measured / expected - 1:+.1%})"
            )


def contrast() -> None:
    """Contrast of the finest USAF bars."""
    for na, table in resolution.EXPECTED_CONTRAST.items():
        for element, expected in table.items():
            print(
                f"USAF 11.{element}, NA {na}: {resolution.bar_contrast(na, element):.3f} (expected {expected} ± 0.05)"
            )


def _frame_times(kind: str, objective: str, side: int) -> tuple[float, float]:
    """Best seconds for a first frame and for a further plane."""
    rig = load_rig("simulated")
    scene = scene_of(replace(rig, camera=replace(rig.camera, size_px=(side, side))))
    renderer = Renderer(Slide(make_specimen({"kind": kind, "seed": 1})))
    lens, firsts, further = scene.lens(objective), [], []
    for place_um in PLACES_UM[: 2 if side > 1024 else 4]:  # noqa: PLR2004  large frames take long
        pose = scene.pose(objective=objective, stage_um=(*place_um, 0.0))
        grid = scene.grid(pose, roi=(0, 0, side, side))
        firsts.append(_seconds(lambda grid=grid: renderer.render(grid, lens, 0.0, relief=1.0)))
        further += [
            _seconds(lambda d=d, grid=grid: renderer.render(grid, lens, d, relief=1.0))
            for d in DEPTHS_UM[: 2 if side > 1024 else 4]
        ]
    return min(firsts), min(further)


def _seconds(work) -> float:  # noqa: ANN001
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _live_fps() -> float:
    rig = load_rig("simulated")
    rig = replace(rig, camera=replace(rig.camera, size_px=(LIVE_PX, LIVE_PX)))
    with open_microscope(rig) as microscope, microscope.live(10) as stream:
        while stream.latest() is None:
            time.sleep(0.01)
        count, began = 0, time.perf_counter()
        while time.perf_counter() - began < LIVE_S:
            count += stream.latest() is not None
        return count / (time.perf_counter() - began)


def _limit(milliseconds: float | None) -> str:
    return f" (limit {1000 * milliseconds:.0f})" if milliseconds else ""


if __name__ == "__main__":
    sys.exit(main())
