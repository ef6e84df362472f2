"""Breast in haematoxylin and eosin: lobules of glands in loose stroma, among bundles of collagen or fat."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.architecture import GROUND_UM, step
from acquire.simulated.cells import REACH_UM, Cell, occupancy
from acquire.simulated.fibres import stripes
from acquire.simulated.glands import GLAND_REACH_UM, Layout, glands_near, places_near
from acquire.simulated.lattice import noise, spline, spread
from acquire.simulated.parenchyma import (
    FAR_UM,
    FAT_SIGHT_UM,
    SPLINE_SPREAD_UM2,
    Field,
    Ground,
    bare,
    lay_fibres,
    paint_fat,
    paint_gland,
    stromal_cells,
    vessels,
)
from acquire.simulated.specimen import Coordinates, Fidelity
from acquire.simulated.stains import HE, napierian
from acquire.simulated.window import TILE_PX, Window

Image = NDArray[np.float32]

SHEET_UM = 0.8
"""Thickness of the slab each sheet stands for."""

DEPTHS_UM = (-1.6, -0.8, 0.0, 0.8, 1.6)
"""A section of 4 µm in five sheets; a deeper sheet lies nearer to the slide."""

DENSITIES: Mapping[str, Layout] = {
    "dense": Layout(pitch_um=190.0, radius_um=84.0, fat=False),
    "open": Layout(pitch_um=330.0, radius_um=80.0, fat=True),
}

_BLOCK_TILES = 2  # the coarse fields are computed for blocks of 2 × 2 tiles at a time
_MARGIN_UM = 22.0  # fields beyond a block: cells and vessels reach in, and are judged by the tissue at their centre
_CLEAR_UM, _CLEAR_UM2 = 6.0, 8.5  # so far from walls, and squared from borders, nothing of them or their nuclei is left
_FIBRILS = ((7, 0.6), (2, 0.8), (1, 1.2))  # spacing in knots and weight: fibres, fibrils
_BUNDLES = ((24, 0.9), (10, 0.7))
_RED_CELL = np.float32(0.21)


@dataclass(frozen=True, slots=True, kw_only=True)
class Breast:
    """A section of breast, 4 µm thick, stained with haematoxylin and eosin.

    Parameters
    ----------
    seed : int
        Another seed is another slide.
    density : {'dense', 'open'}
        Dense fills nine tenths of a 40x field with lobules and collagen; in open breast fat lies between them.
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
        coarse, knots, cells = _block(_block_of(window), DENSITIES[self.density], self.seed)
        local = _upsampled(coarse, window)
        if _is_empty(local):
            return np.zeros((len(DEPTHS_UM), len(HE) + 1, window.rows, window.columns), np.float32)
        keys = [self.seed * 1009 + 500 + 31 * n for n in range(len(DEPTHS_UM))]
        bumps, speckle, fine = (_texture(window, spacing, keys, n) for n, spacing in enumerate((1.1, 0.36, 0.19)))
        speckle += np.float32(1.1) * fine
        fibres = _fibres(local, knots, keys, bumps)
        nuclei, red_cells = occupancy(cells, window, DEPTHS_UM, bumps)
        bundles = _bundles(local, knots, keys[0])
        matter = _matter(local, bundles + np.float32(0.1) * bumps[0])
        bundles *= np.float32(0.5)
        sheets = np.empty((len(DEPTHS_UM), len(HE) + 1, window.rows, window.columns), np.float32)
        for n, depth in enumerate(DEPTHS_UM):
            gland, hollow = _shapes(local, matter, bumps[n], depth)
            speckle[n] += np.float32(0.5) * bumps[n]
            threads = _sparse(fibres[n] + bundles + np.float32(0.3) * speckle[n], 1.9)
            grains = _sparse(speckle[n], 1.6)
            sheet = _Sheet(
                gland=gland, hollow=hollow, threads=threads, grains=grains, nuclei=nuclei[n], red_cells=red_cells[n]
            )
            _stain(sheets[n], matter, sheet)
        return sheets


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Matter:
    """What the stroma, the epithelium and the lumina of a tile take of eosin: an even part, and a part by texture."""

    stroma: tuple[Image, Image]
    epithelium: tuple[Image, Image]
    secretion: Image
    line: Image


