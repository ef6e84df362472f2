"""Parenchyma of the breast: fields on a coarse lattice, and how glands are painted on them."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.specimens.lattice import key_of, keys_of, noise
from acquire.simulated.specimens.tissues.blocks import GROUND_UM
from acquire.simulated.specimens.tissues.glands import ANGLES, TURN, Gland
from acquire.simulated.specimens.window import Window

Image = NDArray[np.float32]
Numbers = NDArray[np.float64]
Area = tuple[slice, slice]

SPLINE_SPREAD_UM2 = GROUND_UM**2 / 3
"""What joining by cubic B-splines adds to the square of a distance."""

FAR_UM = 20.0
"""So far from a gland or a wall nothing depends on the distance."""

BORDER_UM2 = 9.0
"""So far, squared, from a border between cells nothing depends on the distance from it."""

UNION_UM = 4.0
"""Rounding of the stroma's lines where they pass from one gland to the next."""

FAINTEST = np.float32(np.exp(-FAR_UM / UNION_UM))
"""What is left of ``exp(depth / UNION_UM)`` at the distance `FAR_UM`; it is taken off where those of glands add up."""

MAJORITY = 0.5
"""The share of a kind of tissue from which a place counts as that kind."""

_OWN_UM = -2.0  # a gland's own tone reaches so far, that none of the stroma's shows at its rim


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
        other = self.fields[Field.MIX][*place] > MAJORITY
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
    fields[Field.BORDER] = BORDER_UM2
    fields[[Field.SLOPE, Field.SHIFT]] = 0.4 * noise(window, 9.0, *keys_of(seed, 11, 2))
    fields[Field.TONE] = 0.6 * noise(window, 16.0, key_of(seed, 13))[0]
    return Ground(window=window, fields=fields)


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
    part[Field.LOOSE] += np.maximum(np.exp(inside / UNION_UM) - FAINTEST, 0)
    np.maximum(part[Field.HOLLOW], hollow, out=part[Field.HOLLOW])
    # Borders of cells are seen from the myoepithelium, 3 µm deep, to the lumen.
    away = 4 * np.square(np.maximum(3 - inside, 0)) + 4 * np.square(np.maximum(hollow + 1, 0))
    first, second = nearest_of(x, y, [(cell.x_um - gland.x_um, cell.y_um - gland.y_um) for cell in gland.luminal], 2)
    own = inside > _OWN_UM
    part[Field.BORDER][own] = np.minimum(np.square(0.5 * (second - first)) + away, BORDER_UM2)[own]
    part[Field.TONE][own] = gland.tone
    part[Field.SECRETION][own] = gland.secretion


def nearest_of(x: Image, y: Image, centres: list[tuple[float, float]], count: int) -> Image:
    """Distances from the nearest, second nearest, … of some centres, shape (count, rows, columns)."""
    squared = np.full((count, *np.broadcast_shapes(x.shape, y.shape)), 1e8, np.float32)
    for centre_x, centre_y in centres:
        further = np.square(x - np.float32(centre_x)) + np.square(y - np.float32(centre_y))
        for nearer in squared:
            further, nearer[...] = np.maximum(further, nearer), np.minimum(further, nearer)
    return np.sqrt(squared)
