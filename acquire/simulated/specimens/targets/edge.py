"""A slanted edge: half the slide is chrome."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from acquire.simulated.specimens.specimen import Coordinates, Fidelity
from acquire.simulated.specimens.targets.chrome import OPTICAL_DENSITY, check_density, grey, room, sheet
from acquire.simulated.specimens.targets.passband import REACH_UM, Bounds, kept, within
from acquire.simulated.specimens.targets.plate import in_frame
from acquire.simulated.specimens.window import Window

Image = NDArray[np.float32]
Values = NDArray[np.float64]

_STEP_UM = 0.004  # of the profile when it is made to fit its room
_FINENESS = 4  # table entries to such a step: straight lines between them err by 4e-5


@dataclass(frozen=True, slots=True, kw_only=True)
class SlantedEdge:
    """Chrome on the right of an endless straight edge, clear glass on its left.

    Parameters
    ----------
    centre_um : (float, float)
        A point of the edge.
    angle_deg : float
        From the slide's y to the edge, turning towards -x.
    optical_density : float
        Of the chrome.
    """

    centre_um: tuple[float, float] = (500.0, 500.0)
    angle_deg: float = 5.0
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

    def tile(self, window: Window) -> Image:
        """Compute one tile; see `specimen.Specimen`."""
        across_um, _ = in_frame(window, self.centre_um, float(np.deg2rad(self.angle_deg)))
        return sheet(edge_coverage(across_um, room(self.optical_density)[1]), self.optical_density)


def edge_coverage(across_um: Values, greatest: float) -> Values:
    """Coverage near a straight edge.

    Parameters
    ----------
    across_um : ndarray
        Distance from the edge, positive in the chrome.
    greatest : float
        Coverage above which there is no room; see `chrome.room`.
    """
    position_um, coverage = _profile((-np.inf, greatest))
    near: Values = np.interp(across_um, position_um, coverage)
    return near


@lru_cache(maxsize=16)
def _profile(bounds: Bounds) -> tuple[Values, Values]:
    """Positions across an edge at 0 and the coverage there, taken from a wide bar, whose spectrum is known exactly."""
    width = 4 * REACH_UM
    count = fft.next_fast_len(int(np.ceil((width + 2 * REACH_UM) / _STEP_UM)), True)
    frequency = fft.rfftfreq(count, _STEP_UM)
    middle = np.exp(-2j * np.pi * frequency * (REACH_UM + 0.5 * width))
    bar = fft.irfft(width * np.sinc(frequency * width) * middle * kept(frequency) / _STEP_UM, count)
    fitting = within(bar.astype(np.float32), frequency, bounds, axes=(0,)).astype(np.float64)
    fine = fft.irfft(fft.rfft(fitting) * _FINENESS, count * _FINENESS)
    position_um = np.arange(fine.size) * (_STEP_UM / _FINENESS) - REACH_UM
    near = position_um <= REACH_UM
    return position_um[near], fine[near]
