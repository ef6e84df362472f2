"""A field of a simulated slide through both objectives, straight and on one grid, at any focus."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.imaging import Renderer
from acquire.simulated.lens import Grid, Lens
from acquire.simulated.specimens.specimen import Slide, Specimen
from calibration.flatfield import GLASS_LEVEL

Picture = NDArray[Any]

LOW_LENS = Lens(na=0.95, condenser_na=0.55, immersion_index=1.0)
HIGH_LENS = Lens(na=1.4, condenser_na=0.55)
LOW_UM, RATIO = 0.185, 2.5
WHITE = 255
FULL_WELL_E, READ_E = 20_000.0, 10.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scene:
    """One place of one specimen.

    Parameters
    ----------
    renderer : Renderer
        Of the specimen.
    centre_um : (float, float)
        On the slide.
    side_px : int
        Of the 40x picture; even.
    """

    renderer: Renderer
    centre_um: tuple[float, float]
    side_px: int

    def low(self, focus_um: float, *, seed: int = 0) -> Picture:
        """Expose the corrected frame of the 40x."""
        return exposed(self.renderer.render(self._grid(1.0), LOW_LENS, focus_um), seed=seed)

    def high(self, focus_um: float, *, seed: int = 0, noise: bool = True) -> Picture:
        """Expose the 100x, on the grid of an enhanced picture."""
        return exposed(self.renderer.render(self._grid(RATIO), HIGH_LENS, focus_um), seed=seed, noise=noise)

    def _grid(self, finer: float) -> Grid:
        pixel_um, side = LOW_UM / finer, round(self.side_px * finer)
        first = np.array(self.centre_um) - pixel_um * (side - 1) / 2
        return Grid(matrix=np.column_stack([np.eye(2) * pixel_um, first]), columns=side, rows=side)


def scene_of(specimen: Specimen, centre_um: tuple[float, float], *, side_px: int) -> Scene:
    """Lay a specimen under the lenses."""
    return Scene(renderer=Renderer(Slide(specimen)), centre_um=centre_um, side_px=side_px)


def exposed(light: Picture, *, seed: int, noise: bool = True) -> Picture:
    """Turn transmission into 8 bits, empty glass where a flat-field correction puts it."""
    level = GLASS_LEVEL * np.asarray(light, np.float64)
    if noise:
        spread = np.sqrt(np.maximum(level, 0) * FULL_WELL_E + READ_E**2) / FULL_WELL_E
        level = level + spread * np.random.default_rng(seed).normal(size=level.shape)
    return np.clip(np.rint(WHITE * level), 0, WHITE).astype(np.uint8)
