"""How well resolution is measured: USAF bars, edges, ring correlation and focus curves against what is true.

    python -m benchmarks.resolution [--only usaf|edge|rings|focus] [--out docs/pictures] [--data ../shared/data]

Prints each figure beside its limit and writes its picture. About two minutes on two cores.
"""

import argparse
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from acquire.simulated.imaging import Renderer
from acquire.simulated.specimens.kinds import make_specimen
from acquire.simulated.specimens.specimen import Slide
from calibration.mtf import measure_target
from calibration.ringcorrelation import THRESHOLD, correlate_exposures
from calibration.sharpness import peak, tenengrad
from calibration.slantededge import measure_edge
from parfocal.resolution_charts import draw_edge, draw_elements, draw_focus, draw_rings
from tests.calibration import drawn_edge, seen_target
from tests.calibration.seen_target import LENSES, SeenEdge, SeenTarget, grid, photographed

CONTRAST_LIMIT, MTF_LIMIT = 0.03, 0.015
TURNS_DEG = (0.0, 1.0, 3.0, 5.0, 8.0, 25.0, 98.0)
ASIDE_PX = (0.0, 0.27, 0.45)
"""By which the target is moved along both axes: bars along the pixels are then seen in other phases."""
SLANTS_DEG, BLURS_PX, NOISES = (2.0, 5.0, 15.0, 26.565, 43.0), (0.3, 0.6, 1.2, 2.5), (0.0, 0.01, 0.03)
REAL_EDGES = (
    "carlasplund_x2084_y0616_F2.png",
    "carlasplund_x2088_y0616_F2_8.png",
    "carlasplund_x0552_y1976_F16.png",
    "slant.png",
)
SEEDS = range(4)
BRIGHT = 2  # every third target has bright bars
EDGE_WELLS_E = (1100, 4400, 20000)  # the last one's pictures are drawn
LUNG_UM = (1050.0, 1050.0)
RING_SIDE_PX, RING_WELLS_E = 384, (2000, 20000)
NOISE_FREE_E = 10**9
SWEEP_UM = tuple(np.linspace(-3.0, 5.0, 17).tolist())
SWEEP_SIDE_PX = 192


