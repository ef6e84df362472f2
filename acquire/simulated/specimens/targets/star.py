"""A Siemens star: spokes that get finer without end towards the centre."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from acquire.simulated.specimens.specimen import Coordinates, Fidelity
from acquire.simulated.specimens.targets.chrome import OPTICAL_DENSITY, check_density, grey, room, sheet
from acquire.simulated.specimens.targets.edge import edge_coverage
from acquire.simulated.specimens.targets.passband import REACH_UM, kept, within
from acquire.simulated.specimens.targets.plate import in_frame
from acquire.simulated.specimens.window import Window
from calibration.errors import RigError

Image = NDArray[np.float32]
Values = NDArray[np.float64]

_FINEST = 8.5  # cycles per µm: nothing of the spokes is kept there, and inside that radius the star is grey
_RING_RATIO = 1.02  # of the radii of neighbouring table rows: splines between them err by 1e-5
_STEP_UM = 0.0125  # along the outermost ring; ten table entries to the period of the finest detail
_RIM_SHARE = 0.25  # of the spare coverage that the rim may use; the spokes may use the rest
_PERIODS_UM = (0.2, 20.0)  # at the rim: a finer star shows nothing, a coarser one needs a large table and shows no more


@dataclass(frozen=True, slots=True, kw_only=True)
class SiemensStar:
    """Chrome spokes on endless clear glass, as wide as the gaps between them.

    At a distance r from the centre there are ``spokes / (2 pi r)`` periods per µm.

    Parameters
    ----------
    centre_um : (float, float)
        Where the spokes meet.
    spokes : int
        Around the star; the middle of one points along x.
    radius_um : float
        Length of the spokes.
    optical_density : float
        Of the chrome.
    """

    centre_um: tuple[float, float] = (500.0, 500.0)
    spokes: int = 36
    radius_um: float = 60.0
    optical_density: float = OPTICAL_DENSITY

    def __post_init__(self) -> None:
        check_density(self.optical_density)
        finest, coarsest = _PERIODS_UM
        if self.spokes < 1 or not finest <= 2 * np.pi * self.radius_um / self.spokes <= coarsest:
            raise RigError(
                f"{self.spokes} spokes of radius_um {self.radius_um} do not repeat every {finest:g} to {coarsest:g} µm "
                "at the rim: choose other spokes or another radius"
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
        """Z of the chrome: level."""
        return 0.0 * x_um * y_um

    def tile(self, window: Window) -> Image:
        """Compute one tile; see `specimen.Specimen`."""
        x, y = in_frame(window, self.centre_um, 0.0)
        radius = np.hypot(x, y)
        coverage = np.zeros(radius.shape)
        inside = radius < self.radius_um + REACH_UM
        if inside.any():
            spare = room(self.optical_density)[1]
            angle = np.arctan2(y[inside], x[inside])
            spokes = _look_up(self, spare ** (1 - _RIM_SHARE), radius[inside], angle)
            coverage[inside] = spokes * edge_coverage(self.radius_um - radius[inside], spare**_RIM_SHARE)
        return sheet(coverage, self.optical_density)


def _look_up(star: SiemensStar, greatest: float, radius_um: Values, angle: Values) -> Values:
    table = _rings(star.spokes, star.radius_um, greatest)
    phase = np.mod(star.spokes * angle, 2 * np.pi)
    ring = np.log(np.maximum(radius_um / _innermost_um(star.spokes), 1)) / np.log(_RING_RATIO)
    column = phase * ((table.shape[1] - 1) / np.pi)
    coverage: Values = ndimage.map_coordinates(table, [ring, column], prefilter=False, mode="mirror")
    return coverage


def _innermost_um(spokes: int) -> float:
    """Radius at which the spokes reach the finest detail."""
    return spokes / (2 * np.pi * _FINEST)


@lru_cache(maxsize=4)
def _rings(spokes: int, radius_um: float, greatest: float) -> Values:
    """B-spline coefficients of half a period of the spokes on rings of growing radius, shape (rings, phases).

    Each ring is a wave of square steps without the harmonics that are too fine at its radius.
    """
    innermost = _innermost_um(spokes)
    count = int(np.ceil(np.log((radius_um + REACH_UM) / innermost) / np.log(_RING_RATIO))) + 2
    radii = innermost * _RING_RATIO ** np.arange(count)[:, None]
    phases = fft.next_fast_len(int(2 * np.pi * radii.max() / spokes / _STEP_UM) // 2 + 8, True) * 2
    harmonic = np.arange(phases // 2 + 1)
    frequency = harmonic * spokes / (2 * np.pi * radii)
    wave = 0.5 * np.sinc(0.5 * harmonic) * kept(frequency)
    values = within(fft.irfft(wave * phases, phases).astype(np.float32), frequency, (-np.inf, greatest), axes=(1,))
    coefficients: Values = ndimage.spline_filter(values[:, : phases // 2 + 1], mode="mirror")
    return coefficients
