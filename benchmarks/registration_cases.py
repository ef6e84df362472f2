"""Pairs that are registered or refused for the benchmark: sound, bad in four ways, real, smoothly distorted."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.registration_pairs import FACTOR, Pixels, Scene, bent, exposed, pair, scene
from calibration.affine import Matrix, apply, compose, invert, rms_difference, scaling
from calibration.bandwidth import decimate
from calibration.register import Registration, assess, register

PERTURBED_PX = ((0.2, 0.3), (0.3, 1.0))
BENT_PX, BENT_SIGMA_PX = (0.3, 1.0), (20.0, 50.0)
"""Height of a bump that a pair is distorted by, after the best affine transform is taken off, and its width."""

INJECTED_PX, CYCLES = 0.6, 1.0
"""Root mean square of the injected smooth field without its affine part, and its finest waves per field."""

REAL_BLUR_PX = (0.9, 1.9)  # in pixels of the picture; the registration itself takes 1.35
REAL_NOISE = 2.5  # grey levels, on both
REAL_SIDE_PX, REAL_EDGE_PX = 800, 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Of one pair: what was registered, how far from the truth, how much it was wrong by."""

    found: Registration
    error_px: float
    by: float


def sound_verdict(number: int, **how: Any) -> Verdict:
    """Register a sound pair."""
    shown = scene(number)
    low, high = pair(shown, key=str(number))
    return _verdict(register(low, high, factor=FACTOR, prior=shown.prior, **how), shown, shown.defocus_um)


def real_verdict(picture: Pixels, seed: int) -> Verdict:
    """Register a crop of a picture on its own blurred, decimated, warped and noisy copy."""
    rng = np.random.default_rng(seed)
    side = min(REAL_SIDE_PX, *(length - 8 for length in picture.shape[:2]))
    corner = [int(rng.integers(0, length - side)) for length in picture.shape[:2]]
    scene_px = picture[corner[0] : corner[0] + side, corner[1] : corner[1] + side].astype(np.float32)
    turn = np.deg2rad(rng.uniform(-2, 2))
    scale = 1 + rng.uniform(-0.03, 0.03)
    linear = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    shift = rng.uniform(-40, 40, size=2)
    inner = side - 2 * REAL_EDGE_PX
    high_to_scene = np.column_stack([linear, np.full(2, (side - 1) / 2) + shift - linear @ np.full(2, (inner - 1) / 2)])
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    high = cv2.warpAffine(scene_px, high_to_scene, (inner, inner), flags=flags, borderMode=cv2.BORDER_REFLECT)
    sigma_px = rng.uniform(*REAL_BLUR_PX)
    low = np.stack(
        [decimate(np.ascontiguousarray(scene_px[..., k]), FACTOR, sigma_px=sigma_px) for k in range(3)], axis=-1
    )
    shown = [
        np.clip(np.rint(light + rng.normal(0, REAL_NOISE, light.shape)), 0, 255).astype(np.uint8)
        for light in (low, high)
    ]
    found = register(shown[0], shown[1], factor=FACTOR)
    truth = compose(scaling(FACTOR), high_to_scene)
    return Verdict(found=found, error_px=rms_difference(found.matrix, truth, width=inner, height=inner), by=0.0)


def distorted(number: int) -> tuple[float, float, bool, float]:
    """Error of a pair with a smooth field, before and after it is fitted, whether accepted, and its peak, in px."""
    shown = scene(number)
    field = smooth_field(np.random.default_rng(number), shown.high.shape[0])
    low = exposed(shown.low, shown.mounts[0], key=f"{number} low")
    high = exposed(bent(shown.high, field), shown.mounts[1], key=f"{number} high")
    plain = register(low, high, factor=FACTOR, prior=shown.prior)
    fitted = register(low, high, factor=FACTOR, prior=shown.prior, distortion=True)
    peak = float(np.hypot(*np.moveaxis(field, -1, 0)).max()) / FACTOR
    return _gap(plain, shown.matrix, field), _gap(fitted, shown.matrix, field), fitted.accepted, peak


def smooth_field(rng: np.random.Generator, side: int) -> NDArray[np.float64]:
    """Displacements in HIGH pixels, shape (side, side, 2): waves of at most `CYCLES` per field, no affine part."""
    y, x = np.indices((side, side)) / side
    field = np.zeros((side, side, 2))
    for axis, _ in np.ndindex(2, 4):
        wave = rng.uniform(-CYCLES, CYCLES, size=2)
        field[..., axis] += rng.normal() * np.sin(2 * np.pi * (wave[0] * x + wave[1] * y + rng.uniform()))
    field = _without_affine(field)
    return np.asarray(field * (FACTOR * INJECTED_PX / np.sqrt(np.mean(np.sum(field**2, axis=-1)))))


