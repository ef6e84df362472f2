"""How a section lies on its slide: its thickness, and the shape of its surface."""

from dataclasses import dataclass

from acquire.simulated.specimen import Coordinates, Fidelity, Image, Specimen
from acquire.simulated.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Mounting:
    """How a section was cut and laid on the slide.

    Parameters
    ----------
    tilt_um_per_mm : (float, float)
        By how much mid-section comes nearer to the slide along x and y.
    """

    tilt_um_per_mm: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mounted:
    """A specimen as it lies on the slide.

    Parameters
    ----------
    specimen : Specimen
        Level and flat.
    mounting : Mounting
        What became of it.
    """

    specimen: Specimen
    mounting: Mounting

    @property
    def absorbance(self) -> Image:
        """Of the specimen."""
        return self.specimen.absorbance

    @property
    def depths_um(self) -> tuple[float, ...]:
        """Of the specimen."""
        return self.specimen.depths_um

    @property
    def fidelity(self) -> Fidelity:
        """Of the specimen."""
        return self.specimen.fidelity

    def surface_um(self, x_um: Coordinates, y_um: Coordinates, /) -> Coordinates:
        """Z of mid-section: a plane through the origin, and what the specimen has of its own."""
        tilt_x, tilt_y = self.mounting.tilt_um_per_mm
        return self.specimen.surface_um(x_um, y_um) + (tilt_x * x_um + tilt_y * y_um) * 1e-3

    def tile(self, window: Window) -> Image:
        """Compute one tile; see `specimen.Specimen`."""
        return self.specimen.tile(window)
