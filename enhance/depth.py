"""How deep each pixel of a focal stack lies, and how clearly the stack says so."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

CLEAR_RATIO = 2.0
"""Focus measure of the sharpest plane over the least sharp one from which a pixel's depth is clear.

Noise alone reaches 1.6 over the window of `edf.DEPTH_WINDOW_PX`.
"""
TINY = 1e-12
HALF = 0.5
NEIGHBOURS = 3
"""Planes that a parabola needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clearness:
    """How many pixels say clearly where they are sharp.

    Parameters
    ----------
    pixels : int
        Looked at.
    clear : int
        Those whose focus measure differs between planes by `CLEAR_RATIO` or more.
    at_an_end : int
        Those of the clear ones that are sharpest in the lowest or the highest plane.
    """

    pixels: int = 0
    clear: int = 0
    at_an_end: int = 0

    def __add__(self, other: "Clearness") -> "Clearness":
        return Clearness(
            pixels=self.pixels + other.pixels,
            clear=self.clear + other.clear,
            at_an_end=self.at_an_end + other.at_an_end,
        )


def clearness_of(measure: NDArray[np.float32], z: Sequence[float]) -> Clearness:
    """Count the pixels that are clear.

    Parameters
    ----------
    measure : ndarray of float32, shape (planes, rows, columns)
        Of focus, pooled; at least 0.
    z : sequence of float
        Z of each plane, in any order and unit.
    """
    clear = measure.max(axis=0) > CLEAR_RATIO * measure.min(axis=0)
    best = measure.argmax(axis=0)
    ends = (best == int(np.argmin(z))) | (best == int(np.argmax(z)))
    return Clearness(pixels=clear.size, clear=int(clear.sum()), at_an_end=int((clear & ends).sum()))


def peak_depth(measure: NDArray[np.float32], z: Sequence[float]) -> NDArray[np.float32]:
    """Z at which the focus measure peaks: a parabola through the logarithms of the sharpest plane and its neighbours.

    Parameters
    ----------
    measure : ndarray of float32, shape (planes, rows, columns)
        Of focus, pooled; at least 0.
    z : sequence of float
        Z of each plane, in any order and unit.

    Returns
    -------
    ndarray of float32, shape (rows, columns)
        In the unit of `z`; the plane's own Z where it is the lowest or the highest.
    """
    order = np.argsort(z, kind="stable")
    places, measure = np.asarray(z, dtype=np.float32)[order], measure[order]
    best = measure.argmax(axis=0)
    depth: NDArray[np.float32] = places[best]
    if len(places) >= NEIGHBOURS:
        inner = np.clip(best, 1, len(places) - 2)
        depth += np.where(best == inner, _to_vertex(measure, places, inner), np.float32(0))
    return depth


def _to_vertex(measure: Array, places: Array, inner: Array) -> Array:
    """Distance to the vertex of the parabola from the plane in its middle; 0 where it is flat."""
    below, at, above = (
        np.log(np.take_along_axis(measure, (inner + step)[None], axis=0)[0] + TINY) for step in (-1, 0, 1)
    )
    lower, upper = places[inner] - places[inner - 1], places[inner + 1] - places[inner]
    up, down = at - below, at - above
    slope = lower * down + upper * up
    return np.asarray(HALF * (upper**2 * up - lower**2 * down) / np.where(slope > TINY, slope, np.inf))
