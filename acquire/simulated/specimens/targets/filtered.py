"""Noise with a band of its own: random contrast at all frequencies between two limits, and at no others."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft, special

from acquire.simulated.specimens.lattice import UNIFORM_POWER, hashed, uniform
from acquire.simulated.specimens.specimen import SPECIMEN_BAND, Coordinates, Fidelity
from acquire.simulated.specimens.splines import spline, spread
from acquire.simulated.specimens.targets.chrome import grey
from acquire.simulated.specimens.window import Window
from calibration.errors import RigError

Image = NDArray[np.float32]
Values = NDArray[np.float64]

_NARROWEST, _WIDEST = 1.25, 40.0  # ratio of the limits: beyond, a tile would need too much of its surroundings
_POINTS = 5.4  # lattice points to the period of the highest frequency: splines between them err by 0.3 %
_REACH = 5.0  # of one random value, in standard deviations of its envelope: 4e-6 is left


@dataclass(frozen=True, slots=True, kw_only=True)
class FilteredNoise:
    """Grey noise, isotropic and close to Gaussian, whose power is even over a band of frequencies.

    Parameters
    ----------
    seed : int
        Another seed is another slide.
    low, high : float
        Limits of the band in cycles per µm.
    contrast : float
        Its standard deviation in Napierian absorbance, round 0: half of it is brighter than glass.
    """

    seed: int = 1
    low: float = 0.2
    high: float = 3.0
    contrast: float = 0.1

    def __post_init__(self) -> None:
        if not (self.high <= SPECIMEN_BAND and _NARROWEST * self.low <= self.high <= _WIDEST * self.low):
            raise RigError(
                f"low is {self.low} and high {self.high}: give a band that ends by {SPECIMEN_BAND} cycles per µm, "
                f"with high from {_NARROWEST} to {_WIDEST:g} times low"
            )

    @property
    def absorbance(self) -> Image:
        """Of something grey."""
        return grey()

    @property
    def depths_um(self) -> tuple[float, ...]:
        """One sheet at mid-section."""
        return (0.0,)

    @property
    def fidelity(self) -> Fidelity:
        """As something weak."""
        return "log"

    def surface_um(self, x_um: Coordinates, y_um: Coordinates, /) -> Coordinates:
        """Z of the noise: level."""
        return 0.0 * x_um * y_um

    def tile(self, window: Window) -> Image:
        """Compute one tile; see `specimen.Specimen`.

        A random value stands on each point of a lattice finer than the band, which makes noise of even power at all
        frequencies; it is filtered by Fourier transform with enough of its surroundings, and joined by B-splines.
        """
        spacing = 1 / (_POINTS * self.high)
        margin = int(np.ceil(_REACH / (2 * np.pi * _softness(self.low, self.high)) / spacing))
        (first_x, columns), (first_y, rows) = (
            _points(first, count, window.pitch_um / spacing)
            for first, count in ((window.column, window.columns), (window.row, window.rows))
        )
        values = _values(self.seed, first_x - margin, columns + 2 * margin, first_y - margin, rows + 2 * margin)
        filtered = fft.irfft2(fft.rfft2(values) * _filter(values.shape, spacing, self.low, self.high), s=values.shape)
        inner = filtered[margin : margin + rows, margin : margin + columns] * (self.contrast / np.log(10))
        amount = spread(inner[None].astype(np.float32), window, spacing)[0]
        return np.stack([amount, np.zeros_like(amount)])[None]


def _points(first: int, count: int, ratio: float) -> tuple[int, int]:
    """First of the lattice points that a row of pixels needs, and their number."""
    start, weights = spline(first, count, ratio)
    return start, weights.shape[1]


def _values(seed: int, first_x: int, columns: int, first_y: int, rows: int) -> Values:
    """Random values of variance 1 in a rectangle of the lattice, made a little larger to suit the transform."""
    x = first_x + np.arange(fft.next_fast_len(columns, True))
    y = first_y + np.arange(fft.next_fast_len(rows, True))
    words = hashed(np.array([seed]), y[:, None], x)
    values: Values = uniform(words).astype(np.float64) / np.sqrt(UNIFORM_POWER)
    return values


def _softness(low: float, high: float) -> float:
    """Return the standard deviation of the band's edges, in cycles per µm."""
    return min(low / 4, (high - low) / 24)


def _band(frequency: Values, low: float, high: float) -> Values:
    """Return what passes: least beyond `high`; below `low` there are few waves, so the edge may lie nearer to it."""
    softness = _softness(low, high)
    rise = special.ndtr((frequency - low) / softness - 1.5)
    band: Values = rise * special.ndtr((high - frequency) / softness - 2)
    return band


@lru_cache(maxsize=8)
def _filter(shape: tuple[int, int], spacing_um: float, low: float, high: float) -> Values:
    """Spectrum that gives the band a variance of 1, as coefficients of B-splines."""
    down, across = fft.fftfreq(shape[0])[:, None], fft.rfftfreq(shape[1])
    band = _band(np.hypot(down, across) / spacing_um, low, high)
    coefficients = 9 / ((2 + np.cos(2 * np.pi * down)) * (2 + np.cos(2 * np.pi * across)))  # as `splines.prefilter`
    frequency = np.linspace(0, 2 * high, 4097)
    power = np.trapezoid(2 * np.pi * frequency * _band(frequency, low, high) ** 2, frequency) * spacing_um**2
    spectrum: Values = band * coefficients / np.sqrt(power)
    return spectrum
