"""Empty glass: the specimen for flat fields and for tests of the light."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.stains import MASSON
from acquire.simulated.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptyGlass:
    """A slide with nothing on it."""

    @property
    def stains(self) -> tuple[str, ...]:
        """Names of the stains."""
        return MASSON

    @property
    def depths_um(self) -> tuple[float, ...]:
        """One empty sheet at mid-section."""
        return (0.0,)

    def surface_um(self, _x_um: float, _y_um: float, /) -> float:
        """Z of the glass: level."""
        return 0.0

    def tile(self, window: Window) -> NDArray[np.float32]:
        """Compute one tile; see `specimen.Specimen`."""
        return np.zeros((1, len(MASSON) + 1, window.rows, window.columns), np.float32)
