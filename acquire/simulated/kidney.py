"""Kidney cortex in haematoxylin and eosin: convoluted tubules side by side, and a glomerulus here and there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.architecture import GROUND_UM, step
from acquire.simulated.cells import REACH_UM, Cell, occupancy
from acquire.simulated.cortex import Field, Ground, ground
from acquire.simulated.fibres import stripes
from acquire.simulated.lattice import noise, spline, spread, uniform
from acquire.simulated.specimen import Coordinates, Fidelity
from acquire.simulated.stains import HE, napierian
from acquire.simulated.tubules import ARTERIOLE, Build, Ring, staggered
from acquire.simulated.window import TILE_PX, Window

Image = NDArray[np.float32]
Numbers = NDArray[np.float64]

SHEET_UM = 0.8
"""Thickness of the slab each sheet stands for."""

DEPTHS_UM = (-1.6, -0.8, 0.0, 0.8, 1.6)
"""A section of 4 µm in five sheets; a deeper sheet lies nearer to the slide."""

DENSITIES: Mapping[str, Build] = {
    "dense": Build(
        pitch_um=43.0,
        gap_um=1.4,
        corner_um=12.0,
        wider_um=-0.7,
        open_loops=0.5,
        urinary_um=2.5,
        capillaries=0.2,
        stroma=(0.02, 0.09),
        fluid=0.028,
    ),
    "open": Build(
        pitch_um=46.0,
        gap_um=4.5,
        corner_um=22.0,
        wider_um=2.0,
        open_loops=0.85,
        urinary_um=6.0,
        capillaries=-0.4,
        stroma=(0.003, 0.06),
        fluid=0.016,
    ),
}

_BLOCK_TILES = 2  # the coarse fields are computed for blocks of 2 × 2 tiles at a time
_BLOCK_LOCK = Lock()  # neighbouring tiles need the same block at the same time: one of two threads waits for it
_MARGIN_UM = REACH_UM + 2.0  # coarse fields beyond a block: cells reach in, and are judged by the tissue under them
_UPSAMPLED = Field.VESSEL  # the fields before this one are wanted at every pixel
_TEXTURES_UM = (1.1, 0.62, 0.36, 0.19)
_FIBRILS = ((6, 0.5), (2, 0.9), (1, 0.8))  # spacing in knots and weight: fibres, fibrils
_EDGE_UM = (-0.33, 0.45)  # softness of all walls: no power beyond 7 cycles per µm
_ROUNDER = np.float32(0.45)  # nuclei follow the noise less than those of lung

_SQUARE_UM, _JITTER = 5.2, 0.3  # lattice of the cells that line no tubule
_SEEN_BELOW, _IN_TUFT_BELOW, _FLAT_BELOW = 0.66, 0.2, -0.1  # draws, uniform in -1 … 1, that give a nucleus
_DRAWS, _SECOND_FROM = 10, 0.3  # draws for each cell; those that give it a second nucleolus
_RED_CELLS_FROM = 0.1  # blood, noise of variance 1, that gives a red cell
_IN_LUMEN_UM = 0.3  # centres of red cells lie deeper in a lumen, those of a tuft's nuclei less deep
_STROMA_UM = -0.4  # centres of flat nuclei lie so far outside the tubules
_CAPSULE_UM = (1.6, 3.0)  # or so near to the surface of a glomerulus; those of the tuft lie deeper

_Shape = tuple[tuple[float, float, float], float, bool]
"""Half axes in µm, angle, and whether it is a red cell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kidney:
    """A section of kidney cortex, 4 µm thick, stained with haematoxylin and eosin.

    Parameters
    ----------
    seed : int
        Another seed is another slide.
    density : {'dense', 'open'}
        Dense fills nine tenths of a 40x field; open is oedematous, with wide interstitium and lumina.
    """

    seed: int = 1
    density: Literal["dense", "open"] = "dense"

    @property
    def absorbance(self) -> Image:
        """Of haematoxylin and eosin."""
        return napierian(HE)

    @property
    def fidelity(self) -> Fidelity:
        """As tissue."""
        return "log"

    @property
    def depths_um(self) -> tuple[float, ...]:
        """Depths of the sheets."""
        return DEPTHS_UM

    def surface_um(self, x_um: Coordinates, y_um: Coordinates, /) -> Coordinates:
        """Z of mid-section: level."""
        return 0.0 * x_um * y_um

    def tile(self, window: Window) -> Image:
        """Compute one tile; see `specimen.Specimen`."""
        build = DENSITIES[self.density]
        with _BLOCK_LOCK:
            coarse, cells, nucleoli = _block(_block_of(window), build, self.seed)
        local = _upsampled(coarse, window)
        textures = _textures(window, local, coarse.knot, self.seed)
        cytoplasm, fluid = _cytoplasm(local), np.float32(build.fluid) * local[Field.FLUID]
        nuclei, red_cells = occupancy(cells, window, DEPTHS_UM, _ROUNDER * textures.bumps)
        spots, _ = occupancy(nucleoli, window, DEPTHS_UM, textures.bumps)
        sheets = np.empty((len(DEPTHS_UM), len(HE) + 1, window.rows, window.columns), np.float32)
        for n, depth_um in enumerate(DEPTHS_UM):
            here = _Textures(*(images[n] for images in textures))
            wall, lumen = _depths(local, here, depth_um)
            outside = np.float32(1) - np.minimum(nuclei[n], 1)
            empty = step(lumen, *_EDGE_UM) * outside
            eosin = _eosin(step(wall, *_EDGE_UM), cytoplasm, here, build)
            eosin *= (np.float32(1) - empty) * (np.float32(0.5) + np.float32(0.5) * outside)
            eosin += empty * (fluid + np.float32(0.2) * red_cells[n])
            _fill(sheets[n], np.float32(1) - empty, nuclei[n], spots[n], eosin, here.grains)
        return sheets


