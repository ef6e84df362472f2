"""Find roughly where a small picture lies in a large one: correlation over shift, rotation and scale."""

import math
from dataclasses import dataclass
from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.affine import Matrix, apply, compose, covered_bounds, invert, scaling, shifting
from calibration.bandwidth import Plane, blur, decimate, high_pass
from calibration.shift import peak_2d

ROTATIONS_DEG = (0.0, -1.5, 1.5)
"""Between objectives of one turret 0.1–0.7° were measured; this grid and the refinement after it reach ±2.5°."""

SCALES = (1.0, 0.98, 1.02)
"""Between objectives ±1.3 % of scale were measured; this grid and the refinement after it reach ±3 %."""

COARSE_SIDE_PX = 80
"""The search runs on pictures made so much coarser that the small one is about this large."""

NOISE_SIGMA_PX = 1.0
SHADING_SIGMA_PX = 8.0
PAD_FRACTION = 0.25
"""How much of the small picture may lie outside the large one."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Place:
    """Where the small picture was found.

    Parameters
    ----------
    matrix : ndarray, shape (2, 3)
        From pixel points of the small picture to those of the large one.
    ncc : float
        Normalised cross-correlation there, below 1.
    """

    matrix: Matrix
    ncc: float


def locate(small: Plane, large: Plane, *, prior: Matrix, search_px: float | None) -> Place:
    """Find where `small` lies in `large`, both on pixels of nearly the same size.

    Both are made coarser and band-passed; for each rotation and scale of a small grid about the prior, `small` is
    turned and laid on every shift. A quarter of it may lie outside.

    Parameters
    ----------
    small, large : ndarray of float32, shape (rows, columns)
    prior : ndarray, shape (2, 3)
        Where it is expected: from pixel points of `small` to those of `large`.
    search_px : float or None
        How far from the prior to search, in pixels of `large`; None to search the whole of it.

    Returns
    -------
    Place
        Good to about 2 pixels at the corners, if it is the right place at all.
    """
    coarser = max(1, min(small.shape) // COARSE_SIDE_PX)
    template, field = (_band_pass(decimate(plane, coarser)) for plane in (small, large))
    grid = scaling(coarser)
    start = compose(grid, compose(prior, invert(grid)))
    reach = None if search_px is None else search_px / coarser
    trials = [_trial(template, field, _vary(start, template.shape, *v), reach) for v in product(ROTATIONS_DEG, SCALES)]
    best = max(trials, key=lambda place: place.ncc)
    return Place(matrix=compose(invert(grid), compose(best.matrix, grid)), ncc=best.ncc)


def centred(small_shape: tuple[int, ...], large_shape: tuple[int, ...]) -> Matrix:
    """Return the shift that lays the centre of a small picture on the centre of a large one."""
    rows, columns = ((large - small) / 2 for small, large in zip(small_shape[:2], large_shape[:2], strict=True))
    return shifting(columns, rows)


def _band_pass(plane: Plane) -> Plane:
    return high_pass(blur(plane, sigma_px=NOISE_SIGMA_PX), sigma_px=SHADING_SIGMA_PX)


def _vary(matrix: Matrix, shape: tuple[int, ...], rotation_deg: float, scale: float) -> Matrix:
    """Turn and scale `matrix` about where it puts the centre of the small picture."""
    angle = np.deg2rad(rotation_deg)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    centre = apply(matrix, _centre(shape))
    return compose(np.column_stack([turn, centre - turn @ centre]), matrix)


def _centre(shape: tuple[int, ...]) -> NDArray[np.float64]:
    return np.array([(shape[1] - 1) / 2, (shape[0] - 1) / 2])


def _trial(template: Plane, field: Plane, matrix: Matrix, reach: float | None) -> Place:
    """Turn the template by the linear part of `matrix`, then find its best shift in the field."""
    turned, to_turned = _turn(template, matrix[:, :2])
    pad_y, pad_x = (int(PAD_FRACTION * side) for side in turned.shape)
    tall, wide = (max(0, t - f) for t, f in zip(turned.shape, field.shape, strict=True))
    padded = cv2.copyMakeBorder(field, pad_y, pad_y + tall, pad_x, pad_x + wide, cv2.BORDER_CONSTANT, value=0.0)
    surface = np.asarray(cv2.matchTemplate(padded, turned, cv2.TM_CCOEFF_NORMED), dtype=np.float32)
    expected = apply(compose(matrix, invert(to_turned)), [0.0, 0.0]) + np.array([pad_x, pad_y])
    surface = _within(np.nan_to_num(surface, posinf=0.0, neginf=0.0), expected, reach)
    row, column = np.unravel_index(int(np.argmax(surface)), surface.shape)
    x, y = peak_2d(surface, int(row), int(column))
    return Place(matrix=compose(shifting(x - pad_x, y - pad_y), to_turned), ncc=float(surface[row, column]))


def _turn(template: Plane, linear: NDArray[np.float64]) -> tuple[Plane, Matrix]:
    """Draw the template under `linear`, cut to the upright rectangle it fills, and the map that was used."""
    left, top, right, bottom = covered_bounds(np.column_stack([linear, [0.0, 0.0]]), template.shape)
    first_x, first_y = math.ceil(left + 0.5), math.ceil(top + 0.5)
    wide, tall = math.floor(right - 0.5) - first_x + 1, math.floor(bottom - 0.5) - first_y + 1
    matrix = np.column_stack([linear, [-first_x, -first_y]])
    turned = cv2.warpAffine(template, matrix, (wide, tall), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(turned, dtype=np.float32), matrix


def _within(surface: NDArray[np.float32], expected: NDArray[np.float64], reach: float | None) -> NDArray[np.float32]:
    """Blank the surface farther than `reach` from the expected (x, y)."""
    if reach is None:
        return surface
    y, x = np.indices(surface.shape)
    near = (abs(x - expected[0]) <= reach + 1) & (abs(y - expected[1]) <= reach + 1)
    return np.where(near, surface, np.float32(-1)) if near.any() else surface
