"""Glands of the breast, acini and ducts: their outlines, lumina and two layers of nuclei."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.specimens.lattice import draws
from acquire.simulated.specimens.tissues.cells import Cell
from acquire.simulated.specimens.tissues.lobules import ACINUS_UM, GAP_UM, Layout, lobule_at, lobules_near, near_window
from acquire.simulated.specimens.window import Window

Numbers = NDArray[np.float64]

GLAND_REACH_UM = 46.0
"""No gland reaches farther than this from its centre."""

TURN = 2 * np.pi
ANGLES = np.arange(96) * (TURN / 96)
"""Directions in which outlines are given."""

_WAVES = np.array([2, 3, 4, 5, 7])
_WAVE_SIZES = np.array([0.15, 0.09, 0.05, 0.04, 0.025])  # harmonics of an outline, as shares of its radius
_ROUNDING_UM = 2.0  # where an outline gives way to a neighbour
_NARROWEST_UM = 6.0
_HEIGHT_UM = 10.3  # of the epithelium
_MYOEPITHELIUM_UM, _LUMINAL_UM = 1.2, 6.0  # depth of the two layers of nuclei below the basement membrane
_MYOEPITHELIUM_SPACING_UM, _LUMINAL_SPACING_UM = 11.0, 6.3
_CELL_DRAWS = 8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Gland:
    """One acinus or duct, cut across.

    Parameters
    ----------
    x_um, y_um : float
        Centre.
    outline_um, lumen_um : ndarray, shape (len(ANGLES),)
        Radius of the basement membrane and of the lumen in each direction; a lumen below 0 is closed.
    slant : ndarray, shape (len(ANGLES),)
        Cosine of the angle between the outline's normal and the radius.
    secretion : float
        How far the lumen is filled, 0 to 1.
    tone : float
        How darkly the gland takes the stain, -1 to 1.
    luminal : tuple of Cell
        Nuclei of the inner layer.
    cells : tuple of Cell
        All nuclei, and the nucleoli.
    """

    x_um: float
    y_um: float
    outline_um: Numbers
    lumen_um: Numbers
    slant: Numbers
    secretion: float
    tone: float
    luminal: tuple[Cell, ...]
    cells: tuple[Cell, ...]


def glands_near(window: Window, layout: Layout, seed: int, margin_um: float) -> list[Gland]:
    """List the glands whose centres lie within a margin of a window."""
    return [
        _gland(row, column, int(number), layout, seed)
        for row, column in lobules_near(window, layout, margin_um)
        for number in np.flatnonzero(near_window(lobule_at(row, column, layout, seed), window, margin_um))
    ]


@lru_cache(maxsize=512)
def _gland(row: int, column: int, number: int, layout: Layout, seed: int) -> Gland:
    lobule = lobule_at(row, column, layout, seed)
    key = seed, 227, row, column, number
    x, y, radius = lobule[:, number].tolist()
    draw = draws(1, 3, *key)[0]
    outline = _outline(lobule, number, key)
    slope = (np.roll(outline, -1) - np.roll(outline, 1)) / (2 * ANGLES[1]) / outline
    slant = 1 / np.sqrt(1 + slope**2)
    lumen = outline - (_HEIGHT_UM + 1.5 * draw[0]) * (1 + _waves(0.15, (*key, 1))) / slant
    duct = radius > ACINUS_UM[0] + 2
    luminal, others = _nuclei((x, y), outline, slant, ANGLES - np.arctan(slope), key)
    return Gland(
        x_um=x,
        y_um=y,
        outline_um=outline,
        lumen_um=lumen * (1 + _waves(0.6, (*key, 2))) if duct else lumen,
        slant=slant,
        secretion=1.0 if duct else float(np.clip(0.65 + 0.9 * draw[1], 0, 1)),
        tone=float(draw[2]),
        luminal=luminal,
        cells=luminal + others,
    )


def _nuclei(
    centre: tuple[float, float], outline: Numbers, slant: Numbers, normal: Numbers, key: tuple[int, ...]
) -> tuple[tuple[Cell, ...], tuple[Cell, ...]]:
    """Nuclei of the inner layer; those of the outer layer, and nucleoli."""
    outer = _ring(outline - _MYOEPITHELIUM_UM / slant, normal, _MYOEPITHELIUM_SPACING_UM, (*key, 3))
    inner = _ring(outline - _LUMINAL_UM / slant, normal, _LUMINAL_SPACING_UM, (*key, 4))
    luminal = tuple(_luminal(*centre, *place) for place in inner)
    nucleoli = (_nucleolus(nucleus) for nucleus in luminal if nucleus.bend > 0)
    return luminal, (*(_flattened(*centre, *place) for place in outer), *nucleoli)


def _waves(size: float, key: tuple[int, ...]) -> Numbers:
    """Departure of an outline from a circle in each direction, as a share of the radius."""
    draw = draws(_WAVES.size, 2, *key)
    waves = np.cos(_WAVES[:, None] * ANGLES + np.pi * draw[:, :1])
    total: Numbers = (size * (0.7 + 0.5 * draw[:, 1:]) * _WAVE_SIZES[:, None] * waves).sum(axis=0)
    return total


def _outline(lobule: Numbers, number: int, key: tuple[int, ...]) -> Numbers:
    """Radius in each direction: a wavy circle that gives way to its neighbours."""
    own = lobule[:, number]
    others = np.delete(lobule, number, axis=1)
    across, down = others[:2] - own[:2, None]
    apart = np.hypot(across, down)
    near = apart < own[2] + others[2] + ACINUS_UM[0]
    across, down, apart = across[near], down[near], apart[near]
    border = (apart**2 + own[2] ** 2 - others[2, near] ** 2) / (2 * apart) - GAP_UM / 2
    cosine = (across[:, None] * np.cos(ANGLES) + down[:, None] * np.sin(ANGLES)) / apart[:, None]
    outline = own[2] * (1 + _waves(1.0, (*key, 0)))
    for limit in border[:, None] / np.maximum(cosine, 0.05):
        outline = 0.5 * (outline + limit - np.sqrt(np.square(outline - limit) + _ROUNDING_UM**2))
    wide: Numbers = np.maximum(outline, _NARROWEST_UM)
    return wide


def _ring(radius_um: Numbers, normal: Numbers, spacing_um: float, key: tuple[int, ...]) -> Numbers:
    """Places along a closed wall: angle and distance from the centre, direction outwards and draws, one to a row."""
    radius = np.append(radius_um, radius_um[0])
    turned = np.append(ANGLES, TURN)
    steps = np.hypot(np.diff(radius * np.cos(turned)), np.diff(radius * np.sin(turned)))
    length = np.concatenate([[0.0], np.cumsum(steps)])
    count = max(int(length[-1] / spacing_um), 1)
    draw = draws(count, _CELL_DRAWS, *key)
    angle = np.interp((np.arange(count) + 0.5 + 0.32 * draw[:, 0]) * length[-1] / count, length, turned)
    distance = np.interp(angle, turned, radius) + 0.8 * draw[:, 1]
    outwards = np.interp(angle, turned, np.append(normal, normal[0] + TURN))
    return np.column_stack([angle, distance, outwards, draw[:, 2:]])


def _luminal(x_um: float, y_um: float, angle: float, distance_um: float, outwards: float, *draw: float) -> Cell:
    """Nucleus of a luminal cell: round, or drawn out towards the lumen."""
    return Cell(
        x_um=x_um + distance_um * float(np.cos(angle)),
        y_um=y_um + distance_um * float(np.sin(angle)),
        z_um=2.4 * draw[0],
        axes_um=(3.3 + 0.5 * draw[1], 2.6 + 0.35 * draw[2], 2.5),
        angle=outwards + 0.5 * draw[3],
        bend=0.03 * draw[4],
        red_cell=False,
        strength=0.8 + 0.2 * draw[5],
    )


def _flattened(x_um: float, y_um: float, angle: float, distance_um: float, outwards: float, *draw: float) -> Cell:
    """Nucleus of a myoepithelial cell: along the wall, and bent with it."""
    return Cell(
        x_um=x_um + distance_um * float(np.cos(angle)),
        y_um=y_um + distance_um * float(np.sin(angle)),
        z_um=2.4 * draw[0],
        axes_um=(3.6 + 0.8 * draw[1], 1.15 + 0.25 * draw[2], 1.6),
        angle=outwards + np.pi / 2 + 0.12 * draw[3],
        bend=-0.5 / max(distance_um, 5.0),
        red_cell=False,
        strength=1.05 + 0.2 * draw[5],
    )


def _nucleolus(nucleus: Cell) -> Cell:
    """Dark grain beside the middle of a nucleus."""
    off_um = 24.0 * nucleus.bend
    return Cell(
        x_um=nucleus.x_um + off_um * float(np.cos(nucleus.angle)),
        y_um=nucleus.y_um + off_um * float(np.sin(nucleus.angle)),
        z_um=0.8 * nucleus.z_um,
        axes_um=(0.75, 0.65, 0.8),
        angle=nucleus.angle,
        bend=0.0,
        red_cell=False,
        strength=nucleus.strength + 0.8,
    )
