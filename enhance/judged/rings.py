"""Resolution of a picture against the truth: where their Fourier ring correlation falls below one half."""

import numpy as np
from numpy.typing import NDArray

from enhance.judged.density import DensityView, Spectra, correlations

THRESHOLD = 0.5
"""Against a truth without noise: the counterpart of the customary 1/7 between two noisy halves, √(2·⅐/(1+⅐)) = 0.5
(Rosenthal and Henderson, J. Mol. Biol. 333, 721, 2003)."""
RINGS_AVERAGED = 3
"""Neighbouring rings whose mean is compared with the threshold."""
GREEN = 1

Plane = NDArray[np.complex64]
Values = NDArray[np.float64]


def resolution_um(picture: Spectra, truth: Spectra, view: DensityView) -> float:
    """Return the period, in µm, up to which a picture agrees with the truth in green.

    Parameters
    ----------
    picture, truth : ndarray of complex64
        From `DensityView.spectra`.
    view : DensityView
        That took them.

    Returns
    -------
    float
        Two pixels where they agree up to the end; infinite where they agree in nothing.
    """
    frequency, frc = ring_correlation(picture[GREEN], truth[GREEN], view)
    below = np.flatnonzero(frc < THRESHOLD)
    if below.size == 0:
        return 2 * view.pixel_um
    at = int(below[0])
    if at == 0:
        return float("inf")
    share = (frc[at - 1] - THRESHOLD) / (frc[at - 1] - frc[at])
    return float(1 / (frequency[at - 1] + share * (frequency[at] - frequency[at - 1])))


def ring_correlation(
    one: Spectra, other: Spectra, view: DensityView
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Correlate in rings one frequency step of the shorter side wide, and average over neighbours.

    Returns
    -------
    frequency : ndarray
        Middle of each ring in cycles per µm, up to the Nyquist frequency of the grid.
    frc : ndarray
        -1 to 1; 0 where one of the two has nothing.
    """
    count = min(view.weight.shape) // 2
    step = 1 / (2 * count * view.pixel_um)
    ring = np.minimum(np.floor(view.radius / step + 0.5).astype(np.intp), count + 1)
    frc = np.nan_to_num(correlations(one, other, view.twice, ring))[1:]
    half = RINGS_AVERAGED // 2
    smooth = np.convolve(np.pad(frc, half, mode="edge"), np.ones(RINGS_AVERAGED) / RINGS_AVERAGED, mode="valid")
    return np.arange(1, count + 1) * step, smooth
