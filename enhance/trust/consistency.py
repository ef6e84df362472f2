"""Consistency: whether an enhanced picture, imaged again through the weaker objective, gives its input back.

It sees structure that was invented, moved or lost below the cut-off of the weaker objective. Beyond that the input says
nothing, and neither does this: a picture can agree perfectly and be wrong in all that was added to it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from enhance.checkpoint import Checkpoint
from enhance.engine import Image
from enhance.trust.reimaging import lenses_of, open_variance, reimaged
from enhance.trust.tilemeasures import noise_of

Map = NDArray[np.float32]

BLOCK_PX = 256
"""Longest side in input pixels of what is imaged at a time."""
HALO_PX = 20
"""Input pixels round a block, 3.7 µm: the blur of a 40x ends there."""
CELL_PX = 32
"""Side in input pixels of a cell of the map."""
DOUBTFUL = 1.5
"""Score beyond which a picture disagrees: true ones give 0.9 to 1.1."""
DOUBTFUL_CELL = 2.0
"""The same of a cell, where chance is larger: true ones give at most 1.4."""
DOUBTFUL_SHARE = 0.1
QUANTISED = 1 / 12
"""Variance of a rounded value, in steps squared."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Consistency:
    """How far the input lies from what the enhanced picture says it should be.

    Parameters
    ----------
    score : float
        Rms of the difference over the rms expected of noise and of what one focal plane leaves open; 1 is perfect.
    cells : ndarray of float32, shape (rows, columns)
        The same for each cell of 32 × 32 input pixels.
    """

    score: float
    cells: Map

    @property
    def doubtful_fraction(self) -> float:
        """Share of the cells that disagree."""
        return float((self.cells > DOUBTFUL_CELL).mean())

    @property
    def doubtful(self) -> bool:
        """Whether the picture as a whole disagrees, or a tenth of it."""
        return self.score > DOUBTFUL or self.doubtful_fraction > DOUBTFUL_SHARE


def consistency(
    image: Image, enhanced: Image, checkpoint: Checkpoint, *, white_level: float, noise: NDArray[Any] | None = None
) -> Consistency | None:
    """Image an enhanced picture again through the weaker objective and compare it with the input.

    Parameters
    ----------
    image : ndarray of uint8 or uint16, shape (rows, columns, 3)
        What the network took.
    enhanced : ndarray of the same dtype, shape (⌈p rows / q⌉, ⌈p columns / q⌉, 3)
        What it gave, of one pass or of two that do not grow.
    checkpoint : Checkpoint
        Its optics, pixel sizes and ratio count.
    white_level : float
        Pixel value of saturation.
    noise : ndarray, shape (3,), optional
        Variance over mean of each colour, in fractions of the white level; measured on the input when not given.

    Returns
    -------
    Consistency or None
        None when the model does not say through which lenses it was trained, or the picture is smaller than a cell.
    """
    p, q = checkpoint.ratio
    rows, columns = (side // q * q for side in image.shape[:2])
    if min(rows, columns) < CELL_PX or not {"low", "high", "condenser_na"} <= checkpoint.optics.keys():
        return None
    variance = noise_of(image, white_level=white_level) if noise is None else noise
    compare = _Comparison(checkpoint, variance=variance.astype(np.float32), white_level=white_level)
    apart, expected = np.zeros((rows, columns), np.float32), np.zeros((rows, columns), np.float32)
    for inner, outer in _blocks(rows, columns, q):
        within = tuple(slice(i.start - o.start, i.stop - o.start) for i, o in zip(inner, outer, strict=True))
        found = compare.squares(image[outer], enhanced[_enlarged(outer, p, q)])
        apart[inner], expected[inner] = (squares[within] for squares in found)
    cells = np.sqrt(_cells(apart) / _cells(expected))
    return Consistency(score=float(np.sqrt(apart.mean() / expected.mean())), cells=cells)


class _Comparison:
    """Compares blocks of input and enhanced picture."""

    def __init__(self, checkpoint: Checkpoint, *, variance: Map, white_level: float) -> None:
        self._lenses = lenses_of(checkpoint.optics)
        self._pixel_um, self._ratio = checkpoint.pixel_um, checkpoint.ratio
        self._variance, self._white = variance, np.float32(white_level)

    def squares(self, image: Image, enhanced: Image) -> tuple[Map, Map]:
        """Squared difference and the mean square expected, summed over the colours, on the input's grid."""
        low, high = (picture.astype(np.float32) / self._white for picture in (image, enhanced))
        estimate = reimaged(high, self._lenses, pixel_um=self._pixel_um["high"], ratio=self._ratio)
        noise = low * self._variance + QUANTISED / self._white**2
        left = open_variance(low, self._lenses, pixel_um=self._pixel_um["low"], noise=noise)
        return np.square(low - estimate).sum(axis=2), (noise + left).sum(axis=2)


def _blocks(rows: int, columns: int, step: int) -> Iterator[tuple[tuple[slice, ...], tuple[slice, ...]]]:
    """Blocks that cover a picture, and the same with a halo; all begin and end at multiples of `step`."""
    block, halo = BLOCK_PX // step * step, -(-HALO_PX // step) * step
    for row in range(0, rows, block):
        for column in range(0, columns, block):
            inner = slice(row, min(row + block, rows)), slice(column, min(column + block, columns))
            outer = tuple(
                slice(max(0, part.start - halo), min(side, part.stop + halo))
                for part, side in zip(inner, (rows, columns), strict=True)
            )
            yield inner, outer


def _enlarged(block: tuple[slice, ...], p: int, q: int) -> tuple[slice, ...]:
    return tuple(slice(part.start * p // q, part.stop * p // q) for part in block)


def _cells(values: Map) -> Map:
    """Mean of each cell; those at the end are as much larger as the side needs."""
    size = [max(1, side // CELL_PX) for side in values.shape]
    return np.asarray(cv2.resize(values, size[::-1], interpolation=cv2.INTER_AREA), np.float32)
