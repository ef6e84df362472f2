"""Empty glass: the specimen for flat fields and for tests of the light."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.specimens.specimen import Coordinates, Fidelity
from acquire.simulated.specimens.stains import MASSON, napierian
from acquire.simulated.specimens.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptyGlass:
    """A slide with nothing on it."""

    @property
    def absorbance(self) -> NDArray[np.float32]:
        """Of the stains that there are none of."""
        return napierian(MASSON)

    @property
    def depths_um(self) -> tuple[float, ...]:
        """One empty sheet at mid-section."""
        return (0.0,)

    @property
    def fidelity(self) -> Fidelity:
        """Nothing to be imaged."""
        return "log"

    def surface_um(self, x_um: Coordinates, y_um: Coordinates, /) -> Coordinates:
        """Z of the glass: level."""
        return 0.0 * x_um * y_um

    def tile(self, window: Window) -> NDArray[np.float32]:
        """Compute one tile; see `specimen.Specimen`."""
        return np.zeros((1, len(MASSON) + 1, window.rows, window.columns), np.float32)
