"""Kidney cortex in haematoxylin and eosin: convoluted tubules side by side, and a glomerulus here and there."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.specimens.curves import sparse, step
from acquire.simulated.specimens.specimen import Coordinates, Fidelity
from acquire.simulated.specimens.stains import HE, napierian
from acquire.simulated.specimens.tissues.blocks import GROUND_UM, block_of, upsampled
from acquire.simulated.specimens.tissues.build import Build
from acquire.simulated.specimens.tissues.cells import REACH_UM, Cell, occupancy
from acquire.simulated.specimens.tissues.cortex import Field, Ground, ground
from acquire.simulated.specimens.tissues.fibres import stripes
from acquire.simulated.specimens.tissues.kidneycells import lining_cells, scattered_cells
from acquire.simulated.specimens.tissues.section import DEPTHS_UM, FIBRES, SHEET_UM, sheet_keys, textures
from acquire.simulated.specimens.window import Window

Image = NDArray[np.float32]

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

_BLOCK_LOCK = Lock()  # neighbouring tiles need the same block at the same time: one of two threads waits for it
_MARGIN_UM = REACH_UM + 2.0  # coarse fields beyond a block: cells reach in, and are judged by the tissue under them
_UPSAMPLED = Field.VESSEL  # the fields before this one are wanted at every pixel
_TEXTURES_UM = (1.1, 0.62, 0.36, 0.19)
_FIBRILS = ((6, 0.5), (2, 0.9), (1, 0.8))  # spacing in knots and weight: fibres, fibrils
_EDGE_UM = (-0.33, 0.45)  # softness of all walls: no power beyond 7 cycles per µm
_ROUNDER = np.float32(0.45)  # nuclei follow the noise less than those of lung


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
            coarse, cells, nucleoli = _block(block_of(window), build, self.seed)
        local = upsampled(coarse.fields[:_UPSAMPLED], coarse.window, window)
        looks = _textures(window, local, coarse.knot, self.seed)
        cytoplasm, fluid = _cytoplasm(local), np.float32(build.fluid) * local[Field.FLUID]
        nuclei, red_cells = occupancy(cells, window, DEPTHS_UM, _ROUNDER * looks.bumps)
        spots, _ = occupancy(nucleoli, window, DEPTHS_UM, looks.bumps)
        sheets = np.empty((len(DEPTHS_UM), len(HE) + 1, window.rows, window.columns), np.float32)
        for n, depth_um in enumerate(DEPTHS_UM):
            here = _Textures(*(images[n] for images in looks))
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


@lru_cache(maxsize=16)
def _block(window: Window, build: Build, seed: int) -> tuple[Ground, tuple[Cell, ...], tuple[Cell, ...]]:
    """Coarse fields, cells and nucleoli."""
    coarse = ground(window.grown(_MARGIN_UM).resampled(GROUND_UM), build, seed)
    lining, nucleoli = lining_cells(coarse.ring)
    return coarse, lining + tuple(scattered_cells(window, coarse, seed)), nucleoli


def _textures(window: Window, local: Image, knot: int, seed: int) -> _Textures:
    bumps, clumps, speckle, fine = textures(window, _TEXTURES_UM, seed)
    half_slope = np.float32(0.5) * local[Field.WALL_SLOPE]
    across = np.stack([local[Field.ACROSS] + np.float32(depth) * half_slope for depth in DEPTHS_UM])
    threads = stripes(across, knot, _FIBRILS, sheet_keys(seed, FIBRES))
    threads += np.float32(0.35) * bumps
    fine *= np.float32(1.3)
    fine += speckle
    fine += np.float32(0.9) * clumps
    fine += np.float32(0.4) * bumps
    return _Textures(bumps=bumps, clumps=clumps, grains=sparse(fine, 2.0), threads=sparse(threads, 2.0))


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
