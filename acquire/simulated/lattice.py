"""Noise that is a pure function of position and seed: hashed lattice values, joined by cubic B-splines.

Every lattice point has a value that depends only on its whole-number coordinates and a key. Between the points the
values are the coefficients of a cubic B-spline, so the noise is smooth, endless, and has little power beyond
1 / spacing cycles per unit: sampled at 0.6 spacings or finer it does not alias.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from acquire.simulated.window import Window

Image = NDArray[np.float32]
Words = NDArray[np.uint32]

_TAPS = 4  # a cubic B-spline touches four neighbours
_PLANE_POWER = 151 / 315  # mean of the summed squares of the four weights along one axis
_UNIFORM_POWER = 1 / 3  # variance of what is uniform in [-1, 1)
_GAIN = np.float32(1 / np.sqrt(_UNIFORM_POWER * _PLANE_POWER**2))
_MIXERS = np.array([0x9E3779B1, 0x85EBCA6B, 0xC2B2AE35], np.uint32)  # the golden ratio's, and MurmurHash3's finaliser's
_HALVES = np.array([16, 13, 8], np.uint32)


def hashed(*coordinates: NDArray[np.int64]) -> Words:
    """Return 32 well-mixed bits for each point of whole-number coordinates, broadcast against each other."""
    word: Words = np.zeros(1, np.uint32)
    for coordinate in coordinates:
        word = _mixed(word * _MIXERS[:1] + coordinate.astype(np.uint32))
    return word


def uniform(words: Words, draw: int = 0) -> Image:
    """Return numbers in [-1, 1) from hashed words; each `draw` gives another one from the same word."""
    if draw:
        words = _mixed(words + _MIXERS[2:] * np.array([draw], np.uint32))
    numbers: Image = (words >> _HALVES[2]).astype(np.float32) * np.float32(2**-23) - np.float32(1)
    return numbers


def noise(window: Window, spacing_um: float, *keys: int) -> Image:
    """Noise of mean 0 and variance 1 with a random value every `spacing_um`.

    Parameters
    ----------
    window : Window
        Where; the noise of a part of a window is that part of its noise.
    spacing_um : float
        Lattice constant.
    *keys : int
        One independent noise for each.

    Returns
    -------
    ndarray of float32, shape (keys, rows, columns)
    """
    first_x, across = spline(window.column, window.columns, window.pitch_um / spacing_um)
    first_y, down = spline(window.row, window.rows, window.pitch_um / spacing_um)
    x = first_x + np.arange(across.shape[1])
    y = first_y + np.arange(down.shape[1])
    values = uniform(hashed(np.array(keys)[:, None, None], y[:, None], x)) * _GAIN
    return spread(values, window, spacing_um)


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
    points = int(cell[-1]) - start + _TAPS - 1
    weights = np.stack(cubic_weights(position - cell), axis=1).astype(np.float32)
    columns = (cell - 1 - start)[:, None] + np.arange(_TAPS)
    everywhere = columns + np.arange(copies)[:, None, None] * points
    ends = np.arange(0, everywhere.size + 1, _TAPS)
    matrix = csr_array(
        (np.tile(weights.ravel(), copies), everywhere.ravel(), ends), shape=(copies * count, copies * points)
    )
    return start, matrix


def cubic_weights(t: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """Weights of the four neighbours of a point that lies `t` in [0, 1) past the second of them."""
    s = 1 - t
    return s * s * s / 6, 2 / 3 - t * t * (1 - t / 2), 2 / 3 - s * s * (1 - s / 2), t * t * t / 6


def _mixed(word: Words) -> Words:
    word = (word ^ (word >> _HALVES[0])) * _MIXERS[1]
    word = (word ^ (word >> _HALVES[1])) * _MIXERS[2]
    mixed: Words = word ^ (word >> _HALVES[0])
    return mixed
