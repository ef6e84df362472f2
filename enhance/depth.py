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
FEWEST_PEAKS = 100
"""Pixels from which the width of the focus curve is taken; they are not independent of each other."""


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
    clear = _clear(measure)
    best = measure.argmax(axis=0)
    ends = (best == int(np.argmin(z))) | (best == int(np.argmax(z)))
    return Clearness(pixels=clear.size, clear=int(clear.sum()), at_an_end=int((clear & ends).sum()))


def peak_depth(measure: NDArray[np.float32], z: Sequence[float], *, width: float | None = None) -> NDArray[np.float32]:
    """Z at which the focus measure peaks: a parabola through the logarithms of the sharpest plane and its neighbours.

    Parameters
    ----------
    measure : ndarray of float32, shape (planes, rows, columns)
        Of focus, pooled; at least 0.
    z : sequence of float
        Z of each plane, in any order and unit.
    width : float, optional
        Standard deviation of the measure along Z, from `focus_width`. The outermost planes have one neighbour only: of
        the parabola two points are known then, and this is the third.

    Returns
    -------
    ndarray of float32, shape (rows, columns)
        In the unit of `z`; nan where no plane is clearly sharper than another, as over empty glass, and where the peak
        lies beyond an outermost plane by more than half the step to the next. Without `width`, or with two planes, what
        is sharpest in an outermost plane has that plane's Z.
    """
    places, measure = _ordered(measure, z)
    best = measure.argmax(axis=0)
    depth: NDArray[np.float32] = places[best]
    if len(places) >= NEIGHBOURS:
        inner = np.clip(best, 1, len(places) - 2)
        depth += np.where(best == inner, _to_vertex(measure, places, inner)[0], np.float32(0))
        if width is not None:
            for end, near in ((0, 1), (-1, -2)):
                there = best == end % len(places)
                depth[there] = _beyond(measure[:, there], places, end, near, width)
    depth[~_clear(measure)] = np.nan
    return depth


def focus_width(measure: NDArray[np.float32], z: Sequence[float]) -> float | None:
    """Return the standard deviation of the focus measure along Z: the median of the clear peaks between planes.

    Parameters
    ----------
    measure, z
        As in `peak_depth`; a sample of the picture is enough.

    Returns
    -------
    float or None
        In the unit of `z`; None when fewer than `FEWEST_PEAKS` pixels say it, or of two planes.
    """
    places, measure = _ordered(measure, z)
    if len(places) < NEIGHBOURS:
        return None
    best = measure.argmax(axis=0)
    inner = np.clip(best, 1, len(places) - 2)
    square = _to_vertex(measure, places, inner)[1][(best == inner) & _clear(measure)]
    return float(np.sqrt(np.median(square))) if square.size >= FEWEST_PEAKS else None


def _ordered(measure: Array, z: Sequence[float]) -> tuple[NDArray[np.float32], Array]:
    order = np.argsort(z, kind="stable")
    return np.asarray(z, dtype=np.float32)[order], measure[order]


def _clear(measure: Array) -> NDArray[np.bool_]:
    return np.asarray(measure.max(axis=0) > CLEAR_RATIO * measure.min(axis=0))


def _beyond(measure: Array, places: Array, end: int, near: int, width: float) -> Array:
    """Z of the peak of a bell of known width, of which the outermost plane and the next one are known."""
    gap = places[end] - places[near]
    if not gap:
        return np.full(measure.shape[1], places[end])
    rise = np.log(measure[end] + TINY) - np.log(measure[near] + TINY)
    peak = HALF * (places[end] + places[near]) + width**2 * rise / gap
    return np.where(np.abs(peak - places[end]) <= HALF * np.abs(gap), peak, np.nan)


def _to_vertex(measure: Array, places: Array, inner: Array) -> tuple[Array, Array]:
    """Distance to the vertex of the parabola from the plane in its middle, and its width's square; 0 where flat."""
    below, at, above = (
        np.log(np.take_along_axis(measure, (inner + step)[None], axis=0)[0] + TINY) for step in (-1, 0, 1)
    )
    lower, upper = places[inner] - places[inner - 1], places[inner + 1] - places[inner]
    up, down = at - below, at - above
    slope = lower * down + upper * up
    slope = np.where(slope > TINY, slope, np.inf)
    return HALF * (upper**2 * up - lower**2 * down) / slope, HALF * lower * upper * (lower + upper) / slope
