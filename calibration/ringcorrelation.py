"""Resolution of what was really photographed: Fourier ring correlation of two exposures of one field."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from calibration.bandwidth import Plane, blur, high_pass
from calibration.errors import MeasurementError
from calibration.light import lit_plane
from calibration.shift import small_shift

Values = NDArray[np.float64]

THRESHOLD = 1 / 7
"""Correlation below which a ring counts as noise (Nieuwenhuizen et al. 2013): a signal a sixth of the noise's power."""

SMALLEST_SIDE_PX = 64
"""Below, the rings hold too few points for their correlation to stand out."""

REACH_PX = 8
"""How far the second exposure may have drifted."""

DRIFT_BLUR_PX = 1.5
"""Gaussian against noise before the drift is sought: without it drawn ones were found to 0.09 px, with it to 0.04."""

EDGE_SHARE = 0.125
"""Part of the side, at either end, over which the pictures fade out before their transform."""

RINGS_AVERAGED = 5
"""Neighbouring rings whose mean is compared with the threshold: single ones scatter by one over the root of their
points."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RingCorrelation:
    """Agreement of two exposures, ring by ring.

    Parameters
    ----------
    frequency_cycles_per_px : ndarray, shape (n,)
        Middle of the rings, from 0 up to 0.5.
    frc : ndarray, shape (n,)
        Correlation of each ring, -1 to 1, the mean over neighbouring rings.
    cutoff_cycles_per_px : float or None
        Where it first falls below one seventh; None when it does not before the camera's Nyquist frequency.
    drift_px : (float, float)
        (x, y) by which the second exposure was moved back before the comparison.
    """

    frequency_cycles_per_px: Values
    frc: Values
    cutoff_cycles_per_px: float | None
    drift_px: tuple[float, float]


def correlate_exposures(one: NDArray[Any], other: NDArray[Any]) -> RingCorrelation:
    """Correlate the Fourier transforms of two exposures of one field in rings of equal frequency, in green.

    Fixed-pattern noise and dirt on the camera agree in both exposures and count as signal: correct flat and dark first,
    or move the stage by some pixels between them.

    Parameters
    ----------
    one, other : ndarray of uint8 or uint16, shape (rows, columns, 3)
        Taken one after the other with nothing changed; a drift of up to 8 px is found and undone.

    Returns
    -------
    RingCorrelation

    Raises
    ------
    MeasurementError
        When the pictures differ in size, are small, blank, one and the same, or do not show the same field.

    References
    ----------
    R. P. J. Nieuwenhuizen et al., Measuring image resolution in optical nanoscopy, Nature Methods 10, 557 (2013).
    """
    first, second = _comparable(one, other)
    drift = _drift(first, second)
    frequency, frc = _rings(_spectrum(first), _moved(_spectrum(second), drift, first.shape), first.shape)
    if frc[1] < THRESHOLD:
        raise MeasurementError("the exposures agree in nothing: give two of one field, in focus and of one specimen")
    return RingCorrelation(
        frequency_cycles_per_px=frequency,
        frc=frc,
        cutoff_cycles_per_px=_crossing(frequency, frc),
        drift_px=(float(drift[0]), float(drift[1])),
    )


def _comparable(one: NDArray[Any], other: NDArray[Any]) -> tuple[Plane, Plane]:
    """Light of two pictures of one size that are not the same."""
    if one.shape != other.shape or min(one.shape[:2]) < SMALLEST_SIDE_PX:
        raise MeasurementError(
            f"the exposures are of shape {one.shape} and {other.shape}: give two of one size, at least "
            f"{SMALLEST_SIDE_PX} px along each side"
        )
    if np.array_equal(one, other):
        raise MeasurementError("both exposures are one and the same picture: give two exposures, each with its noise")
    return lit_plane(one), lit_plane(other)


def _drift(first: Plane, second: Plane) -> Values:
    """(x, y) by which the second lies from the first, in pixels."""
    soft = (high_pass(blur(plane, sigma_px=DRIFT_BLUR_PX)) for plane in (first, second))
    drift = small_shift(*soft, reach_px=REACH_PX)
    if np.abs(drift).max() > REACH_PX - 1:
        raise MeasurementError(
            f"the second exposure lies {np.abs(drift).max():.1f} px or more from the first: give two of one field"
        )
    return drift


def _spectrum(plane: Plane) -> NDArray[np.complex128]:
    rows, columns = (_fade(side) for side in plane.shape)
    return np.asarray(fft.rfft2((plane - plane.mean(dtype=np.float64)) * rows[:, None] * columns))


def _fade(side: int) -> Values:
    away = np.minimum(np.arange(side) + 0.5, side - np.arange(side) - 0.5) / (EDGE_SHARE * side)
    return np.asarray(np.sin(0.5 * np.pi * np.minimum(away, 1)) ** 2)


def _moved(spectrum: NDArray[np.complex128], drift: Values, shape: tuple[int, ...]) -> NDArray[np.complex128]:
    """Spectrum of the picture moved back by the drift."""
    x, y = fft.rfftfreq(shape[1]), fft.fftfreq(shape[0])[:, None]
    return np.asarray(spectrum * np.exp(2j * np.pi * (x * drift[0] + y * drift[1])))


def _rings(one: NDArray[np.complex128], other: NDArray[np.complex128], shape: tuple[int, ...]) -> tuple[Values, Values]:
    """Correlation in rings one frequency step of the shorter side wide, then the mean over neighbours."""
    count = min(shape) // 2
    radius = np.hypot(fft.rfftfreq(shape[1]), fft.fftfreq(shape[0])[:, None])
    ring = np.floor(radius * 2 * count + 0.5).astype(int).ravel()
    twice = np.broadcast_to(np.where(fft.rfftfreq(shape[1]) % 0.5 == 0, 1.0, 2.0), one.shape).ravel()
    cross, power, power_of_other = (
        np.bincount(ring, twice * product.ravel(), minlength=count + 1)[1 : count + 1]
        for product in ((one * other.conj()).real, np.abs(one) ** 2, np.abs(other) ** 2)
    )
    frc = cross / np.sqrt(np.maximum(power * power_of_other, np.finfo(float).tiny))
    half = RINGS_AVERAGED // 2
    kernel = np.ones(RINGS_AVERAGED) / RINGS_AVERAGED
    smooth = np.convolve(np.pad(frc, half, mode="edge"), kernel, mode="valid")
    return np.arange(1, count + 1) / (2 * count), smooth


def _crossing(frequency: Values, frc: Values) -> float | None:
    """Frequency where the correlation first falls below the threshold."""
    below = np.flatnonzero(frc < THRESHOLD)
    if below.size == 0 or below[0] == 0:
        return None
    at = int(below[0])
    share = (frc[at - 1] - THRESHOLD) / (frc[at - 1] - frc[at])
    return float(frequency[at - 1] + share * (frequency[at] - frequency[at - 1]))
