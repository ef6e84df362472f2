"""A textured surface of known height, blurred by Gaussians: a focal stack whose sharp picture is known."""

from functools import cache
from typing import NamedTuple

import cv2
import numpy as np

SIDE_PX = 192
PLANES = 5
STEP_UM = 0.4
BLUR_PX_PER_UM = 3.0
WHITE = 230.0
TEXTURE = ((0.8, 1.0), (1.6, 1.0), (3.2, 0.8), (8.0, 0.7), (20.0, 0.6))  # (sigma px, strength)


class Relief(NamedTuple):
    """A focal stack of a surface, its picture without blur, its height and the Z of the planes in µm."""

    planes: np.ndarray
    sharp: np.ndarray
    height_um: np.ndarray
    z_um: np.ndarray


@cache
def relief(seed: int, *, noise: float = 0.0) -> Relief:
    rng = np.random.default_rng(seed)
    density = np.full((SIDE_PX, SIDE_PX, 3), 0.45)
    for sigma_px, strength in TEXTURE:
        grain = cv2.GaussianBlur(rng.normal(size=(SIDE_PX, SIDE_PX)), (0, 0), sigma_px)
        density += 0.16 * strength * (grain / grain.std())[..., None] * rng.uniform(0.5, 1.0, 3)
    sharp = (WHITE * np.exp(-np.clip(density, 0, None))).astype(np.float32)
    height = cv2.GaussianBlur(rng.normal(size=(SIDE_PX, SIDE_PX)), (0, 0), SIDE_PX / 12)
    limit_um = STEP_UM * (PLANES - 1) / 2
    height = np.clip(height / height.std() * 0.6 * limit_um, -limit_um, limit_um)
    z_um = (np.arange(PLANES) - (PLANES - 1) / 2) * STEP_UM
    clean = np.stack([_defocused(sharp, BLUR_PX_PER_UM * np.abs(z - height)) for z in z_um])
    noisy = clean + noise * rng.normal(size=clean.shape)
    return Relief(np.clip(np.rint(noisy), 0, 255).astype(np.uint8), sharp, height, z_um)


def _defocused(sharp: np.ndarray, sigma_px: np.ndarray) -> np.ndarray:
    """Blur each pixel by its own Gaussian, interpolated between a series of blurred pictures."""
    series = np.linspace(0, BLUR_PX_PER_UM * STEP_UM * PLANES, 33)
    blurred = np.stack([sharp, *(cv2.GaussianBlur(sharp, (0, 0), sigma) for sigma in series[1:])])
    place = sigma_px / series[1]
    lower = np.minimum(place.astype(int), len(series) - 2)
    rows, columns = np.indices(sigma_px.shape)
    part = (place - lower)[..., None]
    return blurred[lower, rows, columns] * (1 - part) + blurred[lower + 1, rows, columns] * part


def psnr_db(picture: np.ndarray, truth: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / np.mean((picture.astype(np.float64) - truth) ** 2)))
