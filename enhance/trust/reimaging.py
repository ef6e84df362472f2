"""Reimaging: what the weaker objective would show of a picture taken with the stronger one, and how well that is known.

Both image the same section, sheet by sheet, in optical density. At the frequency f the sheet at depth d reaches the
pictures with ``H_low(f; d)`` and ``H_high(f; d)``. Sheets being independent of each other and alike, the best estimate
of the low picture from the high one has the gain ``R = Σ H_low H_high / Σ H_high²``, and of the low picture's power the
share ``1 − (Σ H_low H_high)² / (Σ H_low² Σ H_high²)`` stays open: layers that one lens blurs and the other does not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import fft

from calibration.optics import REFRACTIVE_INDEX
from calibration.transfer import COLOURS_UM, TABLE_RADII, Optics, absorption, transfer
from enhance.trust.altered import SECTION_UM

Image = NDArray[np.float32]
Table = NDArray[np.float64]

SHEETS = 9
RADII = 512
_LEAST = 1e-3  # of the white level: darker has no density that 8 bits know
_LEAST_POWER = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Lenses:
    """The two objectives, in one colour, that a model leads from and to.

    Parameters
    ----------
    low, high : Optics
        Weaker and stronger.
    """

    low: Optics
    high: Optics


def lenses_of(optics: Mapping[str, Any]) -> tuple[Lenses, ...]:
    """Return the lenses in red, green and blue of a checkpoint's optics.

    Raises
    ------
    KeyError
        When it lacks one of the lenses.
    """

    def lens(name: str, wavelength_um: float) -> Optics:
        told = optics[name]
        return Optics(
            na=float(told["na"]),
            condenser_na=float(optics["condenser_na"]),
            wavelength_um=wavelength_um,
            immersion_index=REFRACTIVE_INDEX[told["immersion"]],
        )

    return tuple(Lenses(low=lens("low", wave), high=lens("high", wave)) for wave in COLOURS_UM)


@lru_cache(maxsize=32)
def gains(lenses: Lenses) -> tuple[Table, Table, Table]:
    """Radii in cycles per µm, the gain R, and the share left open; both are 0 beyond the weaker lens's cut-off."""
    radii = np.linspace(0, lenses.high.cutoff, RADII)
    depths = np.linspace(-0.5, 0.5, SHEETS) * SECTION_UM
    low, high = (np.stack([_absorption(lens, depth, radii) for depth in depths]) for lens in (lenses.low, lenses.high))
    low_power, high_power = (np.maximum((part**2).sum(axis=0), _LEAST_POWER) for part in (low, high))
    together = (low * high).sum(axis=0)
    passed = radii < lenses.low.cutoff
    return radii, passed * together / high_power, passed * np.clip(1 - together**2 / (low_power * high_power), 0, 1)


def reimaged(high: Image, lenses: tuple[Lenses, ...], *, pixel_um: float, ratio: tuple[int, int]) -> Image:
    """Estimate what the weaker lens shows of a picture of the stronger one.

    Parameters
    ----------
    high : ndarray of float32, shape (p n, p m, 3)
        In fractions of the white level.
    lenses : tuple of Lenses
        In red, green and blue.
    pixel_um : float
        Of `high`, at the specimen.
    ratio : (int, int)
        p and q: its pixels per pixel of the result.

    Returns
    -------
    ndarray of float32, shape (q n, q m, 3)
        The area mean that makes it acts on pixels that are areas themselves: their response is taken out twice, once
        for what they have seen and once for what they are drawn as.
    """
    p, q = ratio
    rows, columns = high.shape[:2]
    estimate = np.empty((rows * q // p, columns * q // p, 3), np.float32)
    for colour, pair in enumerate(lenses):
        plane = _Density(high[..., colour], pixel_um)
        radii, gain, _ = gains(pair)
        known = plane.filtered(np.interp(plane.radius, radii, gain) / plane.pixel_response**2)
        estimate[..., colour] = cv2.resize(np.exp(-known), estimate.shape[1::-1], interpolation=cv2.INTER_AREA)
    return estimate


def open_variance(low: Image, lenses: tuple[Lenses, ...], *, pixel_um: float, noise: Image) -> Image:
    """Variance of what the stronger lens's picture leaves open of the weaker one's; only its local mean counts.

    Parameters
    ----------
    low : ndarray of float32, shape (rows, columns, 3)
        Picture of the weaker lens in fractions of the white level.
    lenses : tuple of Lenses
        In red, green and blue.
    pixel_um : float
        Of `low`, at the specimen.
    noise : ndarray of float32, shape (rows, columns, 3)
        Its variance, which is no detail and is taken off; so single values may be negative.
    """
    found = np.empty_like(low)
    for colour, pair in enumerate(lenses):
        plane = _Density(low[..., colour], pixel_um)
        radii, _, share = gains(pair)
        left = np.interp(plane.radius, radii, share)
        detail = low[..., colour] * plane.filtered(np.sqrt(left))
        found[..., colour] = np.square(detail) - np.float32(left.mean()) * noise[..., colour]
    return found


class _Density:
    """Optical density of one colour, to be filtered; it goes on beyond its edges as its mirror image."""

    def __init__(self, plane: Image, pixel_um: float) -> None:
        self._margin = [side // 2 for side in plane.shape]
        padded = np.pad(plane, [(margin, margin) for margin in self._margin], mode="symmetric")
        self._shape, self._inner = padded.shape, plane.shape
        self._spectrum = fft.rfft2(-np.log(np.maximum(padded, np.float32(_LEAST))))
        down, across = fft.fftfreq(padded.shape[0], pixel_um)[:, None], fft.rfftfreq(padded.shape[1], pixel_um)
        self.radius = np.hypot(down, across)
        self.pixel_response = np.sinc(down * pixel_um) * np.sinc(across * pixel_um)

    def filtered(self, transmitted: Table) -> Image:
        whole = fft.irfft2(self._spectrum * transmitted.astype(np.float32), s=self._shape)
        rows, columns = (slice(m, m + side) for m, side in zip(self._margin, self._inner, strict=True))
        return np.asarray(whole[rows, columns], np.float32)


def _absorption(optics: Optics, depth_um: float, radii: Table) -> Table:
    table = absorption(transfer(optics, float(depth_um)))
    return np.interp(radii, np.linspace(0, optics.cutoff, TABLE_RADII), table, right=0)
