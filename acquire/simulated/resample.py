"""Sampling a band-limited picture at the camera's true pixels, wherever they lie between its own."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.lattice import cubic_weights
from acquire.simulated.specimen import THREADS

Image = NDArray[np.float32]

_BAND_POINTS = 16_384  # points computed at a time: keeps the working arrays in the processor's cache
_TAPS = 4


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


def sample(coefficients: Image, matrix: NDArray[np.float64], columns: int, rows: int) -> Image:
    """Evaluate cubic B-splines on an affine grid.

    Parameters
    ----------
    coefficients : ndarray of float32, shape (height, width)
        From a picture filtered by `prefilter`.
    matrix : ndarray, shape (2, 3)
        From (column, row) of the result to (column, row) of the coefficients; all points must lie two pixels inside.
    columns, rows : int
        Size of the result.

    Returns
    -------
    ndarray of float32, shape (rows, columns)
    """
    picture = np.empty((rows, columns), np.float32)
    band = max(1, _BAND_POINTS // columns)

    def fill(first: int) -> None:
        y = np.arange(first, min(first + band, rows))[:, None]
        across = matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2]
        down = matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2]
        _sample_points(coefficients, across, down, picture[first : first + band])

    x = np.arange(columns)
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(fill, range(0, rows, band)))
    return picture


def _sample_points(coefficients: Image, across: NDArray[np.float64], down: NDArray[np.float64], picture: Image) -> None:
    width = coefficients.shape[1]
    left, top = np.floor(across), np.floor(down)
    weights_x = cubic_weights((across - left).astype(np.float32))
    weights_y = cubic_weights((down - top).astype(np.float32))
    corner = ((top - 1) * width + left - 1).astype(np.intp)
    plane = coefficients.ravel()
    picture[...] = 0
    for row, weight_y in enumerate(weights_y):
        line = plane[row * width :].take(corner) * weights_x[0]
        for column in range(1, _TAPS):
            line += plane[row * width + column :].take(corner) * weights_x[column]
        line *= weight_y
        picture += line
