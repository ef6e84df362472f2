"""Dust: opaque specks strewn over the slide, of uneven outline."""

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.specimens.curves import step
from acquire.simulated.specimens.lattice import hashed, uniform
from acquire.simulated.specimens.window import Window

Image = NDArray[np.float32]

DUST_ABSORBANCE: Image = (np.log(10) * np.array([[0.9, 1.0, 1.15]])).astype(np.float32)
"""Napierian, of one unit: brown-black."""

_LARGEST_UM = 6.0  # half the length of the longest speck
_AMOUNT = 1.2
_SOFT_UM = 0.3


def dust(window: Window, per_mm2: float, seed: int) -> Image:
    """Amount of dust at each pixel of a window, in units of optical density.

    Parameters
    ----------
    window : Window
        Of any size; the values at a place do not depend on it.
    per_mm2 : float
        Specks on a square millimetre: at most one in each square of a lattice, at a jittered place.
    seed : int
        Of the slide.

    Returns
    -------
    ndarray of float32, shape (rows, columns)
    """
    side_um = 1000 / np.sqrt(per_mm2)
    total = np.zeros((window.rows, window.columns), np.float32)
    columns, rows = (_squares(positions, side_um) for positions in (window.x_um, window.y_um))
    for column in columns:
        for row in rows:
            _strew(total, window, (int(column), int(row)), side_um, seed)
    return total


def _squares(position_um: NDArray[np.float64], side_um: float) -> NDArray[np.int64]:
    low, high = (position_um[0] - _LARGEST_UM) / side_um, (position_um[-1] + _LARGEST_UM) / side_um
    return np.arange(int(np.floor(low)), int(np.floor(high)) + 1)


def _strew(total: Image, window: Window, square: tuple[int, int], side_um: float, seed: int) -> None:
    """Add the speck of one square of the lattice, where it reaches into the window."""
    word = hashed(np.array([seed]), np.array([23]), np.array([square[0]]), np.array([square[1]]))
    draws = np.array([uniform(word, n)[0] for n in range(1, 8)], np.float64)
    room = max(0.5 - _LARGEST_UM / side_um, 0)
    x_um = (square[0] + 0.5 + room * draws[0]) * side_um
    y_um = (square[1] + 0.5 + room * draws[1]) * side_um
    x, y = window.x_um - x_um, window.y_um - y_um
    columns, rows = (slice(*np.searchsorted(axis, (-_LARGEST_UM, _LARGEST_UM))) for axis in (x, y))
    x, y = x[columns], y[rows, None]
    if not x.size or not y.size:
        return
    angle = np.arctan2(y, x)
    outline = 1 + 0.3 * np.sin(2 * angle + 3 * draws[2]) + 0.2 * np.sin(3 * angle + 3 * draws[3])
    radius_um = (0.22 + 0.13 * (1 + draws[4])) * _LARGEST_UM * outline
    inside = (radius_um - np.hypot(x, y)).astype(np.float32)
    amount = np.float32(_AMOUNT * (0.75 + 0.25 * draws[5])) * step(inside, -_SOFT_UM, _SOFT_UM)
    np.maximum(total[rows, columns], amount, out=total[rows, columns])
