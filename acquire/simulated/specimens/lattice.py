"""What is random in a slide, as a pure function of position and seed: numbers on a lattice, places, and noise.

Every lattice point has a value that depends only on its whole-number coordinates and a key. For noise the values are
the coefficients of a cubic B-spline between the points, so it is smooth, endless, and has little power beyond
1 / spacing cycles per unit: sampled at 0.6 spacings or finer it does not alias.
"""

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.specimens.splines import AXIS_POWER, spline, spread
from acquire.simulated.specimens.window import Window

Image = NDArray[np.float32]
Numbers = NDArray[np.float64]
Words = NDArray[np.uint32]

UNIFORM_POWER = 1 / 3
"""Variance of what is uniform in [-1, 1)."""

_KEYS_OF_A_SEED = 1009  # the numbers of what is random in one slide lie below
_GAIN = np.float32(1 / np.sqrt(UNIFORM_POWER * AXIS_POWER**2))
_MIXERS = np.array([0x9E3779B1, 0x85EBCA6B, 0xC2B2AE35], np.uint32)  # the golden ratio's, and MurmurHash3's finaliser's
_HALVES = np.array([16, 13, 8], np.uint32)


def key_of(seed: int, number: int) -> int:
    """Key of one of the things that are random in a slide.

    Parameters
    ----------
    seed : int
        Of the slide.
    number : int
        Of the thing, 0 to 1008: no two of one specimen have the same.
    """
    return seed * _KEYS_OF_A_SEED + number


def keys_of(seed: int, first: int, count: int) -> tuple[int, ...]:
    """Keys of things with consecutive numbers; see `key_of`."""
    return tuple(key_of(seed, first + n) for n in range(count))


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


def draws(count: int, numbers: int, *key: int) -> Numbers:
    """Return random numbers in [-1, 1), shape (count, numbers), that depend on the key alone."""
    words = hashed(*(np.array([part]) for part in key), np.arange(count)[:, None], np.arange(numbers))
    return uniform(words).astype(np.float64)


def strewn(window: Window, square_um: float, jitter: float, key: tuple[int, int]) -> tuple[Numbers, Numbers]:
    """One jittered place in each square of a lattice.

    Parameters
    ----------
    window : Window
        All squares that it touches count.
    square_um : float
        Their side.
    jitter : float
        How far a place may lie from the middle of its square, in sides, at most 0.5.
    key : (int, int)
        Seed of the slide and number of the things that are strewn.

    Returns
    -------
    places_um : ndarray of float64, shape (n, 2)
        x and y of each.
    draws : ndarray of float64, shape (n, 9)
        Random numbers in [-1, 1) that belong to each.
    """
    spans = (np.floor(positions[[0, -1]] / square_um).astype(int) for positions in (window.x_um, window.y_um))
    columns, rows = (np.arange(low, high + 1) for low, high in spans)
    squares = np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 2)
    words = hashed(np.array(key[:1]), np.array(key[1:]), squares[:, 1], squares[:, 0])
    numbers = np.stack([uniform(words, n) for n in range(1, 12)], axis=1).astype(np.float64)
    return (squares + 0.5 + jitter * numbers[:, :2]) * square_um, numbers[:, 2:]


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


def _mixed(word: Words) -> Words:
    word = (word ^ (word >> _HALVES[0])) * _MIXERS[1]
    word = (word ^ (word >> _HALVES[1])) * _MIXERS[2]
    mixed: Words = word ^ (word >> _HALVES[0])
    return mixed
