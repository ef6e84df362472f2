"""Architecture of kidney cortex: at each place how deep it lies in a tubule, a glomerulus or what is between them."""

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from acquire.simulated.specimens.curves import step
from acquire.simulated.specimens.lattice import keys_of, noise, uniform
from acquire.simulated.specimens.tissues.blocks import GROUND_UM
from acquire.simulated.specimens.tissues.build import Build
from acquire.simulated.specimens.tissues.fibres import KNOT_UM
from acquire.simulated.specimens.tissues.glomeruli import tuft
from acquire.simulated.specimens.tissues.lining import Ring, rings_near
from acquire.simulated.specimens.tissues.packing import NOWHERE, Circle, Pieces, grown
from acquire.simulated.specimens.tissues.tubules import ARTERIOLE, PROXIMAL, Tubules, tubules_near
from acquire.simulated.specimens.window import Window

Image = NDArray[np.float32]
Numbers = NDArray[np.float64]

_WARPS = ((90.0, 9.0), (30.0, 4.0), (11.0, 1.0), (4.5, 0.3))  # spacing and size in µm of what bends all walls
_BEND_UM = 40  # by which no point is moved farther, in whole steps of `GROUND_UM`
_SCALES_UM = (14.0, 7.0, 3.2)  # of the noise that makes places differ
_INVERSIONS = 14  # steps that undo the bending: each leaves a third of the error
_ALONG, _ROUND, _DIRECTION = 0.3, 0.9, 0.6  # how much fibres follow this direction, and the tubules
_CELLS_UM = 28.0  # so far beyond a window cells are looked for whose borders may run in it
_PALE = np.array([0.0, 0.45, 0.1], np.float32)  # how lightly each kind of tubule takes the stain
_FLUID = np.array([1.0, 0.2, 1.0], np.float32)  # what is in its lumen
_CAST_BELOW = -0.1  # draws that fill a lumen like the fullest
_BORDER_UM = np.float32(4.0)  # farther from a cell's border nothing depends on it


class Field(IntEnum):
    """The coarse fields, in the order of their array; those from VESSEL on decide where cells lie."""

    WALL = 0  # µm inside the basement membrane, negative in the interstitium
    LUMEN = 1  # µm inside a lumen, a capillary or Bowman's space
    WALL_SLOPE = 2  # µm by which these change for each µm of depth
    LUMEN_SLOPE = 3
    GRANULES = 4  # share of granular cytoplasm, with a brush border
    FIBRES = 5  # share of smooth muscle or mesangium
    PALE = 6  # how lightly the place took the stain
    BORDER = 7  # µm from the border of the nearest two cells of a wall
    FLUID = 8  # what a lumen is filled with
    ACROSS = 9  # µm across the fibres, from the knot of the ground
    VESSEL = 10  # whether a lumen holds blood
    BLOOD = 11  # how much of it, as noise
    TUFT = 12  # whether the place lies in a glomerulus


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ground:
    """The coarse fields over a window.

    Parameters
    ----------
    window : Window
        On the lattice of `GROUND_UM`.
    fields : ndarray of float32, shape (len(Field), rows, columns)
        In the order of `Field`.
    knot : int
        Knot of the fibres that ACROSS counts from.
    ring : Ring
        Cells in the walls of tubules in and round the window.
    """

    window: Window
    fields: Image
    knot: int
    ring: Ring


class _Noises(NamedTuple):
    """Noise of variance 1 that makes places differ, from coarse to fine."""

    region: Image
    spot: Image
    small: Image


def ground(window: Window, build: Build, seed: int) -> Ground:
    """Compute the coarse fields of a window.

    Parameters
    ----------
    window : Window
        On the lattice of `GROUND_UM`.
    build : Build
        How closely the cortex is packed.
    seed : int
        Of the slide.
    """
    wide = window.grown(_BEND_UM * GROUND_UM)
    bend = _bend(wide, seed)
    x = window.x_um + bend[0, _BEND_UM:-_BEND_UM, _BEND_UM:-_BEND_UM]
    y = window.y_um[:, None] + bend[1, _BEND_UM:-_BEND_UM, _BEND_UM:-_BEND_UM]
    box = float(x.min()), float(x.max()), float(y.min()), float(y.max())
    tubules = tubules_near(box, build, seed)
    cells = _unbent(rings_near(grown(box, 1.2 * _CELLS_UM), tubules, seed), bend, wide)
    noises = _Noises(*(noise(window, scale, *keys_of(seed, 100 + 10 * n, 5)) for n, scale in enumerate(_SCALES_UM)))
    fields = np.zeros((len(Field), window.rows, window.columns), np.float32)
    _fill_tubules(fields, tubules, x, y, noises)
    _divide_walls(fields, cells, window)
    _fill_interstitium(fields, build, noises)
    for circle in tubules.glomeruli:
        _fill_glomerulus(fields, circle, (x, y), build, seed)
    fields[Field.WALL_SLOPE] = np.float32(0.45) * noises.spot[1]
    fields[Field.LUMEN_SLOPE] = np.float32(0.35) * noises.spot[4] + np.float32(0.2) * noises.small[1]
    return Ground(window=window, fields=fields, knot=_lay_fibres(fields, noises, x, y), ring=cells)


def _bend(window: Window, seed: int) -> Numbers:
    """By how much each place is moved along x and y, so that no wall is straight."""
    bends = [size * noise(window, spacing, *keys_of(seed, 40 + 10 * n, 2)) for n, (spacing, size) in enumerate(_WARPS)]
    bend: Numbers = np.clip(np.sum(bends, axis=0, dtype=np.float64), -_BEND_UM, _BEND_UM)
    return bend


