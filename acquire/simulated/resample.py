"""Sampling a band-limited picture at the camera's true pixels, wherever they lie between its own."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from acquire.simulated.specimens.specimen import THREADS

Image = NDArray[np.float32]

_BANDS = 8  # of rows, computed side by side


def sample(coefficients: Image, matrix: NDArray[np.float64], columns: int, rows: int) -> Image:
    """Evaluate cubic B-splines on an affine grid.

    Parameters
    ----------
    coefficients : ndarray of float32, shape (height, width)
        From a picture filtered by `splines.prefilter`.
    matrix : ndarray, shape (2, 3)
        From (column, row) of the result to (column, row) of the coefficients; all points must lie two pixels inside.
    columns, rows : int
        Size of the result.

    Returns
    -------
    ndarray of float32, shape (rows, columns)
    """
    picture = np.empty((rows, columns), np.float32)
    swapped = matrix[::-1, 1::-1]  # scipy counts (row, column)
    edges = np.linspace(0, rows, min(_BANDS, rows) + 1).astype(int)

    def fill(band: int) -> None:
        first, last = edges[band], edges[band + 1]
        offset = matrix[::-1, 2] + swapped[:, 0] * first
        ndimage.affine_transform(
            coefficients,
            swapped,
            offset,
            output_shape=(last - first, columns),
            output=picture[first:last],
            order=3,
            prefilter=False,
        )

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(fill, range(len(edges) - 1)))
    return picture
