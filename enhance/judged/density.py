"""Spectra of optical density, by colour: what details of each fineness a picture and its truth have in common."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import fft

from enhance.metrics import Mask

EDGE_SHARE = 0.1
"""Part of the side, at either end, over which pictures fade out before their transform."""
TISSUE_FADE_UM = 0.6
"""Gaussian over which they fade at the border of the tissue: a step there would be fine detail in every picture."""
LEAST_LEVEL = 1.0
"""Darker pixels count as this dark."""

Spectra = NDArray[np.complex64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DensityView:
    """How spectra of one site are taken: the same fading for every picture of it.

    Parameters
    ----------
    weight : ndarray of float32, shape (rows, columns)
        0 outside tissue and at the edges, 1 well inside.
    white_level : float
        Pixel value of saturation.
    pixel_um : float
        Pixel size at the specimen.
    """

    weight: NDArray[np.float32]
    white_level: float
    pixel_um: float

    def spectra(self, picture: NDArray[Any]) -> Spectra:
        """Half-plane spectra of the faded optical density, without its mean, shape (3, rows, columns // 2 + 1)."""
        density = -np.log10(np.maximum(picture.astype(np.float32), LEAST_LEVEL) / np.float32(self.white_level))
        mean = np.average(density.reshape(-1, 3), axis=0, weights=self.weight.ravel())
        faded = (density - mean.astype(np.float32)) * self.weight[..., None]
        return np.asarray(fft.rfft2(np.moveaxis(faded, -1, 0), axes=(1, 2)), dtype=np.complex64)

    @property
    def radius(self) -> NDArray[np.float64]:
        """Spatial frequency of each coefficient in cycles per µm, shape (rows, columns // 2 + 1)."""
        rows, columns = self.weight.shape
        return np.asarray(np.hypot(fft.rfftfreq(columns, self.pixel_um), fft.fftfreq(rows, self.pixel_um)[:, None]))

    @property
    def twice(self) -> NDArray[np.float64]:
        """How often each coefficient of the half-plane stands in the whole plane, shape (columns // 2 + 1,)."""
        columns = self.weight.shape[1]
        return np.where(fft.rfftfreq(columns) % 0.5 == 0, 1.0, 2.0)


def density_view(tissue: Mask, *, white_level: float, pixel_um: float) -> DensityView:
    """Fade towards the edges and the border of the tissue; without any tissue, towards the edges only."""
    inside = tissue.astype(np.float32) if tissue.any() else np.ones(tissue.shape, np.float32)
    soft = cv2.GaussianBlur(inside, (0, 0), TISSUE_FADE_UM / pixel_um, borderType=cv2.BORDER_REFLECT)
    edges = np.outer(*(_fade(side) for side in tissue.shape))
    return DensityView(weight=(soft * edges).astype(np.float32), white_level=white_level, pixel_um=pixel_um)


def correlations(
    one: Spectra, other: Spectra, twice: NDArray[np.float64], part: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Correlate two spectra within the parts of the plane that `part` numbers from 0; NaN where one has nothing.

    Parameters
    ----------
    one, other : ndarray, shape (rows, columns)
        Half-planes.
    twice : ndarray, shape (columns,)
        From `DensityView`.
    part : ndarray of int, shape (rows, columns)
        The last part is left out: what is to be ignored.
    """
    count = int(part.max()) + 1
    weight = np.broadcast_to(twice, one.shape)
    cross, power, other_power = (
        np.bincount(part.ravel(), (weight * product).ravel(), minlength=count)[: count - 1]
        for product in ((one * other.conj()).real, np.abs(one) ** 2, np.abs(other) ** 2)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(cross / np.sqrt(power * other_power))


def _fade(side: int) -> NDArray[np.float64]:
    away = np.minimum(np.arange(side) + 0.5, side - np.arange(side) - 0.5) / (EDGE_SHARE * side)
    return np.asarray(np.sin(0.5 * np.pi * np.minimum(away, 1)) ** 2)