class _Textures(NamedTuple):
    """For each sheet noise of variance 1, and grains and fibres from 0 to 1, mostly low."""

    bumps: Image
    clumps: Image
    grains: Image
    threads: Image


def _block_of(window: Window) -> Window:
    side = _BLOCK_TILES * TILE_PX
    column, row = window.column // side * side, window.row // side * side
    return Window(column=column, row=row, columns=side, rows=side, pitch_um=window.pitch_um)


@lru_cache(maxsize=16)
def _block(window: Window, build: Build, seed: int) -> tuple[Ground, tuple[Cell, ...], tuple[Cell, ...]]:
    """Coarse fields, cells and nucleoli."""
    coarse = ground(window.grown(_MARGIN_UM).resampled(GROUND_UM), build, seed)
    lining, nucleoli = _lining(coarse.ring)
    return coarse, lining + tuple(_scattered(window, coarse, seed)), nucleoli


def _upsampled(coarse: Ground, window: Window) -> Image:
    first_x, across = spline(window.column, window.columns, window.pitch_um / GROUND_UM)
    first_y, down = spline(window.row, window.rows, window.pitch_um / GROUND_UM)
    column, row = first_x - coarse.window.column, first_y - coarse.window.row
    part = coarse.fields[:_UPSAMPLED, row : row + down.shape[1], column : column + across.shape[1]]
    return spread(part, window, GROUND_UM)


def _textures(window: Window, local: Image, knot: int, seed: int) -> _Textures:
    keys = [seed * 1009 + 500 + 31 * n for n in range(len(DEPTHS_UM))]
    bumps, clumps, speckle, fine = (
        noise(window, spacing, *(key + n for key in keys)) for n, spacing in enumerate(_TEXTURES_UM)
    )
    half_slope = np.float32(0.5) * local[Field.WALL_SLOPE]
    across = np.stack([local[Field.ACROSS] + np.float32(depth) * half_slope for depth in DEPTHS_UM])
    threads = stripes(across, knot, _FIBRILS, [key + 10 for key in keys])
    threads += np.float32(0.35) * bumps
    fine *= np.float32(1.3)
    fine += speckle
    fine += np.float32(0.9) * clumps
    fine += np.float32(0.4) * bumps
    return _Textures(bumps=bumps, clumps=clumps, grains=_sparse(fine, 2.0), threads=_sparse(threads, 2.0))


