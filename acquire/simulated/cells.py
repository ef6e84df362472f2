"""Cells: nuclei and red blood cells as ellipsoids, at most one to each square of a jittered lattice."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.architecture import GROUND_UM, Field, Ground, step
from acquire.simulated.lattice import hashed, uniform
from acquire.simulated.window import Window

Image = NDArray[np.float32]

REACH_UM = 6.5
"""No cell reaches farther than this from its centre."""

_SQUARE_UM = 6.6
_JITTER = 0.33
_DRAWS = 9
_MAJORITY = 0.5  # the share of a tissue from which a place counts as that tissue
_RED_CELLS_BELOW, _SPINDLES_BELOW, _NUCLEI_BELOW = 0.6, -0.15, 0.5  # draws, uniform in -1 … 1, that give a cell
_INNER_UM = 1.2  # a cell's centre lies at least so deep in the septum
_EDGE_UM = (-0.16, 0.22)  # softness of the border: no power beyond 7 cycles per µm
_BUMPS = 0.07  # how far the border follows the noise, as a share of the radius


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One ellipsoid.

    Parameters
    ----------
    x_um, y_um, z_um : float
        Centre.
    axes_um : (float, float, float)
        Half axes: along, across, in depth.
    angle, bend : float
        Direction of the long axis in radians, and its curvature per µm.
    red_cell : bool
        Whether it is a red blood cell; else a nucleus.
    strength : float
        How darkly it stains, 1 on average.
    """

    x_um: float
    y_um: float
    z_um: float
    axes_um: tuple[float, float, float]
    angle: float
    bend: float
    red_cell: bool
    strength: float


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


def occupancy(
    cells: tuple[Cell, ...], window: Window, depths_um: tuple[float, ...], bumps: Image
) -> tuple[Image, Image]:
    """How much of each pixel of each sheet nuclei (times their strength) and red cells fill.

    Parameters
    ----------
    cells : tuple of Cell
        All that may reach into the window; more do no harm.
    window : Window
        A tile.
    depths_um : tuple of float
        Of the sheets, ascending.
    bumps : ndarray of float32, shape (sheets, rows, columns)
        Noise of variance 1 that the borders follow.

    Returns
    -------
    nuclei, red_cells : ndarray of float32, shape (sheets, rows, columns)
    """
    nuclei = np.zeros(bumps.shape, np.float32)
    red_cells = np.zeros(bumps.shape, np.float32)
    for cell in (cell for cell in cells if _touches(cell, window)):
        depth = (np.array(depths_um) - cell.z_um) / cell.axes_um[2]
        sheets = np.flatnonzero(np.abs(depth) < 1 + 2 * _BUMPS)
        (rows, columns), flat = _footprint(cell, window)
        if flat.size == 0 or sheets.size == 0:
            continue
        area = slice(sheets[0], sheets[-1] + 1), rows, columns
        squared = (depth[area[0], None, None] ** 2).astype(np.float32) + flat
        _fill((red_cells if cell.red_cell else nuclei)[area], cell, squared, bumps[area])
    return nuclei, red_cells


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


def _reach_um(cell: Cell) -> float:
    return cell.axes_um[0] * 1.15 + 0.3


def _touches(cell: Cell, window: Window) -> bool:
    side_um = window.columns * window.pitch_um
    x, y = cell.x_um - window.column * window.pitch_um, cell.y_um - window.row * window.pitch_um
    reach = _reach_um(cell)
    return -reach < x < side_um + reach and -reach < y < side_um + reach


def _footprint(cell: Cell, window: Window) -> tuple[tuple[slice, slice], Image]:
    """Part of the window under a cell, with the squared distance from its axis there (1 at its border)."""
    reach = _reach_um(cell)
    x, y = window.x_um - cell.x_um, window.y_um - cell.y_um
    columns, rows = np.searchsorted(x, (-reach, reach)), np.searchsorted(y, (-reach, reach))
    area = slice(rows[0], rows[1]), slice(columns[0], columns[1])
    x, y = x[area[1]].astype(np.float32), y[area[0], None].astype(np.float32)
    cosine, sine = np.float32(np.cos(cell.angle)), np.float32(np.sin(cell.angle))
    along = x * cosine + y * sine
    aside = y * cosine - x * sine + np.float32(cell.bend) * along * along
    squared: Image = np.square(along / np.float32(cell.axes_um[0])) + np.square(aside / np.float32(cell.axes_um[1]))
    return area, squared


def _fill(target: Image, cell: Cell, squared: Image, bumps: Image) -> None:
    radius = np.sqrt(squared) * (np.float32(1) + np.float32(_BUMPS) * bumps)
    smallest = min(cell.axes_um[1], 2.0)
    filled = step((np.float32(1) - radius) * np.float32(smallest), *_EDGE_UM) * np.float32(cell.strength)
    np.maximum(target, filled, out=target)