def _block_of(window: Window) -> Window:
    side = _BLOCK_TILES * TILE_PX
    return Window(
        column=window.column // side * side,
        row=window.row // side * side,
        columns=side,
        rows=side,
        pitch_um=window.pitch_um,
    )


@lru_cache(maxsize=16)
def _block(block: Window, layout: Layout, seed: int) -> tuple[Ground, tuple[int, int], tuple[Cell, ...]]:
    """Coarse fields over a block, origins of the coordinates across its fibres, and cells that may reach into it."""
    window = block.grown(_MARGIN_UM).resampled(GROUND_UM)
    ground = bare(window, seed)
    if layout.fat:
        paint_fat(ground, places_near(window, layout, seed, FAT_SIGHT_UM), seed)
    glands = glands_near(window, layout, seed, GLAND_REACH_UM + FAR_UM)
    for gland in glands:
        paint_gland(ground, gland)
    knots = lay_fibres(ground, seed)
    cells = [cell for gland in glands for cell in gland.cells] + vessels(ground, seed)
    cells += stromal_cells(ground, seed)
    return ground, knots, tuple(cell for cell in cells if _reaches(cell, block))


def _reaches(cell: Cell, window: Window) -> bool:
    x, y = cell.x_um / window.pitch_um - window.column, cell.y_um / window.pitch_um - window.row
    reach = REACH_UM / window.pitch_um
    return -reach < x < window.columns + reach and -reach < y < window.rows + reach


def _upsampled(coarse: Ground, window: Window) -> Image:
    first_x, across = spline(window.column, window.columns, window.pitch_um / GROUND_UM)
    first_y, down = spline(window.row, window.rows, window.pitch_um / GROUND_UM)
    column, row = first_x - coarse.window.column, first_y - coarse.window.row
    part = coarse.fields[:, row : row + down.shape[1], column : column + across.shape[1]]
    return spread(part, window, GROUND_UM)


def _is_empty(local: Image) -> bool:
    """Whether a tile lies within one fat cell."""
    apart = local[Field.HOLLOW].min() > _CLEAR_UM and local[Field.BORDER].min() > _CLEAR_UM2
    return bool(apart and np.abs(local[Field.SECRETION]).max() == 0)


def _texture(window: Window, spacing_um: float, keys: list[int], octave: int) -> Image:
    return noise(window, spacing_um, *(key + octave for key in keys))


def _fibres(local: Image, knots: tuple[int, int], keys: list[int], bumps: Image) -> Image:
    shift = np.array(DEPTHS_UM, np.float32)[:, None, None] * local[Field.SHIFT]
    shift += np.float32(0.12) * bumps
    one, other = (
        stripes(local[Field.ACROSS_A + n] + shift, knots[n], _FIBRILS, [key + 10 + 5 * n for key in keys])
        for n in (0, 1)
    )
    other -= one
    other *= local[Field.MIX]
    one += other
    return one


def _bundles(local: Image, knots: tuple[int, int], key: int) -> Image:
    """Bundles run through the whole depth of the section."""
    one, other = (stripes(local[Field.ACROSS_A + n, None], knots[n], _BUNDLES, [key + 20 + 5 * n])[0] for n in (0, 1))
    bundles: Image = one + local[Field.MIX] * (other - one)
    return bundles


def _sparse(x: Image, strength: float) -> Image:
    """Map noise smoothly to 0 … 1, mostly low: strands and grains with gaps between them."""
    half = x * np.float32(strength)
    above = np.abs(half)
    above += np.float32(1)
    half /= above
    half += np.float32(1)
    half *= half
    half *= np.float32(0.25)
    return half


