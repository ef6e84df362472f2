"""Parenchyma of the breast: glands, stroma, vessels and fat as fields on a coarse lattice, and the cells among them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.architecture import GROUND_UM, step
from acquire.simulated.cells import Cell
from acquire.simulated.fibres import KNOT_UM
from acquire.simulated.glands import ANGLES, TURN, Gland, draws
from acquire.simulated.lattice import hashed, noise, uniform
from acquire.simulated.window import Window

Image = NDArray[np.float32]
Numbers = NDArray[np.float64]
Area = tuple[slice, slice]

SPLINE_SPREAD_UM2 = GROUND_UM**2 / 3
"""What joining by cubic B-splines adds to the square of a distance."""

FAR_UM = 20.0
"""So far from a gland or a wall nothing depends on the distance."""

FAT_SIGHT_UM = 240.0
"""Fat keeps clear of glands up to this far beyond its window."""

_BORDER_UM2 = 9.0  # so far from a border between cells nothing depends on the distance from it
_UNION_UM = 4.0  # rounding of the stroma's lines where they pass from one gland to the next
_NONE = np.float32(np.exp(-FAR_UM / _UNION_UM))
_LOOSE_UM = (-15.0, -8.0)  # depth in the gland from which to which loose stroma gives way to collagen
_CRIMP_UM, _CRIMP_PERIOD_UM = 0.9, 21.0  # waves along the bundles of collagen: 10 to 30 µm in most tissues
_STRETCH = 0.75  # knots across the fibres lie 0.27 µm apart: where fibres crowd they come to half of that
_FAT_CELL_UM, _FAT_JITTER, _FIBROUS_BELOW = 60.0, 0.42, -0.72  # size, jitter, and draw that gives stroma instead
_CUFF_UM = 16.0  # stroma between glands and fat
_CORNER_UM = 5.0  # reach of the filling where three fat cells meet
_VESSEL_SQUARE_UM, _VESSELS_BELOW, _VESSELS_IN_LOOSE = 34.0, -0.35, 0.6  # one to a square at most; draw, and its rise
_CELL_SQUARE_UM, _JITTER = 6.6, 0.36
_VENULES_ABOVE, _VENULE_UM, _RED_CELL_UM = 0.6, 4.5, 3.0
_LOOSE_CELLS_BELOW, _LYMPHOCYTES_BELOW, _SPINDLES_BELOW, _FAT_NUCLEI_BELOW = -0.45, -0.55, -0.74, -0.7  # draws
_LYMPHOCYTE, _PLUMP, _SPINDLE = (2.9, 2.7, 2.5), (4.0, 1.35, 1.5), (5.1, 0.95, 1.2)  # half axes of nuclei in µm
_FLAT, _LINING = (4.5, 1.2, 1.6), (3.4, 1.0, 1.5)
_CLEAR_OF_GLAND_UM, _CLEAR_OF_HOLLOW_UM, _ALIGNED_UM = -2.5, -1.0, -4.0  # depths of the centres of stromal nuclei
_NEAR_WALL_UM2 = 4.0  # squared distance from which the nucleus of a fat cell is moved onto its wall
_OWN_UM = -2.0  # a gland's own tone reaches so far, that none of the stroma's shows at its rim
_MAJORITY = 0.5


class Field(IntEnum):
    """The coarse fields, in the order of their array."""

    INSIDE = 0  # µm from the basement membrane into the gland, at mid-section
    SLOPE = 1  # µm by which that changes for each µm of depth
    HOLLOW = 2  # µm from the wall into a lumen, a vessel or a fat cell
    BORDER = 3  # squared distance in µm² from the nearest border of two cells
    LOOSE = 4  # share of loose stroma, 0 to 1
    TONE = 5  # how darkly the place took the stain
    SECRETION = 6  # how far lumina are filled, 0 to 1
    MIX = 7  # which of the two families of fibres
    ACROSS_A = 8  # µm across the fibres of family A, from the knots of the ground
    ACROSS_B = 9
    SHIFT = 10  # µm by which they move for each µm of depth


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ground:
    """The coarse fields over a window.

    Parameters
    ----------
    window : Window
        On the lattice of `GROUND_UM`.
    fields : ndarray of float32, shape (len(Field), rows, columns)
        In the order of `Field`.
    """

    window: Window
    fields: Image

    def nearest(self, places_um: Numbers) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        """Which of some points lie well within the window, and row and column next to each, shape (2, n)."""
        corner, size = np.array([self.window.row, self.window.column]), np.array(self.fields.shape[1:])
        place = np.rint(places_um[:, ::-1] / GROUND_UM).astype(np.int64) - corner
        within = np.all((place > 0) & (place < size - 1), axis=1)
        return within, np.clip(place, 1, size - 2).T

    def slope(self, field: Field, place: NDArray[np.int64]) -> Numbers:
        """Change of a field for each µm along x and y, shape (2, n), at rows and columns."""
        (row, column), values = place, self.fields[field]
        across = values[row, column + 1] - values[row, column - 1]
        return np.stack([across, values[row + 1, column] - values[row - 1, column]]).astype(np.float64) / (
            2 * GROUND_UM
        )

    def along(self, field: Field, place: NDArray[np.int64]) -> Numbers:
        """Direction of the level lines of a field, in radians."""
        slope_x, slope_y = self.slope(field, place)
        direction: Numbers = np.arctan2(slope_y, slope_x) + np.pi / 2
        return direction

    def along_fibres(self, place: NDArray[np.int64]) -> Numbers:
        """Direction of the fibres, in radians."""
        other = self.fields[Field.MIX][*place] > _MAJORITY
        return np.where(other, self.along(Field.ACROSS_B, place), self.along(Field.ACROSS_A, place))

    def patch(self, x_um: float, y_um: float, reach_um: float) -> tuple[Area, Image, Image]:
        """Part of the window round a point, with x and y from it."""
        x, y = self.window.x_um - x_um, self.window.y_um - y_um
        columns, rows = np.searchsorted(x, (-reach_um, reach_um)), np.searchsorted(y, (-reach_um, reach_um))
        area = slice(rows[0], rows[1]), slice(columns[0], columns[1])
        return area, x[area[1]].astype(np.float32), y[area[0], None].astype(np.float32)


def bare(window: Window, seed: int) -> Ground:
    """Return the ground with nothing on it, ready to be painted: glands last, so that they cover what lies there."""
    fields = np.zeros((len(Field), window.rows, window.columns), np.float32)
    fields[Field.INSIDE] = fields[Field.HOLLOW] = -FAR_UM
    fields[Field.BORDER] = _BORDER_UM2
    fields[[Field.SLOPE, Field.SHIFT]] = 0.4 * noise(window, 9.0, *_keys(seed, 11, 2))
    fields[Field.TONE] = 0.6 * noise(window, 16.0, *_keys(seed, 13, 1))[0]
    return Ground(window=window, fields=fields)


def _keys(seed: int, first: int, count: int) -> tuple[int, ...]:
    return tuple(seed * 1009 + first + n for n in range(count))


def paint_gland(ground: Ground, gland: Gland) -> None:
    """Add a gland, its lumen and the borders of its cells."""
    area, x, y = ground.patch(gland.x_um, gland.y_um, float(gland.outline_um.max()) + FAR_UM)
    if 0 in (x.size, y.size):
        return
    part = ground.fields[:, area[0], area[1]]
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    tables = gland.outline_um, gland.lumen_um, gland.slant
    outline, lumen, slant = (np.interp(angle, ANGLES, table, period=TURN).astype(np.float32) for table in tables)
    inside, hollow = (outline - radius) * slant, (lumen - radius) * slant
    np.maximum(part[Field.INSIDE], inside, out=part[Field.INSIDE])
    part[Field.LOOSE] += np.maximum(np.exp(inside / _UNION_UM) - _NONE, 0)
    np.maximum(part[Field.HOLLOW], hollow, out=part[Field.HOLLOW])
    # Borders of cells are seen from the myoepithelium, 3 µm deep, to the lumen.
    away = 4 * np.square(np.maximum(3 - inside, 0)) + 4 * np.square(np.maximum(hollow + 1, 0))
    first, second = _nearest(x, y, [(cell.x_um - gland.x_um, cell.y_um - gland.y_um) for cell in gland.luminal], 2)
    own = inside > _OWN_UM
    part[Field.BORDER][own] = np.minimum(np.square(0.5 * (second - first)) + away, _BORDER_UM2)[own]
    part[Field.TONE][own] = gland.tone
    part[Field.SECRETION][own] = gland.secretion


def _nearest(x: Image, y: Image, centres: list[tuple[float, float]], count: int) -> Image:
    """Distances from the nearest, second nearest, … of some centres, shape (count, rows, columns)."""
    squared = np.full((count, *np.broadcast_shapes(x.shape, y.shape)), 1e8, np.float32)
    for centre_x, centre_y in centres:
        further = np.square(x - np.float32(centre_x)) + np.square(y - np.float32(centre_y))
        for nearer in squared:
            further, nearer[...] = np.maximum(further, nearer), np.minimum(further, nearer)
    return np.sqrt(squared)


def paint_fat(ground: Ground, glands: Numbers, seed: int) -> None:
    """Fill the ground between glands, given as `glands.places_near`, with fat cells, and the corners between those."""
    window, fields = ground.window, ground.fields
    bend = 6.0 * noise(window, 26.0, *_keys(seed, 51, 2)) + noise(window, 7.0, *_keys(seed, 53, 2))
    origin = window.x_um[0], window.y_um[0]
    x = (window.x_um - origin[0]).astype(np.float32) + bend[0]
    y = (window.y_um[:, None] - origin[1]).astype(np.float32) + bend[1]
    centres, fat = _fat_cells(window, glands, seed)
    first, second, third = _nearest(x, y, (centres[fat] - origin).tolist(), 3)
    stroma = _nearest(x, y, (centres[~fat] - origin).tolist(), 1)[0]
    corner = np.maximum(_CORNER_UM - 0.5 * (third - first), 0)
    uneven = 0.8 * noise(window, 5.0, *_keys(seed, 55, 1))[0]
    fields[Field.HOLLOW] = np.clip(0.5 * (stroma - first) - 0.7 * corner + uneven, -FAR_UM, FAR_UM)
    fields[Field.BORDER] = np.minimum(np.square(0.5 * (second - first)), _BORDER_UM2)
    for gland_x, gland_y, radius in glands.T.tolist():
        area, across, down = ground.patch(gland_x, gland_y, radius + _CUFF_UM + 1.5 * FAR_UM)
        if 0 not in (across.size, down.size):
            part = fields[Field.HOLLOW][area]
            np.minimum(part, np.hypot(across, down) - np.float32(radius + _CUFF_UM) + uneven[area], out=part)


def _fat_cells(window: Window, glands: Numbers, seed: int) -> tuple[Numbers, NDArray[np.bool_]]:
    """Centres of the cells that share the ground, shape (n, 2), and which of them hold fat; the others are stroma."""
    wide = window.grown(2 * _FAT_CELL_UM)
    centres, draw = _strewn(wide, _FAT_CELL_UM, _FAT_JITTER, (seed, 239))
    apart = np.hypot(centres[:, :1] - glands[0], centres[:, 1:] - glands[1])
    fat = (draw[:, 0] > _FIBROUS_BELOW) & np.all(apart > glands[2] + _CUFF_UM, axis=1)
    return centres, fat


def _strewn(window: Window, square_um: float, jitter: float, key: tuple[int, int]) -> tuple[Numbers, Numbers]:
    """One jittered place in each square of a lattice: x and y, shape (n, 2), and draws, shape (n, 9)."""
    spans = (np.floor(positions[[0, -1]] / square_um).astype(int) for positions in (window.x_um, window.y_um))
    columns, rows = (np.arange(low, high + 1) for low, high in spans)
    squares = np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 2)
    words = hashed(np.array(key[:1]), np.array(key[1:]), squares[:, 1], squares[:, 0])
    numbers = np.stack([uniform(words, n) for n in range(1, 12)], axis=1).astype(np.float64)
    return (squares + 0.5 + jitter * numbers[:, :2]) * square_um, numbers[:, 2:]


def lay_fibres(ground: Ground, seed: int) -> tuple[int, int]:
    """Fill in the stroma: two families of wavy fibres, one of which also runs round the glands."""
    window, fields = ground.window, ground.fields
    near = _UNION_UM * np.log(fields[Field.LOOSE] + _NONE)
    fields[Field.LOOSE] = step(near + 2.5 * noise(window, 9.0, *_keys(seed, 41, 1))[0], *_LOOSE_UM)
    far, wide, middle = (noise(window, scale, *_keys(seed, 61 + n, 2)) for n, scale in ((0, 70.0), (2, 16.0), (4, 5.0)))
    phase = 4.0 * noise(window, 24.0, *_keys(seed, 67, 1))[0]
    mix = step(noise(window, 11.0, *_keys(seed, 68, 1))[0] + 0.5 * wide[0], -0.3, 0.5)
    fields[Field.MIX] = np.maximum(mix, fields[Field.LOOSE])
    turn = np.pi * float(draws(1, 1, seed, 263).item())
    knots = []
    for family, angle in enumerate((turn, turn + 0.9)):
        straight = window.x_um * np.cos(angle) + window.y_um[:, None] * np.sin(angle)
        along = window.y_um[:, None] * np.cos(angle) - window.x_um * np.sin(angle)
        across = straight + 22.0 * far[family] + 4.5 * wide[family] + 0.7 * middle[family]
        across += _CRIMP_UM * np.sin(along * (TURN / _CRIMP_PERIOD_UM) + phase)
        across += family * 1.3 * np.minimum(near, 2)
        across *= _STRETCH
        knots.append(int(np.floor(across.min() / KNOT_UM)))
        fields[Field.ACROSS_A + family] = across - knots[-1] * KNOT_UM
    return knots[0], knots[1]


def vessels(ground: Ground, seed: int) -> list[Cell]:
    """Open the vessels where there is room for them, and list their red cells and the nuclei of their lining."""
    places, draw = _strewn(ground.window, _VESSEL_SQUARE_UM, _JITTER, (seed, 241))
    within, nearest = ground.nearest(places)
    here = ground.fields[:, *nearest]
    radius = np.where(draw[:, 1] > _VENULES_ABOVE, _VENULE_UM, 2.2 + 0.6 * draw[:, 2])
    free = np.maximum(here[Field.INSIDE], here[Field.HOLLOW]) < -radius - 2.5
    wanted = draw[:, 0] < _VESSELS_BELOW + _VESSELS_IN_LOOSE * here[Field.LOOSE]
    angle = ground.along_fibres(nearest) + 0.6 * draw[:, 3]
    stretch = 1.7 + 0.5 * draw[:, 4]
    cells: list[Cell] = []
    for n in np.flatnonzero(within & free & wanted):
        _open(ground, places[n], (float(stretch[n] * radius[n]), float(radius[n])), float(angle[n]))
        cells += _vessel_cells(places[n], float(radius[n]), float(angle[n]), draw[n])
    return cells


def _open(ground: Ground, place: Numbers, axes_um: tuple[float, float], angle: float) -> None:
    """Open an elliptic lumen."""
    area, x, y = ground.patch(float(place[0]), float(place[1]), axes_um[0] + 4)
    cosine, sine = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    along = (x * cosine + y * sine) * np.float32(axes_um[1] / axes_um[0])
    part = ground.fields[Field.HOLLOW][area]
    np.maximum(part, np.float32(axes_um[1]) - np.hypot(along, y * cosine - x * sine), out=part)


def _vessel_cells(place: Numbers, radius_um: float, angle: float, draw: Numbers) -> Iterator[Cell]:
    """Yield red cells in the lumen and a nucleus on its wall."""
    aside = float(np.copysign(radius_um + 0.6, draw[7]))
    along, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    size = min(1.15 * radius_um, _RED_CELL_UM)
    for way in (-0.8, 0.0, 0.8) if radius_um > size else (0.8 * draw[8],):
        inside = place + radius_um * (way * along + 0.3 * way * draw[8] * across)
        yield replace(_nucleus(inside, angle, (size, 0.9 * size, 1.1), draw), red_cell=True, strength=1.0)
    yield replace(_nucleus(place + aside * across, angle, _LINING, draw), bend=-0.25 / aside)


def stromal_cells(ground: Ground, seed: int) -> Iterator[Cell]:
    """Yield fibroblasts along the fibres, lymphocytes in loose stroma and nuclei of fat cells on their walls."""
    places, draw = _strewn(ground.window, _CELL_SQUARE_UM, _JITTER, (seed, 257))
    within, nearest = ground.nearest(places)
    here = ground.fields[:, *nearest]
    hollow, loose = here[Field.HOLLOW], here[Field.LOOSE] > _MAJORITY
    stroma = within & (here[Field.INSIDE] < _CLEAR_OF_GLAND_UM) & (hollow < _CLEAR_OF_HOLLOW_UM)
    lymphocyte = loose & (draw[:, 1] < _LYMPHOCYTES_BELOW)
    present = stroma & (draw[:, 0] < np.where(loose, _LOOSE_CELLS_BELOW, _SPINDLES_BELOW))
    by_wall = hollow > _ALIGNED_UM
    angle = np.where(by_wall, ground.along(Field.HOLLOW, nearest), ground.along_fibres(nearest))
    angle += np.where(loose & ~by_wall, 0.5, 0.15) * draw[:, 4]
    for n in np.flatnonzero(present):
        shape = _LYMPHOCYTE if lymphocyte[n] else _PLUMP if loose[n] else _SPINDLE
        yield _nucleus(places[n], float(angle[n]), shape, draw[n])
    in_fat = within & (hollow > 1) & (here[Field.BORDER] < _NEAR_WALL_UM2) & (draw[:, 0] < _FAT_NUCLEI_BELOW)
    first = np.array([[ground.window.column], [ground.window.row]])
    moved = (nearest[::-1] + first) * GROUND_UM - 0.5 * ground.slope(Field.BORDER, nearest)
    for n in np.flatnonzero(in_fat):
        yield _nucleus(moved[:, n], float(ground.along(Field.BORDER, nearest)[n]), _FLAT, draw[n])


def _nucleus(place: Numbers, angle: float, shape: tuple[float, float, float], draw: Numbers) -> Cell:
    along, across, deep = shape
    return Cell(
        x_um=float(place[0]),
        y_um=float(place[1]),
        z_um=2.0 * float(draw[5]),
        axes_um=(along * (1 + 0.12 * float(draw[2])), across * (1 + 0.15 * float(draw[3])), deep),
        angle=angle,
        bend=0.02 * float(draw[6]),
        red_cell=False,
        strength=1.15 + 0.2 * float(draw[3]),
    )
