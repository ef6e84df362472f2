"""Lay a registered HIGH picture on LOW's grid × L in one interpolation, and say which part of LOW it covers."""

from fractions import Fraction
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from calibration.affine import compose, covered_bounds, invert, scaling, shifting
from calibration.bandwidth import as_ratio
from calibration.errors import MeasurementError


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
) -> NDArray[Any]:
    """Draw HIGH on the grid `factor` times finer than LOW, for one window of LOW, in one Lanczos interpolation.

    Parameters
    ----------
    high : ndarray of uint8 or uint16, shape (rows, columns, 3)
    matrix : array_like, shape (2, 3)
        From pixel points of HIGH to those of LOW.
    low_shape : (int, int, ...)
        Rows and columns of LOW.
    factor : Fraction or float
        Pixel size of LOW over that of HIGH, p/q.
    window : (row, column, rows, columns)
        In LOW pixels, as from `covered_window`; rows and columns multiples of q.

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
    flags = cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(high, to_high, size, flags=flags, borderMode=cv2.BORDER_REFLECT))


def _aligned(start: float, stop: float, step: int) -> tuple[int, int]:
    """First multiple of `step` from `start` on, and the largest multiple that fits before `stop`."""
    first = int(np.ceil(start / step - 1e-9)) * step
    return first, int(np.floor((stop - first) / step + 1e-9)) * step