def _sparse(x: Image, strength: float) -> Image:
    """Map noise smoothly to 0 … 1, mostly low, in place: strands and grains with gaps between them."""
    x *= np.float32(strength)
    x /= np.abs(x) + np.float32(1)
    x += np.float32(1)
    x *= x
    x *= np.float32(0.25)
    return x


def _cytoplasm(local: Image) -> tuple[Image, Image, Image]:
    """Eosin per µm inside the basement membranes: everywhere, in grains and in threads."""
    granules, fibres = local[Field.GRANULES], local[Field.FIBRES]
    tint = np.float32(1) - np.float32(0.35) * local[Field.PALE]
    tint -= np.float32(0.2) * (np.float32(1) - step(local[Field.BORDER], 0.1, 1.0))
    tint *= np.float32(1) - fibres
    even = tint * (np.float32(0.022) + np.float32(0.002) * granules) + np.float32(0.015) * fibres
    return even, tint * (np.float32(0.08) + np.float32(0.05) * granules), np.float32(0.11) * fibres


def _depths(local: Image, textures: _Textures, depth_um: float) -> tuple[Image, Image]:
    """Depth in µm inside walls and lumina at one depth of the section; a brush border makes the lumen ragged."""
    depth, granules = np.float32(depth_um), local[Field.GRANULES]
    wall = local[Field.WALL] + depth * local[Field.WALL_SLOPE]
    wall += np.float32(0.2) * textures.bumps
    lumen = local[Field.LUMEN] + depth * local[Field.LUMEN_SLOPE]
    lumen *= np.float32(1) - np.float32(0.5) * granules
    lumen += np.float32(0.22) * textures.bumps
    lumen += np.float32(0.3) * granules * textures.clumps
    return wall, lumen


def _eosin(epithelium: Image, cytoplasm: tuple[Image, Image, Image], textures: _Textures, build: Build) -> Image:
    """Eosin per µm of what is solid; the basement membrane, where one gives way to the other, takes more."""
    even, grainy, stringy = cytoplasm
    stroma = np.float32(build.stroma[1]) * textures.threads
    stroma += np.float32(build.stroma[0])
    eosin = grainy * textures.grains
    eosin += even
    eosin += stringy * textures.threads
    eosin -= stroma
    eosin += np.float32(0.12) * (np.float32(1) - epithelium)
    eosin *= epithelium
    eosin += stroma
    return eosin


def _fill(sheet: Image, solid: Image, nuclei: Image, nucleoli: Image, eosin: Image, grains: Image) -> None:
    """Fill one sheet (stains and path, rows, columns)."""
    haematoxylin = np.float32(0.05) + np.float32(0.27) * grains
    haematoxylin += np.float32(0.16) * nucleoli
    haematoxylin *= nuclei
    np.multiply(haematoxylin, np.float32(SHEET_UM), out=sheet[0])
    np.multiply(eosin + np.float32(0.12) * nucleoli, np.float32(SHEET_UM), out=sheet[1])
    sheet[2] = np.float32(0.04) * (sheet[0] + sheet[1])
    sheet[2] += np.float32(0.006 * SHEET_UM) * solid


def _lining(cells: Ring) -> tuple[tuple[Cell, ...], tuple[Cell, ...]]:
    """Nuclei of the walls of tubules, round or, in the muscle of an arteriole, along the wall; and their nucleoli."""
    draws = np.stack([uniform(cells.words, 10 + n) for n in range(_DRAWS)], axis=1).astype(np.float64)
    nuclei, nucleoli = list[Cell](), list[Cell]()
    for n in np.flatnonzero(draws[:, 0] < _SEEN_BELOW):
        draw, outward, radius = draws[n], cells.outward[n], 2.85 + 0.3 * draws[n, 1]
        shape = (radius * (1.06 + 0.1 * draw[2]), radius * (0.97 - 0.06 * draw[2]), 2.6), np.pi * draw[3], False
        muscle = (5.0 + draw[1], 1.4 + 0.25 * draw[2], 1.4), outward + 0.5 * np.pi + 0.15 * draw[3], False
        x = cells.x_um[n] + 0.8 * draw[4] * np.cos(outward)
        y = cells.y_um[n] + 0.8 * draw[4] * np.sin(outward)
        is_muscle = cells.kind[n] == ARTERIOLE
        nuclei.append(_cell((x, y, 3.4 * draw[5]), muscle if is_muscle else shape, 0.0, 0.9 + 0.2 * draw[6]))
        if not is_muscle:
            nucleoli += _nucleoli(nuclei[-1], draw)
    return tuple(nuclei), tuple(nucleoli)


