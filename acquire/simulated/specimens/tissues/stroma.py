"""Stroma of the breast: fibres, vessels, and the cells among them."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.specimens.curves import step
from acquire.simulated.specimens.lattice import draws, key_of, keys_of, noise, strewn
from acquire.simulated.specimens.tissues.blocks import GROUND_UM
from acquire.simulated.specimens.tissues.cells import Cell
from acquire.simulated.specimens.tissues.fibres import KNOT_UM
from acquire.simulated.specimens.tissues.parenchyma import FAINTEST, MAJORITY, UNION_UM, Field, Ground

Numbers = NDArray[np.float64]

_LOOSE_UM = (-15.0, -8.0)  # depth in the gland from which to which loose stroma gives way to collagen
_CRIMP_UM, _CRIMP_PERIOD_UM = 0.9, 21.0  # waves along the bundles of collagen: 10 to 30 µm in most tissues
_STRETCH = 0.75  # knots across the fibres lie 0.27 µm apart: where fibres crowd they come to half of that
_VESSEL_SQUARE_UM, _VESSELS_BELOW, _VESSELS_IN_LOOSE = 34.0, -0.35, 0.6  # one to a square at most; draw, and its rise
_CELL_SQUARE_UM, _JITTER = 6.6, 0.36
_VENULES_ABOVE, _VENULE_UM, _RED_CELL_UM = 0.6, 4.5, 3.0
_LOOSE_CELLS_BELOW, _LYMPHOCYTES_BELOW, _SPINDLES_BELOW, _FAT_NUCLEI_BELOW = -0.45, -0.55, -0.74, -0.7  # draws
_LYMPHOCYTE, _PLUMP, _SPINDLE = (2.9, 2.7, 2.5), (4.0, 1.35, 1.5), (5.1, 0.95, 1.2)  # half axes of nuclei in µm
_FLAT, _LINING = (4.5, 1.2, 1.6), (3.4, 1.0, 1.5)
_CLEAR_OF_GLAND_UM, _CLEAR_OF_HOLLOW_UM, _ALIGNED_UM = -2.5, -1.0, -4.0  # depths of the centres of stromal nuclei
_NEAR_WALL_UM2 = 4.0  # squared distance from which the nucleus of a fat cell is moved onto its wall


def lay_fibres(ground: Ground, seed: int) -> tuple[int, int]:
    """Fill in the stroma: two families of wavy fibres, one of which also runs round the glands."""
    window, fields = ground.window, ground.fields
    near = UNION_UM * np.log(fields[Field.LOOSE] + FAINTEST)
    fields[Field.LOOSE] = step(near + 2.5 * noise(window, 9.0, key_of(seed, 41))[0], *_LOOSE_UM)
    far, wide, middle = (
        noise(window, scale, *keys_of(seed, 61 + n, 2)) for n, scale in ((0, 70.0), (2, 16.0), (4, 5.0))
    )
    phase = 4.0 * noise(window, 24.0, key_of(seed, 67))[0]
    mix = step(noise(window, 11.0, key_of(seed, 68))[0] + 0.5 * wide[0], -0.3, 0.5)
    fields[Field.MIX] = np.maximum(mix, fields[Field.LOOSE])
    turn = np.pi * float(draws(1, 1, seed, 263).item())
    knots = []
    for family, angle in enumerate((turn, turn + 0.9)):
        straight = window.x_um * np.cos(angle) + window.y_um[:, None] * np.sin(angle)
        along = window.y_um[:, None] * np.cos(angle) - window.x_um * np.sin(angle)
        across = straight + 22.0 * far[family] + 4.5 * wide[family] + 0.7 * middle[family]
        across += _CRIMP_UM * np.sin(along * (2 * np.pi / _CRIMP_PERIOD_UM) + phase)
        across += family * 1.3 * np.minimum(near, 2)
        across *= _STRETCH
        knots.append(int(np.floor(across.min() / KNOT_UM)))
        fields[Field.ACROSS_A + family] = across - knots[-1] * KNOT_UM
    return knots[0], knots[1]


def vessels(ground: Ground, seed: int) -> list[Cell]:
    """Open the vessels where there is room for them, and list their red cells and the nuclei of their lining."""
    places, draw = strewn(ground.window, _VESSEL_SQUARE_UM, _JITTER, (seed, 241))
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
    places, draw = strewn(ground.window, _CELL_SQUARE_UM, _JITTER, (seed, 257))
    within, nearest = ground.nearest(places)
    here = ground.fields[:, *nearest]
    hollow, loose = here[Field.HOLLOW], here[Field.LOOSE] > MAJORITY
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
