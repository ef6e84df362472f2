"""The worst tenth of a site: a mean hides the cell that a method got wrong."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from enhance.metrics import Mask

TILE_PX = 32
"""Side of a tile in output pixels: 2.4 µm at 100×, a small nucleus."""
WORST_SHARE = 0.1
LEAST_TISSUE = 0.5
"""Tiles that are less than half tissue are left out."""


def worst_decile_db(picture: NDArray[Any], truth: NDArray[Any], mask: Mask, *, data_range: float) -> float:
    """PSNR of the worst tenth of the tiles, of one tile at least; NaN when no tile is half inside the mask.

    Parameters
    ----------
    picture, truth : ndarray, shape (rows, columns, 3)
        In the same unit.
    mask : ndarray of bool, shape (rows, columns)
        The tissue.
    data_range : float
        The largest value a pixel can have.
    """
    squares = np.square(picture.astype(np.float32) - truth.astype(np.float32)).mean(axis=-1)
    errors = _tiled(np.where(mask, squares, 0)).sum(axis=(1, 3), dtype=np.float64)
    pixels = _tiled(mask).sum(axis=(1, 3))
    whole = pixels >= LEAST_TISSUE * TILE_PX**2
    if not whole.any():
        return float("nan")
    each = np.sort(errors[whole] / pixels[whole])[::-1]
    worst = float(each[: max(1, round(WORST_SHARE * each.size))].mean())
    return float("inf") if worst == 0 else float(10 * np.log10(data_range**2 / worst))


def _tiled(plane: NDArray[Any]) -> NDArray[Any]:
    rows, columns = (side // TILE_PX for side in plane.shape)
    return plane[: rows * TILE_PX, : columns * TILE_PX].reshape(rows, TILE_PX, columns, TILE_PX)
