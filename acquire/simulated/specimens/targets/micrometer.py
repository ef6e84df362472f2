"""A stage micrometer: 1 mm in a hundred parts."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.specimens.specimen import Coordinates, Fidelity
from acquire.simulated.specimens.targets.chrome import OPTICAL_DENSITY, check_density, grey, room, sheet
from acquire.simulated.specimens.targets.plate import Patch, Plate, Point, covered, make_plate, on_slide, once
from acquire.simulated.specimens.window import Window

Image = NDArray[np.float32]
Values = NDArray[np.float64]

DIVISION_UM = 10.0
"""Distance of neighbouring lines, middle to middle."""

DIVISIONS = 100
"""On the scale."""

LINE_UM = 1.5
"""Width of a line."""

LENGTHS_UM = (80.0, 60.0, 40.0)
"""Length of every tenth line, of every other fifth, and of the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageMicrometer:
    """A scale of 1 mm in divisions of 10 µm, dark lines on endless clear glass.

    Parameters
    ----------
    centre_um : (float, float)
        Middle of the line of 500 µm; all lines are centred on the axis of the scale.
    rotation_deg : float
        From the slide's x to the axis of the scale, turning towards y.
    optical_density : float
        Of the chrome.
    """

    centre_um: tuple[float, float] = (500.0, 500.0)
    rotation_deg: float = 0.0
    optical_density: float = OPTICAL_DENSITY

    def __post_init__(self) -> None:
        check_density(self.optical_density)

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
        """Z of the chrome: level."""
        return 0.0 * x_um * y_um

    def line_um(self, number: int) -> Point:
        """Return the middle of a line on the slide; the first has number 0, the last 100."""
        along = (number - 0.5 * DIVISIONS) * DIVISION_UM
        return on_slide((along, 0.0), self.centre_um, float(np.deg2rad(self.rotation_deg)))

    def tile(self, window: Window) -> Image:
        """Compute one tile; see `specimen.Specimen`."""
        return sheet(covered(_patches(self), window), self.optical_density)


def line_length_um(number: int) -> float:
    """Length of a line; the first has number 0, the last 100."""
    tenth, fifth, rest = LENGTHS_UM
    if number % 10 == 0:
        return tenth
    return fifth if number % 5 == 0 else rest


@once
def _patches(scale: StageMicrometer) -> tuple[Patch, ...]:
    turn, greatest = float(np.deg2rad(scale.rotation_deg)), room(scale.optical_density)[1]
    return tuple(
        Patch(plate=_line(line_length_um(number), greatest), centre_um=scale.line_um(number), turn_rad=turn)
        for number in range(DIVISIONS + 1)
    )


@lru_cache(maxsize=16)
def _line(length_um: float, greatest: float) -> Plate:
    def spectrum(x: Values, y: Values) -> Values:
        line: Values = LINE_UM * length_um * np.sinc(LINE_UM * x) * np.sinc(length_um * y)
        return line

    return make_plate(spectrum, (0.5 * LINE_UM, 0.5 * length_um), (-np.inf, greatest))
