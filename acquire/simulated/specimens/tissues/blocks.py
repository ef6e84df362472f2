"""Blocks of tiles: what varies slowly in a tissue is computed for one at a time, on a coarse lattice."""

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.specimens.splines import spline, spread
from acquire.simulated.specimens.window import TILE_PX, Window

Image = NDArray[np.float32]

GROUND_UM = 1.0
"""Pitch of the coarse lattice."""

BLOCK_TILES = 2
"""Tiles along a side of a block."""


def block_of(window: Window) -> Window:
    """Return the block that a tile lies in.

    Parameters
    ----------
    window : Window
        A whole tile of its lattice.

    Returns
    -------
    Window
        Of the same pitch, `BLOCK_TILES` tiles wide and high; all tiles in it have the same.
    """
    side = BLOCK_TILES * TILE_PX
    column, row = window.column // side * side, window.row // side * side
    return Window(column=column, row=row, columns=side, rows=side, pitch_um=window.pitch_um)


def upsampled(fields: Image, coarse: Window, window: Window) -> Image:
    """Join fields on the coarse lattice by B-splines.

    Parameters
    ----------
    fields : ndarray of float32, shape (fields, coarse rows, coarse columns)
        The values are the splines' coefficients, which smooths them.
    coarse : Window
        Where they lie, on the lattice of `GROUND_UM`; it reaches at least two points beyond `window`.
    window : Window
        The pixels wanted.

    Returns
    -------
    ndarray of float32, shape (fields, rows, columns)
    """
    first_x, across = spline(window.column, window.columns, window.pitch_um / GROUND_UM)
    first_y, down = spline(window.row, window.rows, window.pitch_um / GROUND_UM)
    column, row = first_x - coarse.column, first_y - coarse.row
    part = fields[:, row : row + down.shape[1], column : column + across.shape[1]]
    return spread(part, window, GROUND_UM)