def _unbent(cells: Ring, bend: Numbers, window: Window) -> Ring:
    """Move cells to where the bending takes them from; it is known in the window and taken from its edge beyond."""
    x, y = cells.x_um, cells.y_um
    for _ in range(_INVERSIONS):
        place = np.stack([y / GROUND_UM - window.row, x / GROUND_UM - window.column])
        moved_x, moved_y = (map_coordinates(part, place, order=1, mode="nearest") for part in bend)
        x, y = cells.x_um - moved_x, cells.y_um - moved_y
    margin = _BEND_UM * GROUND_UM - _CELLS_UM
    kept = (x > window.x_um[0] + margin) & (x < window.x_um[-1] - margin)
    kept &= (y > window.y_um[0] + margin) & (y < window.y_um[-1] - margin)
    names = ("outward", "kind", "words")
    return replace(cells, x_um=x[kept], y_um=y[kept], **{name: getattr(cells, name)[kept] for name in names})


def _fill_tubules(fields: Image, tubules: Tubules, x: Numbers, y: Numbers, noises: _Noises) -> None:
    wall, lumen, number = tubules.wall(x, y)
    kind = tubules.kind[number]
    fields[Field.WALL] = wall
    uneven = np.float32(0.7) * noises.spot[2] + np.float32(0.35) * noises.small[0]
    fields[Field.LUMEN] = lumen + uneven * step(wall, 0.0, 6.0)
    fields[Field.GRANULES] = kind == PROXIMAL
    fields[Field.FIBRES] = kind == ARTERIOLE
    fields[Field.PALE] = (_PALE[tubules.kind] + np.float32(0.35) * uniform(tubules.words, 9))[number]
    fields[Field.PALE] += np.float32(0.15) * noises.spot[3]
    fields[Field.FLUID] = np.maximum(_FLUID[tubules.kind], uniform(tubules.words, 11) < _CAST_BELOW)[number]
    fields[Field.VESSEL] = kind == ARTERIOLE
    fields[Field.BLOOD] = noises.region[1]


def _divide_walls(fields: Image, cells: Ring, window: Window) -> None:
    """Give each cell of a wall its tint and bulge."""
    centres = np.concatenate([NOWHERE, np.stack([cells.x_um, cells.y_um], axis=1)])
    words = np.append(np.uint32(0), cells.words)
    voronoi = Pieces.of_spots(centres, np.zeros(len(centres)), corner_um=3.0)
    shape = (window.rows, window.columns)
    border, _, cell = voronoi.depth(np.broadcast_to(window.x_um, shape), np.broadcast_to(window.y_um[:, None], shape))
    in_wall = fields[Field.WALL] > 0
    border = np.where(in_wall, np.minimum(border, _BORDER_UM), _BORDER_UM)
    fields[Field.BORDER] = border
    fields[Field.LUMEN] -= np.float32(0.5) * (border - np.float32(1.5)) * in_wall
    fields[Field.PALE] += np.float32(0.3) * uniform(words, 9)[cell] * in_wall


def _fill_interstitium(fields: Image, build: Build, noises: _Noises) -> None:
    """Open capillaries where the interstitium is wide enough."""
    between = fields[Field.WALL] < 0
    common = noises.spot[0] + np.float32(0.4) * noises.region[0] + np.float32(build.capillaries)
    capillary = np.clip(np.minimum(-fields[Field.WALL] - np.float32(1.3), np.float32(3.5) * common), -3, 3)
    fields[Field.LUMEN] = np.where(between, capillary, fields[Field.LUMEN])
    fields[Field.VESSEL][between] = 1
    fields[Field.FLUID][between] = _FLUID[ARTERIOLE]


def _fill_glomerulus(fields: Image, circle: Circle, place: tuple[Numbers, Numbers], build: Build, seed: int) -> None:
    """Overwrite what lies inside a capsule."""
    x, y = place
    depth = circle[2] - np.hypot(x - circle[0], y - circle[1])
    inside = depth > 0
    if not inside.any():
        return
    lumen, capillary, blood = tuft(circle, x[inside], y[inside], build, seed)
    fields[Field.WALL][inside], fields[Field.LUMEN][inside] = depth[inside], lumen
    fields[Field.VESSEL][inside], fields[Field.BLOOD][inside] = capillary, blood + np.float32(0.3)
    fields[Field.FLUID][inside] = np.where(capillary, _FLUID[ARTERIOLE], 0.0)
    fields[Field.GRANULES][inside], fields[Field.FIBRES][inside] = 0, 0.25
    fields[Field.PALE][inside], fields[Field.BORDER][inside] = 0.3, _BORDER_UM
    fields[Field.TUFT][inside] = 1


def _lay_fibres(fields: Image, noises: _Noises, x: Numbers, y: Numbers) -> int:
    """Let fibres run round the tubules, more or less: along one direction alone they would run straight through."""
    along = _ALONG * (x * np.cos(_DIRECTION) + y * np.sin(_DIRECTION))
    wander = np.float32(2.5) * noises.region[2] + np.float32(0.8) * noises.spot[2]
    across = along + _ROUND * fields[Field.WALL] + wander
    knot = int(np.floor(float(across.min()) / KNOT_UM))
    fields[Field.ACROSS] = across - knot * KNOT_UM
    return knot
