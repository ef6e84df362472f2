"""Cubic B-splines: how values on a lattice become a smooth picture at any pixels."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from acquire.simulated.specimens.window import Window

Image = NDArray[np.float32]

TAPS = 4
"""A cubic B-spline touches four neighbours along each axis."""

AXIS_POWER = 151 / 315
"""Mean of the summed squares of the four weights along one axis: what is left of the power of random values."""


def spread(values: Image, window: Window, spacing_um: float) -> Image:
    """Join lattice values by B-splines: (n, lattice rows, lattice columns) to (n, rows, columns) of a window."""
    count = values.shape[0]
    _, across = spline(window.column, window.columns, window.pitch_um / spacing_um)
    _, down = spline(window.row, window.rows, window.pitch_um / spacing_um, copies=count)
    rows_of_pixels = np.ascontiguousarray((across @ values.reshape(-1, values.shape[2]).T).T)
    image: Image = (down @ rows_of_pixels).reshape(count, window.rows, window.columns)
    return image


@lru_cache(maxsize=1024)
def spline(first: int, count: int, ratio: float, copies: int = 1) -> tuple[int, csr_array]:
    """First lattice point and sparse weights, (count, points), of pixels first, first + 1, … `ratio` points apart.

    Products with a sparse matrix are summed in one order on every machine and with any number of threads, which keeps
    the specimen the same to the last bit; `copies` repeats the weights along the diagonal for as many images.
    """
    position = (first + np.arange(count)) * ratio
    cell = np.floor(position).astype(np.int64)
    start = int(cell[0]) - 1
    points = int(cell[-1]) - start + TAPS - 1
    weights = np.stack(cubic_weights(position - cell), axis=1).astype(np.float32)
    columns = (cell - 1 - start)[:, None] + np.arange(TAPS)
    everywhere = columns + np.arange(copies)[:, None, None] * points
    ends = np.arange(0, everywhere.size + 1, TAPS)
    matrix = csr_array(
        (np.tile(weights.ravel(), copies), everywhere.ravel(), ends), shape=(copies * count, copies * points)
    )
    return start, matrix


def cubic_weights(t: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """Weights of the four neighbours of a point that lies `t` in [0, 1) past the second of them."""
    s = 1 - t
    return s * s * s / 6, 2 / 3 - t * t * (1 - t / 2), 2 / 3 - s * s * (1 - s / 2), t * t * t / 6


def prefilter(frequency_px: NDArray[np.float64]) -> NDArray[np.float64]:
    """Spectrum by which a picture must be multiplied to become the coefficients of its cubic B-spline.

    Parameters
    ----------
    frequency_px : ndarray
        Frequencies along one axis in cycles per pixel, below 0.5.

    References
    ----------
    M. Unser, "Splines: a perfect fit for signal and image processing", IEEE Signal Process. Mag. 16(6), 22 (1999).
    """
    return 3 / (2 + np.cos(2 * np.pi * frequency_px))
