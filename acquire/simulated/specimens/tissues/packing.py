"""Packing: axes side by side on a jittered lattice, and how deep each place lies in what surrounds the nearest."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.specimens.lattice import hashed, uniform

Image = NDArray[np.float32]
Numbers = NDArray[np.float64]
Places = NDArray[np.int64]
Words = NDArray[np.uint32]

Box = tuple[float, float, float, float]
"""Lowest x, highest x, lowest y, highest y in µm."""

Circle = tuple[float, float, float]
"""x, y of the centre and radius in µm."""

NOWHERE = np.array([[1e7, 1e7]])
"""A spot that is near to no place of a slide, for lists that must not be empty."""

_SQUASH = 0.87  # height of a lattice row: every second row is shifted by half a cell, so neighbours stand at 60°
_FAR_UM = np.float32(1e9)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pieces:
    """Straight pieces of axis, those of one tubule next to each other.

    Parameters
    ----------
    start, end : ndarray, shape (pieces, 2)
        Where each runs, in µm.
    first : ndarray of int, shape (tubules,)
        First piece of each tubule.
    offset_um : ndarray, shape (tubules,)
        By which a tubule's radius exceeds its neighbours'.
    corner_um : float
        How much of the corner between three tubules is rounded off.
    """

    start: Numbers
    end: Numbers
    first: Places
    offset_um: Numbers
    corner_um: float

    @classmethod
    def of_spots(cls, centres: Numbers, offset_um: Numbers, corner_um: float) -> "Pieces":
        """Return spots without length, each on its own."""
        first = np.arange(len(centres))
        return cls(start=centres, end=centres, first=first, offset_um=offset_um, corner_um=corner_um)

    def depth(self, x: Numbers, y: Numbers) -> tuple[Image, Image, Places]:
        """Depth of points in the tubule they lie in, their distance from its axis, and its number.

        The depth is half the difference between the nearest axis and a smooth minimum of all others. What lies
        more than `corner_um` beyond the second adds exactly nothing, so that a point never depends on the box.
        """
        shape = (-1,) + (1,) * x.ndim
        offset = self.offset_um.astype(np.float32)
        near = np.minimum.reduceat(np.sqrt(self._squared(x, y)), self.first, axis=0) - offset.reshape(shape)
        number = near.argmin(axis=0)
        nearest = np.take_along_axis(near, number[None], axis=0)[0]
        np.put_along_axis(near, number[None], _FAR_UM, axis=0)
        second = near.min(axis=0)
        near -= second
        near *= np.float32(-1 / self.corner_um)
        near += np.float32(1)
        np.maximum(near, 0, out=near)
        near *= near
        rounded = np.float32(self.corner_um / 4) * (near.sum(axis=0) - 1)
        depth: Image = np.float32(0.5) * (second - rounded - nearest)
        return depth, nearest + offset[number], number

    def _squared(self, x: Numbers, y: Numbers) -> Image:
        """Squared distance of each piece, (pieces, …), in single precision from the first of the points."""
        shape = (-1,) + (1,) * x.ndim
        corner = np.array([x.flat[0], y.flat[0]])
        start_x, start_y = (self.start - corner).astype(np.float32).T
        along_x, along_y = (self.end - self.start).astype(np.float32).T
        from_x = (x - corner[0]).astype(np.float32) - start_x.reshape(shape)
        from_y = (y - corner[1]).astype(np.float32) - start_y.reshape(shape)
        long = np.flatnonzero(along_x * along_x + along_y * along_y)
        if long.size:
            along_x, along_y = along_x[long].reshape(shape), along_y[long].reshape(shape)
            share = (from_x[long] * along_x + from_y[long] * along_y) / (along_x * along_x + along_y * along_y)
            np.clip(share, 0, 1, out=share)
            from_x[long] -= share * along_x
            from_y[long] -= share * along_y
        from_x *= from_x
        from_y *= from_y
        squared: Image = from_x + from_y
        return squared


def grown(box: Box, margin_um: float) -> Box:
    """Return a box that reaches farther by a margin on every side."""
    return box[0] - margin_um, box[1] + margin_um, box[2] - margin_um, box[3] + margin_um


def staggered(box: Box, pitch_um: float, around: int, jitter: float, key: int) -> tuple[Places, Places, Words, Numbers]:
    """Columns, rows, words and jittered positions of a staggered lattice over a box and `around` points beyond."""
    columns = np.arange(int(np.floor(box[0] / pitch_um)) - around, int(np.floor(box[1] / pitch_um)) + around + 2)
    down_um = pitch_um * _SQUASH
    rows = np.arange(int(np.floor(box[2] / down_um)) - around, int(np.floor(box[3] / down_um)) + around + 2)
    words = hashed(np.array([key]), rows[:, None], columns)
    x = (columns + 0.5 * (rows % 2)[:, None] + jitter * uniform(words, 1)) * pitch_um
    y = (rows[:, None] + jitter * uniform(words, 2)) * down_um
    return columns, rows, words, np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float64)
