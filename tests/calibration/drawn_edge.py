"""Edges whose MTF is known: a Gaussian lens and square pixels."""

import numpy as np
from scipy.special import erf

BLACK, STEP = 2000, 50000
WITHIN = 8  # points along a pixel's side: its mean is then known to 1e-4


def edge_picture(slant_deg, blur_px, shape=(128, 100), *, noise=0.0, turns=0, seed=0):
    """16-bit picture of an edge blurred by a Gaussian, turned by quarter turns; noise as a share of its step."""
    angle = np.deg2rad(slant_deg)
    rows, columns = np.indices(shape, dtype=float)
    away = (columns - (shape[1] - 1) / 2 - 0.3) * np.cos(angle) + (rows - (shape[0] - 1) / 2) * np.sin(angle)
    points = (np.arange(WITHIN) + 0.5) / WITHIN - 0.5
    light = sum(
        0.5 + 0.5 * erf((away + x * np.cos(angle) + y * np.sin(angle)) / (np.sqrt(2) * blur_px))
        for x in points
        for y in points
    )
    light = light / WITHIN**2 + np.random.default_rng(seed).normal(0, noise, shape)
    levels = np.clip(np.rint(BLACK + STEP * np.rot90(light, turns)), 0, 65535).astype(np.uint16)
    return np.repeat(levels[..., None], 3, axis=2)


def edge_mtf(frequency, slant_deg, blur_px):
    """MTF along the normal of such an edge at cycles per pixel."""
    angle = np.deg2rad(slant_deg)
    pixel = np.sinc(frequency * np.cos(angle)) * np.sinc(frequency * np.sin(angle))
    return np.exp(-2 * (np.pi * blur_px * frequency) ** 2) * pixel
