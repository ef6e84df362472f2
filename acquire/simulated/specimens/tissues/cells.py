"""Cells: nuclei and red blood cells as ellipsoids, and what they fill of a tile."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.specimens.curves import step
from acquire.simulated.specimens.window import Window

Image = NDArray[np.float32]

REACH_UM = 6.5
"""No cell reaches farther than this from its centre."""

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
