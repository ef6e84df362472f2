"""How long the simulated microscope takes for a frame, and how well its optics agree with what they should show.

    python -m benchmarks.simulator [--only times|optics|contrast]

Run it on a machine that does nothing else. Times are the best of some repetitions: what the machine can do.
"""

import argparse
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from acquire.open import open_microscope
from acquire.simulated.imaging import Renderer
from acquire.simulated.scene import scene_of
from acquire.simulated.specimens.kinds import TISSUES, make_specimen
from acquire.simulated.specimens.specimen import Slide
from calibration.rig import load_rig
from calibration.transfer import COLOURS_UM
from tests.acquire.simulated import test_fidelity as fidelity
from tests.acquire.simulated import test_resolution as resolution
from tests.acquire.simulated.conftest import DRY, OIL

LIMITS_S = {
    ("40x", 512): (1.0, 0.160),
    ("100x", 512): (1.0, 0.060),
    ("40x", 2048): (12.0, None),
    ("100x", 2048): (None, 1.0),
}
"""Of the first frame at a new place, and of each further plane or frame there."""

LARGE_PX = 1024  # from this side on two places and planes are enough
LIVE_PX, LIVE_FPS, LIVE_S = 1024, 20.0, 5.0
MEMORY_MB = 1500
PLACES_UM = ((700.0, 500.0), (1500.0, 900.0), (2300.0, 1300.0), (3100.0, 700.0))
DEPTHS_UM = (0.4, 0.8, -0.4, -0.8)
FIDELITY_PLACES_UM = (1050.0, 600.0, 1450.0)


def main() -> None:
    """Print all rows, or those of one kind."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=["times", "optics", "contrast"])
    only = parser.parse_args().only
    for name, rows in (("times", times), ("optics", optics), ("contrast", contrast)):
        if only in (None, name):
            rows()


def times() -> None:
    """Seconds for the first frame at a new place and for a further plane there, and frames a second at rest."""
    for kind in TISSUES:
        for (objective, side), limits in LIMITS_S.items():
            first, further = _frame_times(kind, objective, side)
            print(
                f"{kind:7} {objective:>5} {side:5} px: first frame at a place {first:6.2f} s{_limit(limits[0], 's')}, "
                f"further plane {1000 * further:6.0f} ms{_limit(limits[1], 'ms')}",
                flush=True,
            )
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of all that: {peak_mb:.0f} MB (limit {MEMORY_MB})")
    print(f"live, stage at rest, {LIVE_PX} px: {_live_fps():.1f} frames a second (limit {LIVE_FPS:g})", flush=True)


def optics() -> None:
    """Rms difference of both fidelities from the source-point reference, and the measured cut-offs."""
    print("rms difference from the source-point reference: 40x at 0 and 1 µm, 100x at 0 and 1 µm")
    for place_um in FIDELITY_PLACES_UM:
        for refracts in (False, True):
            patch = fidelity.patch_of(place_um, refracts=refracts)
            contrast_std = fidelity.reference(patch).std(axis=(2, 3)).min()
            for kind, largest in fidelity.LARGEST_RMS.items():
                told = " ".join(f"{error:.4f}" for error in fidelity.errors(patch, kind).values())
                phase = "with phase" if refracts else "no phase"
                print(
                    f"at {place_um:.0f} µm, {phase:10}, contrast {contrast_std:.3f}, {kind:7}: {told} (limit {largest})"
                )
    for lens in (DRY, OIL):
        for colour, wavelength_um in enumerate(COLOURS_UM):
            expected = (lens.na + lens.condenser_na) / wavelength_um
            measured = resolution.measured_cutoff(lens, colour)
            off = measured / expected - 1
            print(
                f"NA {lens.na} at {wavelength_um} µm: cut-off {measured:.3f} of {expected:.3f} ({off:+.1%}, limit 4 %)"
            )


def contrast() -> None:
    """Contrast of the finest USAF bars at 0.55 µm."""
    for na, table in resolution.EXPECTED_CONTRAST.items():
        for element, expected in table.items():
            measured = resolution.bar_contrast(na, element)
            print(f"USAF 11.{element}, NA {na}: {measured:.3f} (expected {expected} ± 0.05)")


def _frame_times(kind: str, objective: str, side: int) -> tuple[float, float]:
    """Best seconds for a first frame and for a further plane."""
    rig = load_rig("simulated")
    scene = scene_of(replace(rig, camera=replace(rig.camera, size_px=(side, side))))
    renderer = Renderer(Slide(make_specimen({"kind": kind, "seed": 1})))
    lens, relief, count = scene.lens(objective), scene.relief(objective), 2 if side > LARGE_PX else 4
    firsts, further = [], []
    for place_um in PLACES_UM[:count]:
        grid = scene.grid(scene.pose(objective=objective, stage_um=(*place_um, 0.0)), roi=(0, 0, side, side))
        firsts.append(_seconds(partial(renderer.render, grid, lens, 0.0, relief=relief)))
        planes = [(grid, lens, depth_um) for depth_um in DEPTHS_UM[:count]]
        further += [_seconds(partial(renderer.render, *plane, relief=relief)) for plane in planes]
    return min(firsts), min(further)


def _seconds(work: Callable[[], object]) -> float:
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


def _limit(seconds: float | None, unit: str) -> str:
    if seconds is None:
        return ""
    return f" (limit {seconds:g})" if unit == "s" else f" (limit {1000 * seconds:.0f})"


if __name__ == "__main__":
    sys.exit(main())
