"""Curves that turn a depth or noise, of any size, into a share from 0 to 1."""

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]


def step(x: Image, low: float, high: float) -> Image:
    """Return the smooth step from 0 at `low` to 1 at `high`.

    Parameters
    ----------
    x : ndarray of float32
        Of any shape, which the result has as well.
    low, high : float
        Where the step begins and ends; `low` lies below `high`.
    """
    t = (x - np.float32(low)) * np.float32(1 / (high - low))
    np.minimum(np.maximum(t, 0, out=t), 1, out=t)
    smooth: Image = t * t
    t *= np.float32(-2)
    t += np.float32(3)
    smooth *= t
    return smooth


def sparse(x: Image, strength: float) -> Image:
    """Map noise smoothly to 0 … 1, mostly low: strands and grains with gaps between them.

    Parameters
    ----------
    x : ndarray of float32
        Noise of mean 0, of any shape, which the result has as well.
    strength : float
        How abruptly strands give way to gaps: a noise of 1 / strength gives 9/16, its negative 1/16.
    """
    half = x * np.float32(strength)
    above = np.abs(half)
    above += np.float32(1)
    half /= above
    half += np.float32(1)
    half *= half
    half *= np.float32(0.25)
    return half