def _nucleoli(nucleus: Cell, draw: Numbers) -> Iterator[Cell]:
    """One or two, not far from the middle."""
    for turn in (0.0, 0.8 * np.pi)[: 1 + (draw[7] > _SECOND_FROM)]:
        away, angle = (0.15 + 0.4 * abs(draw[9])) * nucleus.axes_um[1], np.pi * draw[8] + turn
        x, y = nucleus.x_um + away * np.cos(angle), nucleus.y_um + away * np.sin(angle)
        radius = 0.6 + 0.12 * draw[9]
        yield _cell((x, y, 0.6 * nucleus.z_um), ((radius, radius, 0.9), 0.0, False), 0.0, 1.0)


def _cell(place_um: tuple[float, float, float], shape: _Shape, bend: float, strength: float) -> Cell:
    (x, y, z), (axes, angle, red_cell) = place_um, shape
    return Cell(x_um=x, y_um=y, z_um=z, axes_um=axes, angle=angle, bend=bend, red_cell=red_cell, strength=strength)


def _scattered(window: Window, coarse: Ground, seed: int) -> Iterator[Cell]:
    """Red cells, and the nuclei of interstitium and glomeruli."""
    window = window.grown(REACH_UM)
    box = window.x_um[0], window.x_um[-1], window.y_um[0], window.y_um[-1]
    _, _, words, centres = staggered(box, _SQUARE_UM, 1, _JITTER, seed * 1009 + 703)
    draws = np.stack([uniform(words, n).ravel() for n in range(3, 3 + _DRAWS)], axis=1).astype(np.float64)
    places = np.rint(centres / GROUND_UM).astype(np.int64) - (coarse.window.column, coarse.window.row)
    inside = (places > 0) & (places < (coarse.window.columns - 1, coarse.window.rows - 1))
    for n in np.flatnonzero(inside.all(axis=1)):
        (x, y), (column, row), draw = centres[n], places[n], draws[n]
        shape = _shape(coarse.fields[:, row - 1 : row + 2, column - 1 : column + 2], draw)
        if shape is not None:
            yield _cell((x, y, 2.8 * draw[4]), shape, 0.03 * draw[5], 1 + 0.2 * draw[6])


def _shape(near: Image, draw: Numbers) -> _Shape | None:
    """Shape of the cell that lies in the middle of 3 × 3 points of the coarse fields, if any does."""
    here = near[:, 1, 1]
    wall, lumen, in_tuft = here[Field.WALL], here[Field.LUMEN], here[Field.TUFT] > 0
    if here[Field.VESSEL] and lumen > _IN_LUMEN_UM:
        if here[Field.BLOOD] + 0.5 * draw[0] < _RED_CELLS_FROM:
            return None
        return (3.1 + 0.25 * draw[1], 2.8 + 0.25 * draw[2], 1.1), np.pi * draw[3], True
    if in_tuft and wall > _CAPSULE_UM[1] and lumen < _IN_LUMEN_UM and draw[0] < _IN_TUFT_BELOW:
        return (3.0 + 0.45 * draw[1], 2.25 + 0.3 * draw[2], 2.1), np.pi * draw[3], False
    flat = wall < _CAPSULE_UM[0] if in_tuft else wall < _STROMA_UM and lumen < 0
    if flat and draw[0] < _FLAT_BELOW:
        across = near[Field.WALL]
        along = float(np.arctan2(across[2, 1] - across[0, 1], across[1, 2] - across[1, 0])) + 0.5 * np.pi
        return (3.9 + 0.9 * draw[1], 1.15 + 0.3 * draw[2], 1.5), along + 0.15 * draw[3], False
    return None