def _matter(local: Image, bundles: Image) -> _Matter:
    tone = np.float32(1) + np.float32(0.2) * local[Field.TONE]
    inside, hollow = local[Field.INSIDE], local[Field.HOLLOW]
    line = step(SPLINE_SPREAD_UM2 - local[Field.BORDER], -0.8, -0.05)
    wall = np.maximum(line * step(hollow, -1.5, 0.5), step(inside, -1.3, -0.4))
    loose = local[Field.LOOSE] * tone
    firm = tone - loose
    firm *= np.maximum(step(bundles + np.float32(0.7) * local[Field.TONE], -2.3, -1.7), step(hollow, -5.0, -3.0))
    airy = loose * step(bundles, -1.5, 1.0)
    clear = step(inside, 0.2, 1.2) * step(-inside, -4.5, -2.5)
    epithelium = tone * (np.float32(1) - np.float32(0.3) * clear)
    stroma = np.maximum(np.float32(0.03) * firm + np.float32(0.02) * loose, np.float32(0.05) * wall)
    return _Matter(
        stroma=(stroma, np.float32(0.13) * firm + np.float32(0.08) * airy),
        epithelium=((np.float32(0.045) + np.float32(0.025) * line) * epithelium, np.float32(0.09) * epithelium),
        secretion=local[Field.SECRETION] * (np.float32(0.035) + np.float32(0.003) * bundles),
        line=line,
    )


def _shapes(local: Image, matter: _Matter, bumps: Image, depth_um: float) -> tuple[Image, Image]:
    """Shares of epithelium and of hollows in one sheet."""
    tilt = np.float32(depth_um) * local[Field.SLOPE]
    tilt += np.float32(0.22) * bumps
    gland = step(local[Field.INSIDE] + tilt, -0.25, 0.35)
    tilt += local[Field.HOLLOW]
    hollow = step(tilt, -0.3, 0.4)
    hollow -= hollow * matter.line
    return gland, hollow


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sheet:
    """Shares of epithelium and hollows, textures, and what cells fill, in one sheet."""

    gland: Image
    hollow: Image
    threads: Image
    grains: Image
    nuclei: Image
    red_cells: Image


def _stain(stained: Image, matter: _Matter, sheet: _Sheet) -> None:
    """Fill one sheet (stains and path, rows, columns)."""
    blue, eosin, path = stained
    free = np.minimum(sheet.nuclei, 1)
    free *= np.float32(-0.8)
    free += np.float32(1)
    solid = np.float32(1) - sheet.hollow
    _fill_haematoxylin(blue, sheet, solid * free)
    _fill_eosin(eosin, matter, sheet)
    eosin *= free
    stained[:2] *= np.float32(SHEET_UM)
    np.add(blue, eosin, out=path)
    path *= np.float32(0.04)
    path += np.float32(0.005) * solid


def _fill_haematoxylin(blue: Image, sheet: _Sheet, plasma: Image) -> None:
    np.multiply(sheet.gland, np.float32(0.05), out=blue)
    blue += np.float32(0.012)
    blue *= plasma
    blue += np.float32(0.42) * sheet.nuclei
    blue *= sheet.grains
    blue += np.float32(0.1) * sheet.nuclei


def _fill_eosin(eosin: Image, matter: _Matter, sheet: _Sheet) -> None:
    np.multiply(matter.stroma[1], sheet.threads, out=eosin)
    eosin += matter.stroma[0]
    _blend(eosin, matter.epithelium[0] + matter.epithelium[1] * sheet.grains, sheet.gland)
    _blend(eosin, matter.secretion, sheet.hollow)
    _blend(eosin, _RED_CELL, sheet.red_cells)


def _blend(target: Image, other: Image | np.float32, share: Image) -> None:
    if not share.any():
        return
    change = other - target
    change *= share
    target += change
