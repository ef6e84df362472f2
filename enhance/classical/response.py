"""Response: how much of each spatial frequency the rig's optics and camera pass, on the enlarged grid."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from calibration.optics import REFRACTIVE_INDEX
from calibration.transfer import COLOURS_UM, TABLE_RADII, Optics, absorption, transfer
from enhance.trainingset import Card, Lens

Target = Literal["object", "high"]
Values = NDArray[np.float32]

MARGIN_PX = 32
"""Mirrored pixels around a picture, so that nothing wraps around: 2.4 µm, ten times the width of the 40×'s response."""
LEAST_RESPONSE = 1e-3
"""What the stronger objective passes less of than this is not asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """The weaker objective in focus with its camera pixel, and the stronger one where the aim is its picture.

    Parameters
    ----------
    card : Card
        Optics and pixel sizes of the training set.
    target : {'object', 'high'}
        What is to be restored: the object itself, or what the stronger objective would show of it.
    """

    card: Card
    target: Target

    def of(self, shape: tuple[int, int]) -> Values:
        """Return the real transfer function on the half-plane of `scipy.fft.rfft2`, 1 at frequency 0.

        Parameters
        ----------
        shape : (int, int)
            Rows and columns of the framed picture.

        Returns
        -------
        ndarray of float32, shape (rows, columns // 2 + 1, 3)
        """
        return _response(self.card, self.target, shape)


def framed(picture: Values) -> Values:
    """Mirror a picture beyond its edges to a size that transforms fast."""
    rows, columns = framed_shape(picture)
    below, right = rows - picture.shape[0] - MARGIN_PX, columns - picture.shape[1] - MARGIN_PX
    return np.pad(picture, ((MARGIN_PX, below), (MARGIN_PX, right), (0, 0)), mode="symmetric")


def framed_shape(picture: NDArray[Any]) -> tuple[int, int]:
    """Rows and columns of the framed picture."""
    rows, columns = (fft.next_fast_len(length + 2 * MARGIN_PX, real=True) for length in picture.shape[:2])
    return rows, columns


def unframed(picture: Values, like: NDArray[Any]) -> Values:
    """Cut what `framed` added."""
    return picture[MARGIN_PX : MARGIN_PX + like.shape[0], MARGIN_PX : MARGIN_PX + like.shape[1]]


def spectrum(framed_picture: NDArray[np.floating[Any]]) -> NDArray[np.complex64]:
    """Fourier transform of each colour, shape (rows, columns // 2 + 1, 3)."""
    return np.asarray(fft.rfft2(framed_picture, axes=(0, 1)), dtype=np.complex64)


def picture_of(spectrum_of_it: NDArray[np.complex64], shape: tuple[int, int]) -> Values:
    """Undo `spectrum`."""
    return np.asarray(fft.irfft2(spectrum_of_it, s=shape, axes=(0, 1)), dtype=np.float32)


@lru_cache(maxsize=16)
def _response(card: Card, target: Target, shape: tuple[int, int]) -> Values:
    low = _passed(card.optics.low, card, card.pixel_um.low, shape)
    if target == "high":
        high = _passed(card.optics.high, card, card.pixel_um.high, shape)
        low = np.where(high > LEAST_RESPONSE, low / np.maximum(high, LEAST_RESPONSE), 0)
    return low.astype(np.float32)


def _passed(lens: Lens, card: Card, pixel_um: float, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Transfer of absorbance in focus, times that of square pixels."""
    along = fft.rfftfreq(shape[1], card.pixel_um.high)
    down = fft.fftfreq(shape[0], card.pixel_um.high)[:, None]
    radius, pixel = np.hypot(along, down), np.sinc(along * pixel_um) * np.sinc(down * pixel_um)
    return np.stack([pixel * _radial(_optics(lens, card, wavelength), radius) for wavelength in COLOURS_UM], axis=-1)


def _radial(optics: Optics, radius: NDArray[np.float64]) -> NDArray[np.float64]:
    known = np.linspace(0, optics.cutoff, TABLE_RADII)
    return np.interp(radius, known, absorption(transfer(optics, 0.0)), right=0.0)


def _optics(lens: Lens, card: Card, wavelength_um: float) -> Optics:
    return Optics(
        na=lens.na,
        condenser_na=card.optics.condenser_na,
        wavelength_um=wavelength_um,
        immersion_index=REFRACTIVE_INDEX[lens.immersion],
    )
