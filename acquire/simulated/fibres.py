"""Fibres: stripes that follow the level lines of a smooth field, each with a thickness and colour of its own."""

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.lattice import cubic_weights, hashed, uniform

Image = NDArray[np.float32]

KNOT_UM = 0.2
"""Spacing of the finest values across the fibres."""

_STEPS = 64  # table entries for each knot; the nearest is taken, which errs by less than 1 % of the contrast
_GAIN = np.float32(1 / np.sqrt(151 / 315 / 3))  # to variance 1 along one axis, see lattice


def stripes(across: Image, knots: int, octaves: tuple[tuple[int, float], ...], key: int) -> Image:
    """Evaluate smooth random stripes of variance about 1 at given coordinates across them.

    Parameters
    ----------
    across : ndarray of float32, (rows, columns)
        Coordinate across the fibres in µm, counted from `knots` knots.
    knots : int
        Whole-number origin of `across` in knots; keeps endless coordinates exact in float32.
    octaves : tuple of (int, float)
        Spacing of the values in knots, and weight; the weights are scaled to a total power of 1.
    key : int
        Seed of this set of fibres.

    Returns
    -------
    ndarray of float32, (rows, columns)
    """
    entry = across * np.float32(_STEPS / KNOT_UM)
    first = int(np.floor(float(entry.min()) / _STEPS))
    last = int(np.floor(float(entry.max()) / _STEPS)) + 1
    table = _table(knots + first, last - first + 1, octaves, key)
    entry -= np.float32(first * _STEPS)
    return table.take(entry.astype(np.int32))


def _table(first: int, count: int, octaves: tuple[tuple[int, float], ...], key: int) -> Image:
    total = np.sqrt(sum(weight**2 for _, weight in octaves))
    table = np.zeros(count * _STEPS, np.float32)
    for number, (spacing, weight) in enumerate(octaves):
        cells = np.arange(first // spacing, (first + count - 1) // spacing + 1)
        points = np.arange(cells[0] - 1, cells[-1] + 3)
        values = uniform(hashed(np.array([key + number]), points)) * (np.float32(weight / total) * _GAIN)
        inside = (np.arange(spacing * _STEPS) + 0.5) / (spacing * _STEPS)
        fine = sum(
            values[tap : tap + cells.size, None] * share.astype(np.float32)
            for tap, share in enumerate(cubic_weights(inside))
        )
        start = (first - int(cells[0]) * spacing) * _STEPS
        table += np.asarray(fine).ravel()[start : start + table.size]
    return table
