"""Opaque dots at known places: what shows a lens's point spread function, and where each point of a picture lies."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

from acquire.simulated.specimens.lattice import hashed, uniform
from acquire.simulated.specimens.specimen import Coordinates, Fidelity
from acquire.simulated.specimens.targets.chrome import check_density, grey, room, sheet
from acquire.simulated.specimens.targets.plate import Patch, Plate, Point, covered, make_plate
from acquire.simulated.specimens.window import Window
from calibration.errors import RigError

Image = NDArray[np.float32]
Values = NDArray[np.float64]

_JITTER = 0.25  # of the dots, in spacings: none comes nearer to another than half a spacing
_LARGEST = 0.25  # diameter, in spacings
_SMALL = 1e-6  # radians, in place of 0 where a quotient has a limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """Round dots, one to each square of an endless lattice, at a random place in it.

    Parameters
    ----------
    seed : int
        Another seed puts them elsewhere.
    spacing_um : float
        Side of the squares.
    diameter_um : float
        Of each dot.
    optical_density : float
        Of each dot.
    """

    seed: int = 1
    spacing_um: float = 8.0
    diameter_um: float = 0.3
    optical_density: float = 1.0

    def __post_init__(self) -> None:
        check_density(self.optical_density)
        if not 0 < self.diameter_um <= _LARGEST * self.spacing_um:
            raise RigError(
                f"diameter_um is {self.diameter_um} and spacing_um {self.spacing_um}: dots must have a size, and at "
                "most a quarter of the spacing"
            )

    @property
    def absorbance(self) -> Image:
        """Of chrome."""
        return grey()

    @property
    def depths_um(self) -> tuple[float, ...]:
        """One sheet at mid-section."""
        return (0.0,)

    @property
    def fidelity(self) -> Fidelity:
        """As something opaque."""
        return "product"

    def surface_um(self, x_um: Coordinates, y_um: Coordinates, /) -> Coordinates:
        """Z of the dots: level."""
        return 0.0 * x_um * y_um

    def centres_um(self, first_um: Point, last_um: Point) -> Values:
        """List the centres of the dots in a rectangle.

        Parameters
        ----------
        first_um, last_um : (float, float)
            Its corners of least and of greatest x and y.

        Returns
        -------
        ndarray of float64, shape (dots, 2)
            (x, y) of each, row by row.
        """
        columns, rows = (
            np.arange(np.floor(low / self.spacing_um), np.ceil(high / self.spacing_um)).astype(np.int64)
            for low, high in zip(first_um, last_um, strict=True)
        )
        words = hashed(np.array([self.seed]), rows[:, None], columns)
        x = (columns + 0.5 + _JITTER * uniform(words, 1).astype(np.float64)) * self.spacing_um
        y = (rows[:, None] + 0.5 + _JITTER * uniform(words, 2).astype(np.float64)) * self.spacing_um
        centres = np.stack([x.ravel(), y.ravel()], axis=1)
        return centres[((centres >= first_um) & (centres <= last_um)).all(axis=1)]

    def tile(self, window: Window) -> Image:
        """Compute one tile; see `specimen.Specimen`."""
        dot = _dot(self.diameter_um, room(self.optical_density)[1])
        (first_x, last_x), (first_y, last_y) = window.x_um[[0, -1]], window.y_um[[0, -1]]
        across, down = dot.half_um
        centres = self.centres_um((first_x - across, first_y - down), (last_x + across, last_y + down))
        dots = (Patch(plate=dot, centre_um=(float(x), float(y))) for x, y in centres)
        return sheet(covered(dots, window), self.optical_density)


@lru_cache(maxsize=8)
def _dot(diameter_um: float, greatest: float) -> Plate:
    radius = 0.5 * diameter_um

    def spectrum(x: Values, y: Values) -> Values:
        around = np.maximum(2 * np.pi * radius * np.hypot(x, y), _SMALL)
        disc: Values = 2 * np.pi * radius**2 * special.j1(around) / around
        return disc

    return make_plate(spectrum, (radius, radius), (-np.inf, greatest))
