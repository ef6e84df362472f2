"""Cells of lung: at most one to each square of a jittered lattice, as the tissue at its place decides."""

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.specimens.lattice import hashed, uniform
from acquire.simulated.specimens.tissues.blocks import GROUND_UM
from acquire.simulated.specimens.tissues.cells import REACH_UM, Cell
from acquire.simulated.specimens.tissues.septa import Field, Ground
from acquire.simulated.specimens.window import Window

_SQUARE_UM = 6.6
_JITTER = 0.33
_DRAWS = 9
_MAJORITY = 0.5  # the share of a tissue from which a place counts as that tissue
_RED_CELLS_BELOW, _SPINDLES_BELOW, _NUCLEI_BELOW = 0.6, -0.15, 0.5  # draws, uniform in -1 … 1, that give a cell
_INNER_UM = 1.2  # a cell's centre lies at least so deep in the septum


def cells_near(window: Window, ground: Ground, seed: int) -> tuple[Cell, ...]:
    """List the cells that may reach into a window.

    Parameters
    ----------
    window : Window
        A tile.
    ground : Ground
        Covers the window and `REACH_UM` + 2 µm around it.
    seed : int
        Of the slide.
    """
    columns = _squares(window.x_um)
    rows = _squares(window.y_um)[:, None]
    words = hashed(np.array([seed]), np.array([7]), rows, columns)
    draws = np.stack([uniform(words, n).ravel() for n in range(1, _DRAWS + 1)], axis=1).astype(np.float64)
    x = ((columns + 0.5) * _SQUARE_UM + 0.0 * rows).ravel() + draws[:, 0] * _JITTER * _SQUARE_UM
    y = ((rows + 0.5) * _SQUARE_UM + 0.0 * columns).ravel() + draws[:, 1] * _JITTER * _SQUARE_UM
    found = (_cell(place, draw, ground) for place, draw in zip(zip(x, y, strict=True), draws[:, 2:], strict=True))
    return tuple(cell for cell in found if cell is not None)


def _squares(position_um: NDArray[np.float64]) -> NDArray[np.int64]:
    low, high = (position_um[0] - REACH_UM) / _SQUARE_UM, (position_um[-1] + REACH_UM) / _SQUARE_UM
    return np.arange(int(np.floor(low)) - 1, int(np.floor(high)) + 2)


def _cell(place: tuple[float, float], draw: NDArray[np.float64], ground: Ground) -> Cell | None:
    """Decide from the tissue at a place and its draws which cell lies there, if any."""
    column = round(place[0] / GROUND_UM) - ground.window.column
    row = round(place[1] / GROUND_UM) - ground.window.row
    last_row, last_column = ground.fields.shape[1] - 2, ground.fields.shape[2] - 2
    if not (1 <= column <= last_column and 1 <= row <= last_row):
        return None
    here = ground.fields[:, row, column]
    if here[Field.INSIDE] < _INNER_UM:
        return None
    if here[Field.BLOOD] > _MAJORITY and draw[0] < _RED_CELLS_BELOW:
        axes, angle, red_cell = (3.1 + 0.25 * draw[1], 2.8 + 0.25 * draw[2], 1.0), np.pi * draw[3], True
    elif max(here[Field.COLLAGEN], here[Field.MUSCLE]) > _MAJORITY:
        if draw[0] > _SPINDLES_BELOW:
            return None
        axes, red_cell = (4.6 + 1.0 * draw[1], 1.35 + 0.3 * draw[2], 1.5), False
        angle = _along_fibres(ground, row, column) + 0.2 * draw[3]
    elif draw[0] < _NUCLEI_BELOW:
        axes, angle, red_cell = (3.5 + 0.6 * draw[1], 2.5 + 0.45 * draw[2], 2.2), np.pi * draw[3], False
    else:
        return None
    return Cell(
        x_um=place[0],
        y_um=place[1],
        z_um=2.6 * float(draw[4]),
        axes_um=axes,
        angle=float(angle),
        bend=0.03 * float(draw[5]),
        red_cell=red_cell,
        strength=1 + 0.35 * float(draw[6]),
    )


def _along_fibres(ground: Ground, row: int, column: int) -> float:
    family = Field.ACROSS_B if ground.fields[Field.MIX, row, column] > _MAJORITY else Field.ACROSS_A
    across = ground.fields[family]
    slope_x = across[row, column + 1] - across[row, column - 1]
    slope_y = across[row + 1, column] - across[row - 1, column]
    return float(np.arctan2(slope_y, slope_x)) + 0.5 * np.pi