def main() -> None:
    """Print all figures, or those of one kind."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=["usaf", "edge", "rings", "focus"])
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    told = parser.parse_args()
    told.out.mkdir(parents=True, exist_ok=True)
    kinds = {
        "usaf": partial(usaf, told.out, told.data),
        "edge": partial(edge, told.out, told.data),
        "rings": partial(rings, told.out),
        "focus": partial(focus, told.out),
    }
    for name, figures in kinds.items():
        if told.only in (None, name):
            figures()


def usaf(out: Path, data: Path) -> None:
    """Contrast of all bars against the truth, at several turns and both polarities, and a real template."""
    for objective in LENSES:
        for number, turn_deg in enumerate(TURNS_DEG):
            errors = np.array(
                [
                    error
                    for step, aside_px in enumerate(ASIDE_PX)
                    for error in _contrast_errors(
                        SeenTarget(
                            objective,
                            turn_deg=turn_deg,
                            mirrored=number % 2 == 1,
                            positive=(number + step) % 3 < BRIGHT,
                            aside_px=aside_px,
                        )
                    )
                ]
            )
            print(
                f"USAF {objective} turned {turn_deg:3.0f}°: {errors.size} contrasts, error rms "
                f"{np.sqrt(np.mean(errors**2)):.3f}, worst {np.abs(errors).max():.3f} (limit {CONTRAST_LIMIT}), "
                f"{np.mean(np.abs(errors) > CONTRAST_LIMIT):.1%} beyond",
                flush=True,
            )
        seen = SeenTarget(objective, turn_deg=8.0)
        measured = measure_target(seen.picture(), seen.pixel_um, black_level=seen_target.BLACK)
        print(f"  pixel size by the target: {measured.place.pixel_um:.5f} µm, true {seen.pixel_um} µm")
        draw_elements(measured, out / f"resolution_usaf_{objective}.png")
    template = data / "usaf_template" / "USAF1951_template.png"
    if template.is_file():
        found = measure_target(cv2.imread(str(template))[..., ::-1], 0.54)
        print(f"real template: {found.place.agreeing} of 48 squares located, {len(found.elements)} of 24 elements read")


def edge(out: Path, data: Path) -> None:
    """MTF of drawn, simulated and real edges."""
    for noise in NOISES:
        errors = [_drawn_error(slant, blur, noise, seed) for slant in SLANTS_DEG for blur in BLURS_PX for seed in SEEDS]
        print(
            f"drawn edges, noise {noise:.0%} of the step: MTF error rms {np.mean(errors):.4f} on average, worst of "
            f"{len(errors)} {max(errors):.4f} (limit {MTF_LIMIT})"
        )
    for objective in LENSES:
        for side in (64, 256):
            seen = SeenEdge(objective, side=side)
            for well_e in EDGE_WELLS_E:
                errors = []
                for seed in SEEDS:
                    picture = photographed(seen.light, seed=seed, full_well_e=well_e)
                    measured = measure_edge(picture, black_level=seen_target.BLACK)
                    errors.append(_rms(measured.mtf - seen.true_mtf(measured.frequency_cycles_per_px)))
                print(
                    f"simulated edge {objective}, {side} px, noise {well_e**-0.5:.1%} of white: worst rms of 4 "
                    f"{max(errors):.4f} (limit {MTF_LIMIT})"
                )
        draw_edge(measured, seen.pixel_um, out / f"resolution_edge_{objective}.png")
    for name in REAL_EDGES:
        path = data / "sfr_refs" / name
        if path.is_file():
            real = measure_edge(cv2.imread(str(path))[..., ::-1])
            print(f"real edge {name}: MTF50 {real.frequency_at(0.5):.3f} cycles/px, slant {real.slant_deg:.2f}°")


def rings(out: Path) -> None:
    """Resolution by ring correlation of simulated lung, against what its noise-free spectrum and its noise say."""
    lens, pixel_um = LENSES["40x"]
    light = Renderer(Slide(make_specimen({"kind": "lung", "seed": 1}))).render(
        grid(pixel_um, RING_SIDE_PX, LUNG_UM), lens, 0.0
    )
    for well_e in RING_WELLS_E:
        one, other = (photographed(light, seed=seed, full_well_e=well_e) for seed in (1, 2))
        found = correlate_exposures(one, other)
        wanted = _expected_cutoff(light, well_e)
        said, true = (None if cutoff is None else pixel_um / cutoff for cutoff in (found.cutoff_cycles_per_px, wanted))
        print(f"ring correlation 40x lung, full well {well_e} e-: {_um(said)}, by spectrum and noise {_um(true)}")
        draw_rings(found, pixel_um, out / "resolution_rings.png")


def focus(out: Path) -> None:
    """Sharpness of simulated lung against Z at 40x, with noise and without."""
    lens, pixel_um = LENSES["40x"]
    renderer = Renderer(Slide(make_specimen({"kind": "lung", "seed": 1})))
    place = grid(pixel_um, SWEEP_SIDE_PX, LUNG_UM)
    planes = [renderer.render(place, lens, z_um) for z_um in SWEEP_UM]
    noisy = [tenengrad(photographed(plane, seed=number)) for number, plane in enumerate(planes)]
    clean = [tenengrad(photographed(plane, full_well_e=NOISE_FREE_E)) for plane in planes]
    found, true = peak(SWEEP_UM, noisy), peak(SWEEP_UM, clean)
    print(f"focus curve 40x lung: {found.z_um:.3f} µm, without noise {true.z_um:.3f} µm")
    draw_focus(SWEEP_UM, noisy, found, out / "resolution_focus.png")


def _contrast_errors(seen: SeenTarget) -> Iterator[float]:
    measured = measure_target(seen.picture(), seen.pixel_um, black_level=seen_target.BLACK)
    for element in measured.elements:
        for horizontal, contrast in ((True, element.horizontal), (False, element.vertical)):
            if contrast is not None:
                yield contrast - seen.true_contrast(element.group, element.element, horizontal=horizontal)


def _drawn_error(slant_deg: float, blur_px: float, noise: float, seed: int) -> float:
    picture = drawn_edge.edge_picture(slant_deg, blur_px, noise=noise, seed=seed)
    measured = measure_edge(picture, black_level=drawn_edge.BLACK)
    return _rms(measured.mtf - drawn_edge.edge_mtf(measured.frequency_cycles_per_px, slant_deg, blur_px))


def _expected_cutoff(light: NDArray[np.float32], well_e: int) -> float | None:
    """Cycles per pixel where the power of the noise-free picture falls to a sixth of that of the noise put in.

    The picture without noise correlates with a noisy one by r = √(s / (s + n)).
    """
    free, noisy = photographed(light, full_well_e=NOISE_FREE_E), photographed(light, seed=9, full_well_e=well_e)
    rings = correlate_exposures(free, noisy)
    below = np.flatnonzero(rings.frc**2 < THRESHOLD)
    return float(rings.frequency_cycles_per_px[below[0]]) if below.size else None


def _rms(values: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def _um(length_um: float | None) -> str:
    return "limited by the pixels" if length_um is None else f"{length_um:.3f} µm"


if __name__ == "__main__":
    main()
