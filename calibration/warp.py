"""Lay a registered HIGH picture on LOW's grid × L in one interpolation, and say which part of LOW it covers."""

from fractions import Fraction
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from calibration.affine import Matrix, compose, covered_bounds, invert, scaling, shifting
from calibration.bandwidth import as_ratio
from calibration.distortion import Distortion
from calibration.errors import MeasurementError

INVERSION_STEPS = 4
"""Of undoing a distortion: each leaves the strain, a few per cent at most, of the error before it."""


class Window(NamedTuple):
    """A rectangle of LOW in its pixels: the first row and column, and how many of each."""

    row: int
    column: int
    rows: int
    columns: int


def covered_window(
    matrix: ArrayLike,
    high_shape: tuple[int, ...],
    low_shape: tuple[int, ...],
    factor: Fraction | float,
    margin_px: float = 2.0,
) -> Window:
    """Return the largest upright window of LOW that HIGH covers wholly.

    Its origin and its size are even and multiples of q (for a ratio p/q), so that the window on the finer grid has a
    whole number of pixels and any patch with an even origin starts on a whole pixel of both.

    Parameters
    ----------
    matrix : array_like, shape (2, 3)
        From pixel points of HIGH to those of LOW.
    high_shape, low_shape : (int, int, ...)
        Rows and columns of the two pictures.
    factor : Fraction or float
        Pixel size of LOW over that of HIGH.
    margin_px : float
        Kept free inside HIGH's edges, in LOW pixels; the Lanczos kernel reaches 4 HIGH pixels.

    Returns
    -------
    Window

    Raises
    ------
    MeasurementError
        When no window is left.
    """
    left, top, right, bottom = covered_bounds(matrix, high_shape)
    step = int(np.lcm(2, as_ratio(factor).denominator))
    column, columns = _aligned(max(left + margin_px + 0.5, 0.0), min(right - margin_px + 0.5, low_shape[1]), step)
    row, rows = _aligned(max(top + margin_px + 0.5, 0.0), min(bottom - margin_px + 0.5, low_shape[0]), step)
    if rows <= 0 or columns <= 0:
        raise MeasurementError(
            f"HIGH covers no part of LOW under this transform (it spans columns {left:.0f} to {right:.0f} and "
            f"rows {top:.0f} to {bottom:.0f} of {low_shape[1]}×{low_shape[0]}): register the pair again"
        )
    return Window(row, column, rows, columns)


def warp_high_to_low_grid(
    high: NDArray[Any],
    matrix: ArrayLike,
    *,
    low_shape: tuple[int, ...],
    factor: Fraction | float,
    window: tuple[int, int, int, int],
    distortion: Distortion | None = None,
) -> NDArray[Any]:
    """Draw HIGH on the grid `factor` times finer than LOW, for one window of LOW, in one Lanczos interpolation.

    Parameters
    ----------
    high : ndarray of uint8, uint16 or float32, shape (rows, columns, 3)
    matrix : array_like, shape (2, 3)
        From pixel points of HIGH to those of LOW.
    low_shape : (int, int, ...)
        Rows and columns of LOW.
    factor : Fraction or float
        Pixel size of LOW over that of HIGH, p/q.
    window : (row, column, rows, columns)
        In LOW pixels, as from `covered_window`; rows and columns multiples of q.
    distortion : Distortion, optional
        To be undone in the same interpolation.

    Returns
    -------
    ndarray, same dtype, shape (rows · p / q, columns · p / q, 3)
        Its outer edges are those of the window of LOW.

    Raises
    ------
    MeasurementError
        When the window lies outside LOW or its size is not a multiple of q.
    """
    row, column, rows, columns = window
    ratio = as_ratio(factor)
    if row < 0 or column < 0 or row + rows > low_shape[0] or column + columns > low_shape[1]:
        raise MeasurementError(
            f"the window {tuple(window)} (row, column, rows, columns) is outside LOW of {low_shape[0]} rows and "
            f"{low_shape[1]} columns: use covered_window"
        )
    if rows % ratio.denominator or columns % ratio.denominator:
        raise MeasurementError(
            f"{rows} rows and {columns} columns cannot be made {ratio} times finer: use multiples of "
            f"{ratio.denominator}"
        )
    size = (int(columns * ratio), int(rows * ratio))
    to_high = compose(invert(matrix), compose(shifting(column, row), scaling(float(ratio))))
    if distortion is not None:
        x, y = _undistorted(to_high, size, distortion, float(ratio))
        return np.asarray(cv2.remap(high, x, y, cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REFLECT))
    flags = cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(high, to_high, size, flags=flags, borderMode=cv2.BORDER_REFLECT))


def _undistorted(
    to_high: Matrix, size: tuple[int, int], distortion: Distortion, ratio: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Points of HIGH, x and y, that each pixel of a picture of `size` shows.

    The affine map gives v = u + d(u) on the grid of HIGH brought down; u is found by putting it in again.
    """
    rows, columns = distortion.shape
    moves = [field.astype(np.float32) for field in distortion.at(np.arange(columns), np.arange(rows))]
    x, y = np.arange(size[0], dtype=np.float32), np.arange(size[1], dtype=np.float32)[:, None]
    goal = [(row[0] * x + row[1] * y + row[2]).astype(np.float32) for row in compose(scaling(ratio), to_high)]
    found = goal
    for _ in range(INVERSION_STEPS):
        there = [
            cv2.remap(move, found[0], found[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) for move in moves
        ]
        found = [np.asarray(to - away, dtype=np.float32) for to, away in zip(goal, there, strict=True)]
    across, down = ((axis + 0.5) * np.float32(ratio) - 0.5 for axis in found)
    return np.asarray(across, dtype=np.float32), np.asarray(down, dtype=np.float32)


def _aligned(start: float, stop: float, step: int) -> tuple[int, int]:
    """First multiple of `step` from `start` on, and the largest multiple that fits before `stop`."""
    first = int(np.ceil(start / step - 1e-9)) * step
    return first, int(np.floor((stop - first) / step + 1e-9)) * step
