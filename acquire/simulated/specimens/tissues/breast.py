"""Breast in haematoxylin and eosin: lobules of glands in loose stroma, among bundles of collagen or fat."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.specimens.curves import sparse
from acquire.simulated.specimens.specimen import Coordinates, Fidelity
from acquire.simulated.specimens.stains import HE, napierian
from acquire.simulated.specimens.tissues.blocks import GROUND_UM, block_of, upsampled
from acquire.simulated.specimens.tissues.breaststain import Sheet, matter_of, shapes, stain
from acquire.simulated.specimens.tissues.cells import REACH_UM, Cell, occupancy
from acquire.simulated.specimens.tissues.fat import FAT_SIGHT_UM, paint_fat
from acquire.simulated.specimens.tissues.fibres import crossed
from acquire.simulated.specimens.tissues.glands import GLAND_REACH_UM, glands_near
from acquire.simulated.specimens.tissues.lobules import Layout, places_near
from acquire.simulated.specimens.tissues.parenchyma import FAR_UM, Field, Ground, bare, paint_gland
from acquire.simulated.specimens.tissues.section import BUNDLES, DEPTHS_UM, FIBRES, sheet_keys, textures
from acquire.simulated.specimens.tissues.stroma import lay_fibres, stromal_cells, vessels
from acquire.simulated.specimens.window import Window

Image = NDArray[np.float32]

DENSITIES: Mapping[str, Layout] = {
    "dense": Layout(pitch_um=190.0, radius_um=84.0, fat=False),
    "open": Layout(pitch_um=330.0, radius_um=80.0, fat=True),
}

_MARGIN_UM = 22.0  # fields beyond a block: cells and vessels reach in, and are judged by the tissue at their centre
_CLEAR_UM, _CLEAR_UM2 = 6.0, 8.5  # so far from walls, and squared from borders, nothing of them or their nuclei is left
_FIBRILS = ((7, 0.6), (2, 0.8), (1, 1.2))  # spacing in knots and weight: fibres, fibrils
_BUNDLES = ((24, 0.9), (10, 0.7))
_TEXTURES_UM = (1.1, 0.36, 0.19)


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
        coarse, knots, cells = _block(block_of(window), DENSITIES[self.density], self.seed)
        local = upsampled(coarse.fields, coarse.window, window)
        if _is_empty(local):
            return np.zeros((len(DEPTHS_UM), len(HE) + 1, window.rows, window.columns), np.float32)
        bumps, speckle, fine = textures(window, _TEXTURES_UM, self.seed)
        speckle += np.float32(1.1) * fine
        fibres = _fibres(local, knots, self.seed, bumps)
        nuclei, red_cells = occupancy(cells, window, DEPTHS_UM, bumps)
        bundles = _bundles(local, knots, self.seed)
        matter = matter_of(local, bundles + np.float32(0.1) * bumps[0])
        bundles *= np.float32(0.5)
        sheets = np.empty((len(DEPTHS_UM), len(HE) + 1, window.rows, window.columns), np.float32)
        for n, depth in enumerate(DEPTHS_UM):
            gland, hollow = shapes(local, matter, bumps[n], depth)
            speckle[n] += np.float32(0.5) * bumps[n]
            threads = sparse(fibres[n] + bundles + np.float32(0.3) * speckle[n], 1.9)
            grains = sparse(speckle[n], 1.6)
            sheet = Sheet(
                gland=gland, hollow=hollow, threads=threads, grains=grains, nuclei=nuclei[n], red_cells=red_cells[n]
            )
            stain(sheets[n], matter, sheet)
        return sheets


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


def _is_empty(local: Image) -> bool:
    """Whether a tile lies within one fat cell."""
    apart = local[Field.HOLLOW].min() > _CLEAR_UM and local[Field.BORDER].min() > _CLEAR_UM2
    return bool(apart and np.abs(local[Field.SECRETION]).max() == 0)


def _fibres(local: Image, knots: tuple[int, int], seed: int, bumps: Image) -> Image:
    shift = np.array(DEPTHS_UM, np.float32)[:, None, None] * local[Field.SHIFT]
    shift += np.float32(0.12) * bumps
    across = [local[Field.ACROSS_A + n] + shift for n in (0, 1)]
    return crossed(across, knots, _FIBRILS, sheet_keys(seed, FIBRES), local[Field.MIX])


def _bundles(local: Image, knots: tuple[int, int], seed: int) -> Image:
    """Bundles run through the whole depth of the section."""
    across = [local[Field.ACROSS_A + n, None] for n in (0, 1)]
    bundles: Image = crossed(across, knots, _BUNDLES, sheet_keys(seed, BUNDLES)[:1], local[Field.MIX])[0]
    return bundles
