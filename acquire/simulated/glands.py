"""Glands of the breast: lobules of small acini about a duct, with their outlines, lumina and two layers of nuclei."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.cells import Cell
from acquire.simulated.lattice import hashed, uniform
from acquire.simulated.window import Window

Numbers = NDArray[np.float64]

GLAND_REACH_UM = 46.0
"""No gland reaches farther than this from its centre."""

TURN = 2 * np.pi
ANGLES = np.arange(96) * (TURN / 96)
"""Directions in which outlines are given."""

_LOBULE_JITTER = 0.3  # of the lobules' centres, in pitches
_CANDIDATES = 500  # places tried in each lobule, the largest acini first
_ACINUS_UM = (17.5, 9.5)  # radius of the first and of the last candidate: acini are 20 to 40 µm wide
_DUCT_UM = (28.0, 3.0)  # mean radius of a duct, and its spread
_DUCTS_BELOW = 0.4  # draw, uniform in -1 … 1, that gives a lobule a duct
_GAP_UM = 2.5  # stroma left between two glands
_APART_UM = 8.0  # stroma left between a gland and the middle between two lobules
_WAVES = np.array([2, 3, 4, 5, 7])
_WAVE_SIZES = np.array([0.15, 0.09, 0.05, 0.04, 0.025])  # harmonics of an outline, as shares of its radius
_ROUNDING_UM = 2.0  # where an outline gives way to a neighbour
_NARROWEST_UM = 6.0
_WIDEST = 1.45  # farthest candidate, in radii of the lobule
_HEIGHT_UM = 10.3  # of the epithelium
_MYOEPITHELIUM_UM, _LUMINAL_UM = 1.2, 6.0  # depth of the two layers of nuclei below the basement membrane
_MYOEPITHELIUM_SPACING_UM, _LUMINAL_SPACING_UM = 11.0, 6.3
_CELL_DRAWS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How lobules are strewn.

    Parameters
    ----------
    pitch_um : float
        Mean distance of their centres.
    radius_um : float
        Mean radius.
    fat : bool
        Whether fat fills the ground between them, or collagen.
    """

    pitch_um: float
    radius_um: float
    fat: bool


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
        for row, column in _lobules(window, layout, margin_um)
        for number in np.flatnonzero(_near(_lobule(row, column, layout, seed), window, margin_um))
    ]


def places_near(window: Window, layout: Layout, seed: int, margin_um: float) -> Numbers:
    """X, y and mean radius of those glands, shape (3, n); costs less than the glands."""
    lobules = [_lobule(row, column, layout, seed) for row, column in _lobules(window, layout, margin_um)]
    return np.concatenate([lobule[:, _near(lobule, window, margin_um)] for lobule in lobules], axis=1)


def _near(lobule: Numbers, window: Window, margin_um: float) -> NDArray[np.bool_]:
    (left, right), (top, bottom) = _span(window.x_um, margin_um), _span(window.y_um, margin_um)
    near: NDArray[np.bool_] = (left < lobule[0]) & (lobule[0] < right) & (top < lobule[1]) & (lobule[1] < bottom)
    return near


def draws(count: int, numbers: int, *key: int) -> Numbers:
    """Return random numbers in [-1, 1), shape (count, numbers), that depend on the key alone."""
    words = hashed(*(np.array([part]) for part in key), np.arange(count)[:, None], np.arange(numbers))
    return uniform(words).astype(np.float64)


def _span(position_um: Numbers, margin_um: float) -> tuple[float, float]:
    return float(position_um[0]) - margin_um, float(position_um[-1]) + margin_um


def _lobules(window: Window, layout: Layout, margin_um: float) -> list[tuple[int, int]]:
    """Row and column of each lobule that may reach within a margin of a window."""
    margin_um += _WIDEST * layout.radius_um
    rows, columns = (
        range(
            int(np.floor(low / layout.pitch_um - 0.5 - _LOBULE_JITTER)),
            int(np.ceil(high / layout.pitch_um - 0.5 + _LOBULE_JITTER)) + 1,
        )
        for low, high in (_span(window.y_um, margin_um), _span(window.x_um, margin_um))
    )
    return [(row, column) for row in rows for column in columns]


