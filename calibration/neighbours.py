"""Which tiles of a mosaic lie beside each other by what the stage said, and which part of each the other shows."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from calibration.errors import MeasurementError

SMALLEST_SIDE_PX = 32
"""Common part of two tiles below which nothing is measured: the filters spoil 8 pixels along the edge of either."""

SMALLEST_SHARE = 0.015
"""Of a tile: at an overlap of a tenth the corners that diagonal neighbours share are left out."""

Positions = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """Two tiles that show a common part.

    Parameters
    ----------
    one, other : int
        Numbers of the tiles, `one` the lower.
    offset_px : (int, int)
        Expected position (x, y) of `other` less that of `one`.
    """

    one: int
    other: int
    offset_px: tuple[int, int]

    def window(self, number: int, shape: tuple[int, ...]) -> tuple[slice, slice]:
        """Rows and columns of tile `number` that the other tile is expected to show.

        Parameters
        ----------
        number : int
            `one` or `other`.
        shape : (int, int, ...)
            Rows and columns of the tiles.
        """
        sign = 1 if number == self.one else -1
        across, down = (sign * step for step in self.offset_px)
        rows, columns = shape[:2]
        return slice(max(down, 0), rows + min(down, 0)), slice(max(across, 0), columns + min(across, 0))


def neighbours(prior_px: ArrayLike, shape: tuple[int, ...]) -> list[Neighbours]:
    """Find all pairs of tiles that show enough of each other to be compared.

    Parameters
    ----------
    prior_px : array_like, shape (tiles, 2)
        Expected position (x, y) of each tile, in pixels.
    shape : (int, int, ...)
        Rows and columns of the tiles.

    Returns
    -------
    list of Neighbours
        In the order of their tiles.

    Raises
    ------
    MeasurementError
        When the positions are not finite points (x, y).
    """
    prior = checked_positions(prior_px)
    pairs = cKDTree(prior).query_pairs(max(shape[:2]), p=np.inf, output_type="ndarray")
    steps = np.rint(prior[pairs[:, 1]] - prior[pairs[:, 0]]).astype(int)
    sides = np.array([shape[1], shape[0]]) - np.abs(steps)
    enough = (sides.min(axis=1) >= SMALLEST_SIDE_PX) & (sides.prod(axis=1) >= SMALLEST_SHARE * shape[0] * shape[1])
    found = zip(pairs[enough].tolist(), steps[enough].tolist(), strict=True)
    return [Neighbours(one=one, other=other, offset_px=(dx, dy)) for (one, other), (dx, dy) in sorted(found)]


def checked_positions(prior_px: ArrayLike) -> Positions:
    """Return positions of tiles as an array of shape (tiles, 2); errors as in `neighbours`."""
    prior = np.asarray(prior_px, dtype=np.float64)
    if prior.shape[1:] != (2,) or not len(prior) or not np.isfinite(prior).all():
        raise MeasurementError(
            f"positions of shape {prior.shape} were given for the tiles: give one finite (x, y) for each tile"
        )
    return prior
