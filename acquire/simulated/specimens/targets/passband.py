"""What targets keep of sharp shapes: all the detail that lenses pass, and none that the lattice cannot hold.

A sharp edge cannot stand on a lattice: what lies beyond `specimen.SPECIMEN_BAND` would fold back. Blurring it would
take away what lenses show. So shapes are given whole up to 5 cycles per µm, where lenses end, and nothing from 7.5 on.
Such shapes ring, an edge by 9 % of its height, and below chrome there is no room for that: no transmission is negative.
Cutting the ringing off would show through the lens, by up to 2 % of full light. What keeps the transmission within its
room is added instead at frequencies that the lattice holds and no lens passes.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import fft, special

Image = NDArray[np.float32]
Values = NDArray[np.float64]
Bounds = tuple[float, float]

REACH_UM = 2.5
"""So far from an edge its ringing has died away: 1e-5 of its height are left."""

_HALF, _SOFTNESS = 6.25, 0.45
"""Cycles per µm where half the amplitude is kept, and the standard deviation of the fall.

99.7 % are kept at 5.0, the blue cut-off of NA 1.4 with a condenser of 0.9, and 0.3 % at 7.5, `specimen.SPECIMEN_BAND`.
"""

_HIDDEN, _HIDDEN_SOFTNESS = (5.6, 6.95), 0.25
"""Cycles per µm between which corrections may lie; 3e-5 of them reach 4.6, 1 % reach 5.0 and 7.5."""

_ROUNDS = 60
"""Of corrections. They leave a third of what cutting off would show in bars at 2.0 cycles per µm, whose harmonics are
hard to place, a tenth at 2.3, and next to nothing elsewhere; ten rounds leave three times as much.
"""

_STRIDE = 1.9  # of each correction: projections converge below 2
_GOOD_ENOUGH = 1e-4  # coverage


def kept(frequency: Values) -> Values:
    """Share of the amplitude that a target keeps at frequencies in cycles per µm."""
    return _fall((np.abs(frequency) - _HALF) / _SOFTNESS)


def within(values: Image, frequency: Values, bounds: Bounds, axes: tuple[int, ...]) -> Image:
    """Change values so that they stay within bounds and look the same through any lens.

    Parameters
    ----------
    values : ndarray of float32
        Periodic along `axes`.
    frequency : ndarray
        In cycles per µm, for each point of their half spectrum along `axes`.
    bounds : (float, float)
        Least and greatest value wanted.
    axes : tuple of int
        Those along which the values are a picture.

    Returns
    -------
    ndarray of float32
        Beyond the bounds by up to 0.02 where they cannot be kept: in waves whose harmonics lenses pass or the lattice
        cannot hold, which is so round 2.2 and from 3.7 cycles per µm on.
    """
    low, high = _HIDDEN
    hidden = _fall((low - frequency) / _HIDDEN_SOFTNESS) * _fall((frequency - high) / _HIDDEN_SOFTNESS)
    step = (_STRIDE * hidden).astype(np.float32)
    least, greatest = (np.float32(bound) for bound in bounds)
    shape = [values.shape[axis] for axis in axes]
    for _ in range(_ROUNDS):
        missing = np.clip(values, least, greatest) - values
        if np.abs(missing).max() < _GOOD_ENOUGH:
            break
        values = values + fft.irfftn(step * fft.rfftn(missing, axes=axes), s=shape, axes=axes)
    return values


def _fall(x: Values) -> Values:
    """Fall smoothly from 1 to 0 round x = 0, as the tail of a normal distribution."""
    tail: Values = special.ndtr(-x)
    return tail
