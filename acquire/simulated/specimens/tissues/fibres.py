"""Fibres: stripes that follow the level lines of a smooth field, each with a thickness and colour of its own."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from acquire.simulated.specimens.lattice import UNIFORM_POWER, hashed, uniform
from acquire.simulated.specimens.splines import AXIS_POWER, TAPS, cubic_weights

Image = NDArray[np.float32]

KNOT_UM = 0.2
"""Spacing of the finest values across the fibres."""

Octave = tuple[int, float]
"""Spacing of the values in knots, and their weight."""

_STEPS = 32  # table entries for each knot; the nearest is taken, which errs by 1 % of the contrast
_KEYS_OF_A_FAMILY = 5
_GAIN = 1 / np.sqrt(AXIS_POWER * UNIFORM_POWER)  # to variance 1 along one axis


def stripes(across: Image, origin: int, octaves: tuple[Octave, ...], keys: list[int]) -> Image:
    """Evaluate smooth random stripes of variance 1 at given coordinates across them.

    Parameters
    ----------
    across : ndarray of float32, shape (sheets, rows, columns)
        Coordinate across the fibres in µm from the knot `origin`.
    origin : int
        Whole-number start of `across`, which keeps endless coordinates exact in float32.
    octaves : tuple of (int, float)
        Scales of the stripes; the weights are brought to a total power of 1.
    keys : list of int
        Seed of each sheet.

    Returns
    -------
    ndarray of float32, shape (sheets, rows, columns)
    """
    entry = across * np.float32(_STEPS / KNOT_UM)
    first = int(np.floor(float(entry.min()) / _STEPS))
    last = int(np.floor(float(entry.max()) / _STEPS))
    tables = _tables(origin + first, last - first + 1, octaves, np.array(keys))
    entry -= np.float32(first * _STEPS)
    index = entry.astype(np.int32)
    return np.stack([table.take(sheet) for table, sheet in zip(tables, index, strict=True)])


def crossed(
    across: Sequence[Image], origins: tuple[int, int], octaves: tuple[Octave, ...], keys: list[int], mix: Image
) -> Image:
    """Evaluate two families of stripes, of which one gives way to the other from place to place.

    Parameters
    ----------
    across : two ndarrays of float32, shape (sheets, rows, columns)
        Coordinates across the fibres of either family; see `stripes`.
    origins : (int, int)
        Their starts.
    octaves : tuple of (int, float)
        Scales of the stripes, at most five.
    keys : list of int
        Seed of each sheet in the first family; those in the second are greater by 5.
    mix : ndarray of float32, shape (rows, columns)
        Share of the second family, 0 to 1.

    Returns
    -------
    ndarray of float32, shape (sheets, rows, columns)
    """
    one, other = (
        stripes(places, origin, octaves, [key + _KEYS_OF_A_FAMILY * family for key in keys])
        for family, (places, origin) in enumerate(zip(across, origins, strict=True))
    )
    other -= one
    other *= mix
    one += other
    return one


def _tables(first: int, count: int, octaves: tuple[Octave, ...], keys: NDArray[np.int64]) -> Image:
    """One finely sampled profile for each key, from knot `first` over `count` knots, shape (keys, count * _STEPS)."""
    total = np.sqrt(sum(weight**2 for _, weight in octaves))
    tables = np.zeros((keys.size, count * _STEPS), np.float32)
    for number, (spacing, weight) in enumerate(octaves):
        cells = np.arange(first // spacing, (first + count - 1) // spacing + 1)
        points = np.arange(cells[0] - 1, cells[-1] + TAPS - 1)
        values = uniform(hashed(keys[:, None] + number, points)) * np.float32(weight / total * _GAIN)
        fine = (sliding_window_view(values, TAPS, axis=1) @ _profile(spacing)).reshape(keys.size, -1)
        start = (first - int(cells[0]) * spacing) * _STEPS
        tables += fine[:, start : start + count * _STEPS]
    return tables


@lru_cache(maxsize=16)
def _profile(spacing: int) -> Image:
    """B-spline weights of the four values round each of the table's entries between two values, shape (4, entries)."""
    inside = (np.arange(spacing * _STEPS) + 0.5) / (spacing * _STEPS)
    return np.stack(cubic_weights(inside)).astype(np.float32)
