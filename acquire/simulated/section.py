"""A section that ends: beyond its edge lies empty glass, as on every slide, where flat fields are taken."""

from dataclasses import dataclass

import numpy as np

from acquire.simulated.specimen import Image, Specimen
from acquire.simulated.window import Window

EDGE_Y_UM = 19_000.0
"""The section ends here; `GLASS_UM` lies well beyond, inside the limits of the simulated rig."""
EDGE_WIDTH_UM = 30.0
GLASS_UM = (10_000.0, 19_600.0)
"""Stage position of empty glass, at the middle of the widest field that a 2048 px camera sees through a 40x."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A specimen that thins out to nothing at `EDGE_Y_UM`.

    Parameters
    ----------
    whole : Specimen
        What the section is cut from.
    """

    whole: Specimen

    @property
    def stains(self) -> tuple[str, ...]:
        """Names of the stains."""
        return self.whole.stains

    @property
    def depths_um(self) -> tuple[float, ...]:
        """Depth of each sheet from mid-section."""
        return self.whole.depths_um

    def surface_um(self, x_um: float, y_um: float) -> float:
        """Z by which mid-section lies nearer to the slide than at the origin."""
        return self.whole.surface_um(x_um, y_um)

    def tile(self, window: Window) -> Image:
        """Compute one tile; see `specimen.Specimen`."""
        left = np.clip((EDGE_Y_UM - window.y_um) / EDGE_WIDTH_UM, 0, 1).astype(np.float32)
        if not left.any():
            shape = (len(self.depths_um), len(self.stains) + 1, window.rows, window.columns)
            return np.zeros(shape, np.float32)
        tile = self.whole.tile(window)
        return tile if left.min() == 1 else tile * (left * left * (3 - 2 * left))[:, None]
