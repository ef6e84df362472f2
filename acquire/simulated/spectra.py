"""Spectra of the sheets of a window of the specimen, inside the passband of a lens."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from acquire.simulated.specimens.specimen import Slide
from acquire.simulated.specimens.window import Window
from calibration.transfer import COLOURS_UM

Image = NDArray[np.float32]
Spectrum = NDArray[np.complex64]
Shape = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Band:
    """The frequencies of a window that a lens may pass.

    Parameters
    ----------
    window : Window
        Part of the specimen they stand for.
    frequency : ndarray of float32, shape (2, n)
        (x, y) of each point in cycles per µm.
    place : (ndarray, ndarray) of int
        Row and column of each point in the window's spectrum, negative frequencies wrapped; half a spectrum where
        the columns end at the Nyquist frequency.
    half : bool
        Whether it is the half spectrum of real values.
    radius : ndarray of float32, shape (n,)
        Distance of each point from frequency 0, in cycles per µm.
    """

    window: Window
    frequency: Image
    place: tuple[NDArray[np.int64], NDArray[np.int64]]
    half: bool
    radius: Image = field(init=False)
    _spreads: dict[Shape, NDArray[np.int64]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "radius", np.hypot(self.frequency[0], self.frequency[1]))

    def spread(self, values: Spectrum, shape: Shape) -> Spectrum:
        """Lay the points on a spectrum of another fineness, so that its inverse transform keeps the values."""
        rows, columns = shape
        width = columns // 2 + 1 if self.half else columns
        if shape not in self._spreads:
            x, y = self.frequency
            row = np.where(y < 0, self.place[0] - self.window.rows + rows, self.place[0])
            column = np.where(x < 0, self.place[1] - self.window.columns + columns, self.place[1])
            self._spreads[shape] = row * width + column
        spectrum = np.zeros(rows * width, np.complex64)
        spectrum[self._spreads[shape]] = values * np.float32(rows * columns / (self.window.rows * self.window.columns))
        return spectrum.reshape(rows, width)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sheets:
    """What fidelity ``log`` images: density and path of the sheets.

    Parameters
    ----------
    band : Band
        Half spectra.
    absorbance : ndarray of complex64, shape (sheets, 3 colours, n)
        Napierian.
    path : ndarray of complex64, shape (sheets, n)
        Optical path in µm.
    """

    band: Band
    absorbance: Spectrum
    path: Spectrum

    @property
    def size_bytes(self) -> int:
        """Memory they take."""
        return self.absorbance.nbytes + self.path.nbytes + 3 * self.band.frequency.nbytes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Amplitudes:
    """What fidelity ``product`` images: the amplitude that each sheet lets through, exp(-A/2 + iΦ).

    Parameters
    ----------
    band : Band
        Whole spectra.
    amplitude : ndarray of complex64, shape (sheets, 3 colours, n)
        1 at frequency 0 is an empty sheet, times the number of pixels.
    """

    band: Band
    amplitude: Spectrum

    @property
    def size_bytes(self) -> int:
        """Memory they take."""
        return self.amplitude.nbytes + 3 * self.band.frequency.nbytes


def sheets_of(slide: Slide, window: Window, cutoff: float) -> Sheets:
    """Transform the sheets of a window of whole tiles and keep what lies within `cutoff` cycles per µm."""
    band = _band(window, cutoff, half=True)
    colours = slide.specimen.absorbance.T
    sheets = slide.render(window)
    absorbance = np.empty((sheets.shape[0], len(COLOURS_UM), band.frequency.shape[1]), np.complex64)
    path = np.empty((sheets.shape[0], band.frequency.shape[1]), np.complex64)
    for number, sheet in enumerate(sheets):
        amounts = np.stack([_of_amount(amount, band) for amount in sheet])
        absorbance[number] = np.tensordot(colours, amounts[:-1], axes=1)
        path[number] = amounts[-1]
    return Sheets(band=band, absorbance=absorbance, path=path)


def amplitudes_of(slide: Slide, window: Window, cutoff: float) -> Amplitudes:
    """Transform what the sheets of a window of whole tiles let through; kept as in `sheets_of`."""
    band = _band(window, cutoff, half=False)
    colours = slide.specimen.absorbance.T
    sheets = slide.render(window)
    amplitude = np.empty((sheets.shape[0], len(COLOURS_UM), band.frequency.shape[1]), np.complex64)
    for number, sheet in enumerate(sheets):
        for colour, wavelength_um in enumerate(COLOURS_UM):
            density = np.tensordot(colours[colour], sheet[:-1], axes=1)
            passed = np.exp(-0.5 * density + np.complex64(2j * np.pi / wavelength_um) * sheet[-1])
            amplitude[number, colour] = fft.fft2(passed.astype(np.complex64), workers=2)[band.place]
    return Amplitudes(band=band, amplitude=amplitude)


def _of_amount(amount: Image, band: Band) -> Spectrum:
    """Transform one stain of one sheet; of empty glass, which calibrations look at a lot, nothing need be computed."""
    if not amount.any():
        return np.zeros(band.frequency.shape[1], np.complex64)
    spectrum: Spectrum = fft.rfft2(amount, workers=2)[band.place]
    return spectrum


def _band(window: Window, cutoff: float, *, half: bool) -> Band:
    down = fft.fftfreq(window.rows, window.pitch_um)
    across = fft.rfftfreq(window.columns, window.pitch_um) if half else fft.fftfreq(window.columns, window.pitch_um)
    row, column = np.nonzero(np.hypot(down[:, None], across) < cutoff)
    frequency = np.stack([across[column], down[row]]).astype(np.float32)
    return Band(window=window, frequency=frequency, place=(row.astype(np.int64), column.astype(np.int64)), half=half)
