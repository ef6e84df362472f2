"""Lung in Masson's trichrome: septa of collagen, muscle and cells round empty alveoli."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.specimens.curves import sparse, step
from acquire.simulated.specimens.specimen import Coordinates, Fidelity
from acquire.simulated.specimens.stains import MASSON, napierian
from acquire.simulated.specimens.tissues.blocks import GROUND_UM, block_of, upsampled
from acquire.simulated.specimens.tissues.cells import REACH_UM, Cell, occupancy
from acquire.simulated.specimens.tissues.fibres import crossed
from acquire.simulated.specimens.tissues.lungcells import cells_near
from acquire.simulated.specimens.tissues.section import DEPTHS_UM, FIBRES, SHEET_UM, sheet_keys, textures
from acquire.simulated.specimens.tissues.septa import Field, Ground, Septa, ground
from acquire.simulated.specimens.window import Window

Image = NDArray[np.float32]

DENSITIES: Mapping[str, Septa] = {
    "dense": Septa(pitch_um=20.0, half_width_um=6.8),
    "open": Septa(pitch_um=52.0, half_width_um=4.6),
}

_TEXTURES_UM = (1.1, 0.36, 0.19)
_MARGIN_UM = REACH_UM + 10.0  # fields beyond a block: cells reach in, and are judged by the tissue at their centre
_CLEAR_UM = 5.0  # so far from the nearest septum nothing of it, slanted walls and cells included, is left
_FIBRILS = ((8, 0.4), (2, 0.9), (1, 1.4))  # spacing in knots and weight: bundles, fibres, fibrils


@dataclass(frozen=True, slots=True, kw_only=True)
class Lung:
    """A section of lung, 4 µm thick, stained with Masson's trichrome.

    Parameters
    ----------
    seed : int
        Another seed is another slide.
    density : {'dense', 'open'}
        Dense fills nine tenths of a 40x field with tissue, as fibrosis does; open lung two fifths.
    """

    seed: int = 1
    density: Literal["dense", "open"] = "dense"

    @property
    def absorbance(self) -> Image:
        """Of Masson's trichrome."""
        return napierian(MASSON)

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
        coarse, cells = _block(block_of(window), DENSITIES[self.density], self.seed)
        local = upsampled(coarse.fields, coarse.window, window)
        if local[Field.INSIDE].max() < -_CLEAR_UM:
            return np.zeros((len(DEPTHS_UM), len(MASSON) + 1, window.rows, window.columns), np.float32)
        bumps, speckle, fine = textures(window, _TEXTURES_UM, self.seed)
        speckle += np.float32(1.1) * fine
        fibres = _fibres(local, coarse.knots, self.seed)
        nuclei, red_cells = occupancy(cells, window, DEPTHS_UM, bumps)
        sheets = np.empty((len(DEPTHS_UM), len(MASSON) + 1, window.rows, window.columns), np.float32)
        for n, depth in enumerate(DEPTHS_UM):
            here = _Textures(fibres=fibres[n], bumps=bumps[n], speckle=speckle[n])
            _compose(sheets[n], local, here, (nuclei[n], red_cells[n]), depth)
        return sheets


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Textures:
    fibres: Image
    bumps: Image
    speckle: Image


@lru_cache(maxsize=16)
def _block(window: Window, septa: Septa, seed: int) -> tuple[Ground, tuple[Cell, ...]]:
    coarse = ground(window.grown(_MARGIN_UM).resampled(GROUND_UM), septa, seed)
    return coarse, cells_near(window, coarse, seed)


def _fibres(local: Image, knots: tuple[int, int], seed: int) -> Image:
    depth = np.array(DEPTHS_UM, np.float32)[:, None, None]
    across = [local[Field.ACROSS_A + n] + depth * local[Field.SHIFT_A + n] for n in (0, 1)]
    return crossed(across, knots, _FIBRILS, sheet_keys(seed, FIBRES), local[Field.MIX])


def _compose(sheet: Image, local: Image, textures: _Textures, cells: tuple[Image, Image], depth_um: float) -> None:
    """Fill one sheet (stains and path, rows, columns) from its tissue and textures."""
    nuclei, red_cells = cells
    inside = local[Field.INSIDE] + np.float32(depth_um) * local[Field.SLOPE] + np.float32(0.22) * textures.bumps
    fibres = textures.fibres + np.float32(0.45) * textures.bumps
    nuclei = nuclei * step(inside, -0.9, -0.1)
    free = np.maximum(np.float32(1) - np.float32(1.4) * nuclei, 0)
    body = step(inside, -0.25, 0.35) * step(fibres, -2.3, -1.3) * free
    body *= np.float32(1) - np.float32(0.36) * local[Field.PALE]
    grains = sparse(textures.speckle + np.float32(0.6) * textures.bumps + np.float32(0.3) * textures.fibres, 1.6)
    threads = sparse(fibres, 2.6)
    chromatin = sparse(textures.speckle, 1.8)
    muscle, collagen = local[Field.MUSCLE], local[Field.COLLAGEN]
    red = np.float32(0.34) * grains
    red += muscle * (np.float32(0.4) * threads - red)
    red += np.float32(0.02)
    red *= np.float32(1) - collagen
    red += np.float32(0.01)
    blue = (np.float32(0.01) + np.float32(0.42) * threads) * collagen
    body *= np.float32(SHEET_UM)
    plasma = body * (np.float32(1) - red_cells)
    sheet[0] = nuclei * (np.float32(0.06 * SHEET_UM) + np.float32(0.72 * SHEET_UM) * chromatin)
    sheet[1] = red * plasma + red_cells * free * np.float32(0.27 * SHEET_UM)
    sheet[2] = blue * plasma
    sheet[3] = np.float32(0.04) * (sheet[0] + sheet[1] + sheet[2]) + np.float32(0.006) * body