def bump(rng: np.random.Generator, side: int) -> NDArray[np.float64]:
    """Displacements in HIGH pixels round one place, shape (side, side, 2)."""
    y, x = np.indices((side, side))
    centre, sigma = rng.uniform(0.25, 0.75, size=2) * side, FACTOR * rng.uniform(*BENT_SIGMA_PX)
    height = np.exp(-((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / (2 * sigma**2))
    left = np.abs(_without_affine(height[..., None])).max()
    angle = rng.uniform(0, 2 * np.pi)
    field: NDArray[np.float64] = (rng.uniform(*BENT_PX) * FACTOR / left) * height[..., None]
    return np.asarray(field * np.array([np.cos(angle), np.sin(angle)]))


def _perturbed(number: int, *, low_px: float, high_px: float) -> Verdict:
    """Judge a fitted transform that was moved, turned and stretched by a known root mean square."""
    shown, rng = scene(number), np.random.default_rng(number)
    low, high = pair(shown, key=str(number))
    side = high.shape[0]
    matrix = register(low, high, factor=FACTOR, prior=shown.prior).matrix
    away = np.column_stack([rng.normal(0, 1.5, size=(2, 2)) / side, rng.normal(size=2)])
    away[:, 2] -= away[:, :2] @ np.full(2, (side - 1) / 2)
    nothing = np.zeros((2, 3))
    by = float(rng.uniform(low_px, high_px))
    moved = matrix + away * (by / rms_difference(away, nothing, width=side, height=side))
    return _verdict(assess(low, high, moved, factor=FACTOR), shown, by)


def _locally_bent(number: int) -> Verdict:
    shown, rng = scene(number), np.random.default_rng(number)
    field = bump(rng, shown.high.shape[0])
    low = exposed(shown.low, shown.mounts[0], key=f"{number} low")
    high = exposed(bent(shown.high, field), shown.mounts[1], key=f"{number} high")
    left = float(np.hypot(*np.moveaxis(_without_affine(field), -1, 0)).max()) / FACTOR
    return _verdict(register(low, high, factor=FACTOR, prior=shown.prior), shown, left)


def _defocused(number: int) -> Verdict:
    shown = scene(number)
    low, high = pair(shown, key=str(number), defocused=True)
    return _verdict(register(low, high, factor=FACTOR, prior=shown.prior), shown, shown.bad_defocus_um)


def _another_field(number: int) -> Verdict:
    """LOW of one place and HIGH of another of the same family."""
    shown, other = scene(number), scene(number + 3)
    low = exposed(shown.low, shown.mounts[0], key=f"{number} low")
    high = exposed(other.high, other.mounts[1], key=f"{number} high")
    return _verdict(register(low, high, factor=FACTOR, prior=shown.prior), shown, np.inf)


def _verdict(found: Registration, shown: Scene, by: float) -> Verdict:
    rows, columns = shown.high.shape[:2]
    return Verdict(found=found, error_px=rms_difference(found.matrix, shown.matrix, width=columns, height=rows), by=by)


def _without_affine(field: NDArray[np.float64]) -> NDArray[np.float64]:
    rows, columns, parts = field.shape
    y, x = np.indices((rows, columns))
    design = np.column_stack([np.ones(x.size), x.ravel() / columns, y.ravel() / rows])
    values = field.reshape(-1, parts)
    return np.asarray((values - design @ np.linalg.lstsq(design, values, rcond=None)[0]).reshape(field.shape))


def _gap(found: Registration, matrix: Matrix, field: NDArray[np.float64]) -> float:
    """Root mean square over HIGH of where its content is found against where it truly lies."""
    at = np.arange(0, field.shape[0], 8)
    x, y = np.meshgrid(at, at)
    points = np.stack([x, y], axis=-1).astype(np.float64)
    small = apply(scaling(FACTOR), points)
    if found.distortion is not None:
        small = small + np.stack(found.distortion.at(small[0, :, 0], small[:, 0, 1]), axis=-1)
    seen = apply(compose(found.matrix, invert(scaling(FACTOR))), small)
    gap = seen - apply(matrix, points - field[y, x])
    return float(np.sqrt(np.mean(np.sum(gap**2, axis=-1))))


BAD_CLASSES: dict[str, Callable[[int], Verdict]] = {
    **{
        f"transform off by {low} to {high} px": partial(_perturbed, low_px=low, high_px=high)
        for low, high in PERTURBED_PX
    },
    f"a local distortion of {BENT_PX[0]} to {BENT_PX[1]} px": _locally_bent,
    "LOW 1.2 to 2 µm out of focus": _defocused,
    "another field": _another_field,
}
"""What can be wrong with a pair, and what makes and judges the pair of a number."""
