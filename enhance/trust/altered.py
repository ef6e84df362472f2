"""How a picture would look with other pixels or out of focus: made of training pictures, for rulers to be fitted to."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import fft

from calibration.transfer import COLOURS_UM, TABLE_RADII, Optics, absorption, transfer

Image = NDArray[np.float32]

SECTION_UM = 4.0
"""Thickness of a section as it is commonly cut."""
SHEETS = 5
"""That stand for it; what lies in each is taken to be independent of the others."""
_PADDING_PX = 16
_LEAST = 1e-3  # of the white level


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """How the input of a network was seen.

    Parameters
    ----------
    na, condenser_na : float
        Of the objective and its condenser.
    immersion_index : float
        Of what stands between the objective and the cover glass.
    pixel_um : float
        At the specimen.
    noise : float
        Variance of its noise over its mean, in fractions of the white level.
    """

    na: float
    condenser_na: float
    immersion_index: float
    pixel_um: float
    noise: float

    def optics(self, colour: int) -> Optics:
        """Optics in one of the camera's colours, 0 for red."""
        return Optics(
            na=self.na,
            condenser_na=self.condenser_na,
            wavelength_um=COLOURS_UM[colour],
            immersion_index=self.immersion_index,
        )


def with_pixels(picture: Image, factor: float, sight: Sight, rng: np.random.Generator) -> Image:
    """Return a picture as pixels `factor` times as large would show it, with the noise that such pixels have.

    Parameters
    ----------
    picture : ndarray of float32, shape (rows, columns, 3)
        In fractions of the white level.
    factor : float
        Above 1 the picture gets smaller.
    sight : Sight
        Its noise counts.
    rng : Generator
        Of the noise.
    """
    size = [max(1, round(side / factor)) for side in picture.shape[1::-1]]
    method = cv2.INTER_AREA if factor > 1 else cv2.INTER_CUBIC
    other = np.asarray(cv2.resize(picture, size, interpolation=method), np.float32)
    kept = min(factor, 1 / factor) ** 2
    return _noisy(other, sight.noise * (1 - kept), rng)


def out_of_focus(picture: Image, defocus_um: float, sight: Sight, rng: np.random.Generator) -> Image:
    """Return a picture of a section as it would be with the focus so far from where it was.

    Each frequency is weakened as the power of independent sheets is, in optical density, which is what absorbance is
    linear in. What went out of focus, not up into it, is known from one picture only on average.

    Parameters
    ----------
    picture, sight, rng
        As in `with_pixels`.
    defocus_um : float
        In the section.
    """
    padding = ((_PADDING_PX, _PADDING_PX), (_PADDING_PX, _PADDING_PX), (0, 0))
    density = -np.log(np.maximum(np.pad(picture, padding, mode="symmetric"), _LEAST))
    rows, columns = density.shape[:2]
    radius = np.hypot(fft.fftfreq(rows, sight.pixel_um)[:, None], fft.rfftfreq(columns, sight.pixel_um))
    for colour in range(density.shape[2]):
        radii, kept = weakening(sight.optics(colour), defocus_um)
        spectrum = fft.rfft2(density[..., colour]) * np.interp(radius, radii, kept).astype(np.float32)
        density[..., colour] = fft.irfft2(spectrum, s=(rows, columns))
    inner = slice(_PADDING_PX, -_PADDING_PX)
    return _noisy(np.exp(-density[inner, inner]), sight.noise * _NOISE_TAKEN, rng)


_NOISE_TAKEN = 0.3  # share of white noise that the blur of 1.5 to 3 µm takes away with the detail


@lru_cache(maxsize=64)
def weakening(optics: Optics, defocus_um: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Radii in cycles per µm, and what defocus leaves of the amplitude of a section's detail there; at most 1."""
    depths = np.linspace(-0.4, 0.4, SHEETS) * SECTION_UM
    there, in_focus = (sum(_power(optics, d + offset) for d in depths) for offset in (defocus_um, 0.0))
    kept = np.sqrt(np.minimum(1, there / np.maximum(in_focus, _LEAST**2)))
    return np.linspace(0, optics.cutoff, TABLE_RADII), kept


def _power(optics: Optics, defocus_um: float) -> NDArray[Any]:
    return absorption(transfer(optics, float(defocus_um))).astype(np.float64) ** 2


def _noisy(picture: Image, variance: float, rng: np.random.Generator) -> Image:
    noise = rng.standard_normal(picture.shape, np.float32) * np.sqrt(np.maximum(picture, 0) * np.float32(variance))
    return np.asarray(np.clip(picture + noise, 0, 1), np.float32)
