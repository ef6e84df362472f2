"""Where the middle of a section lies in a focal stack: half way between the two flanks of its through-focus energy.

The top of a through-focus curve wanders with what the layers of the section hold; its flanks stand at the faces of the
section and do not. Refraction would shift them: out of focus it adds to what a stain absorbs on one side and takes from
it on the other, by 0.26 µm of depth in green alone (0.15 to 0.39). But to first order in defocus the logarithm of the
light changes by depth × ∇²(optical path), in which no wavelength stands: it is the same in every colour, and the
difference of two colours holds nothing but what they absorb differently, which defocus blurs alike on both sides.

References
----------
M. R. Teague, Deterministic phase retrieval: a Green's function solution, J. Opt. Soc. Am. 73, 1434 (1983).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft

from calibration.bandwidth import Plane, green, high_pass
from calibration.errors import MeasurementError
from calibration.flatfield import Pixels

FLANK = 0.2
"""Share of the top at which the flanks are taken. At 68 sites of three simulated tissues the middle then lay at 0.02 ±
0.03 µm of depth through 40x/0.95 and at 0.02 ± 0.05 µm through 100x/1.4; the top wanders by 0.1 to 0.8 µm."""

BAND = (0.22, 0.43)
"""Of the weakest lens' cut-off: detail that every lens passes nearly whole. Finer detail shows each layer of a section
as a tooth of its own: where the outermost has little of it, the flank jumps to the next, by 0.4 µm and more."""

DARKEST = 0.02
"""Of the brightest pixel: what is darker is as dark as this, so that its logarithm stays small."""

RED = 0
"""Taken off green, and not blue: its light is nearer in transfer, and eosin, scarlet and aniline blue differ more
in it. With blue the middle scattered at the same sites by 0.05 µm and by 0.15 µm."""

SHADING_SIGMA_PX = 20.0
"""Longer than any detail in the band: what uneven light and the edge of the window bring in lies beyond it."""

Band = tuple[float, float]


def band_energy(pixels: Pixels, *, pixel_um: float, band: Band) -> float:
    """Energy, between two spatial frequencies, of what a picture absorbs more in green than in red.

    Parameters
    ----------
    pixels : ndarray of uint8 or uint16, shape (rows, columns, 3)
        Corrected.
    pixel_um : float
        Nominal pixel size at the specimen.
    band : (float, float)
        In cycles per µm.

    Returns
    -------
    float
        Mean power in the band.
    """
    stain = high_pass(_absorbance(green(pixels)) - _absorbance(pixels[..., RED]), sigma_px=SHADING_SIGMA_PX)
    rows, columns = stain.shape
    window = np.hanning(rows)[:, None] * np.hanning(columns)
    power = np.abs(fft.rfft2(stain * window.astype(np.float32), workers=1)) ** 2
    radius = np.hypot(fft.fftfreq(rows, pixel_um)[:, None], fft.rfftfreq(columns, pixel_um))
    chosen = (radius >= band[0]) & (radius < band[1])
    if not chosen.any():
        raise MeasurementError(
            f"a picture of {columns}×{rows} pixels of {pixel_um:.3g} µm holds no frequency between {band[0]:.2g} and "
            f"{band[1]:.2g} cycles/µm: use a camera with more or smaller pixels"
        )
    return float(power[chosen].mean())


def middle_um(z_um: Sequence[float] | ArrayLike, energies: Sequence[float] | ArrayLike) -> float:
    """Z half way between the flanks of a through-focus curve.

    Parameters
    ----------
    z_um : array_like, shape (n,)
        Of the planes, in any order.
    energies : array_like, shape (n,)
        From `band_energy`.

    Returns
    -------
    float

    Raises
    ------
    MeasurementError
        When the curve does not fall to `FLANK` of its top on both sides: the stack was too short, the field empty, or
        its stain takes red and green alike.
    """
    order = np.argsort(z_um)
    z, energy = np.asarray(z_um, float)[order], np.asarray(energies, float)[order]
    height = (energy - energy.min()) / max(float(np.ptp(energy)), np.finfo(float).tiny)
    top = np.flatnonzero(height >= FLANK)
    first, last = int(top[0]), int(top[-1])
    if first == 0 or last == height.size - 1:
        raise MeasurementError(
            f"the section is as sharp at one end of the stack from z {z[0]:.2f} to {z[-1]:.2f} µm as inside it: focus "
            "on the section by hand, or choose a place with stained tissue (--at): it must absorb more green than red"
        )
    return 0.5 * (_crossing(z, height, first - 1) + _crossing(z, height, last))


def centroid_um(z_um: Sequence[float] | ArrayLike, energies: Sequence[float] | ArrayLike) -> float:
    """Z of a section of which a stack holds a part: the planes' mean, each weighing by its height over the lowest.

    Parameters
    ----------
    z_um : array_like, shape (n,)
        Of the planes, in any order.
    energies : array_like, shape (n,)
        From `band_energy`.
    """
    energy = np.asarray(energies, float)
    return float(np.average(np.asarray(z_um, float), weights=energy - energy.min() + np.finfo(float).tiny))


def _absorbance(plane: NDArray[Any]) -> Plane:
    light = plane.astype(np.float32)
    return np.asarray(-np.log(np.maximum(light, DARKEST * float(light.max()))), dtype=np.float32)


def _crossing(z: NDArray[np.float64], height: NDArray[np.float64], before: int) -> float:
    share = (FLANK - height[before]) / (height[before + 1] - height[before])
    return float(z[before] + share * (z[before + 1] - z[before]))