def _centres(places: NDArray[np.int64], layout: Layout, seed: int) -> Numbers:
    words = hashed(np.array([seed]), np.array([211]), places[:, 0], places[:, 1])
    moved = np.stack([uniform(words, 1), uniform(words, 2)], axis=1).astype(np.float64)
    return (places[:, ::-1] + 0.5 + _LOBULE_JITTER * moved) * layout.pitch_um


@lru_cache(maxsize=256)
def _lobule(row: int, column: int, layout: Layout, seed: int) -> Numbers:
    """Glands of one lobule: x, y and radius of each, shape (3, n)."""
    around = np.array([(row + down, column + across) for down in (-1, 0, 1) for across in (-1, 0, 1)])
    centres = _centres(around, layout, seed)
    towards = np.delete(centres, 4, axis=0) - centres[4]
    apart = np.hypot(towards[:, 0], towards[:, 1])
    x, y, radii = _candidates(row, column, layout, seed)
    nearness = (x[:, None] * towards[:, 0] + y[:, None] * towards[:, 1]) / apart
    free = np.all(nearness + radii[:, None] < apart / 2 - _APART_UM, axis=1)
    x, y, radii = x[free], y[free], radii[free]
    kept = _packed(x, y, radii)
    return np.stack([x[kept] + centres[4, 0], y[kept] + centres[4, 1], radii[kept]])


def _candidates(row: int, column: int, layout: Layout, seed: int) -> Numbers:
    """Places about a lobule's centre, and radii of the glands that might lie there, shape (3, n); a duct first."""
    draw = draws(_CANDIDATES, 3, seed, 229, row, column)
    shape = draws(1, 4, seed, 233, row, column)[0]
    angle = np.pi * draw[:, 0]
    size = layout.radius_um * (1 + 0.2 * shape[0] + 0.25 * np.cos(2 * angle + np.pi * shape[1]))
    distance = size * np.sqrt(0.5 + 0.5 * draw[:, 1])
    radii = np.linspace(*_ACINUS_UM, _CANDIDATES) + 1.5 * draw[:, 2]
    if shape[2] < _DUCTS_BELOW:
        radii[0] = _DUCT_UM[0] + _DUCT_UM[1] * shape[3]
    return np.stack([distance * np.cos(angle), distance * np.sin(angle), radii])


def _packed(x_um: Numbers, y_um: Numbers, radius_um: Numbers) -> list[int]:
    """Choose candidates one after the other, each where it does not overlap the chosen."""
    apart = np.square(x_um[:, None] - x_um) + np.square(y_um[:, None] - y_um)
    clash = apart < np.square(radius_um[:, None] + radius_um + _GAP_UM)
    taken = np.zeros(x_um.size, np.bool_)
    kept = []
    for n in range(x_um.size):
        if not taken[n]:
            kept.append(n)
            taken |= clash[n]
    return kept


@lru_cache(maxsize=512)
def _gland(row: int, column: int, number: int, layout: Layout, seed: int) -> Gland:
    lobule = _lobule(row, column, layout, seed)
    key = seed, 227, row, column, number
    x, y, radius = lobule[:, number].tolist()
    draw = draws(1, 3, *key)[0]
    outline = _outline(lobule, number, key)
    slope = (np.roll(outline, -1) - np.roll(outline, 1)) / (2 * ANGLES[1]) / outline
    slant = 1 / np.sqrt(1 + slope**2)
    lumen = outline - (_HEIGHT_UM + 1.5 * draw[0]) * (1 + _waves(0.15, (*key, 1))) / slant
    duct = radius > _ACINUS_UM[0] + 2
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
    near = apart < own[2] + others[2] + _ACINUS_UM[0]
    across, down, apart = across[near], down[near], apart[near]
    border = (apart**2 + own[2] ** 2 - others[2, near] ** 2) / (2 * apart) - _GAP_UM / 2
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
