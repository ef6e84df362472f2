"""How far the planes of a focal stack have drifted sideways."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage.registration import phase_cross_correlation

Array = NDArray[Any]

STEPS_PER_PX = 50
"""Steps to which the drift is measured."""
LARGEST_PX = 1024
"""Of larger pictures the middle is measured: it holds as much as the answer needs."""


def measure_drift(grey: NDArray[np.float32]) -> NDArray[np.float64]:
    """Measure how far each plane lies from the middle one.

    Parameters
    ----------
    grey : ndarray of float32, shape (planes, rows, columns)
        Of one field; blur may differ between planes, it moves nothing as long as it is symmetric.

    Returns
    -------
    ndarray of float64, shape (planes, 2)
        (x, y) in px: a feature at p in the middle plane lies at p + drift in this one.

    References
    ----------
    Guizar-Sicairos, Thurman, Fienup, Opt. Lett. 33, 156 (2008), doi:10.1364/OL.33.000156.
    """
    top, left = (max(0, (side - LARGEST_PX) // 2) for side in grey.shape[1:])
    grey = grey[:, top : top + LARGEST_PX, left : left + LARGEST_PX]
    rows, columns = grey.shape[1:]
    window = np.outer(np.hanning(rows + 2)[1:-1], np.hanning(columns + 2)[1:-1])
    faded = [(plane - plane.mean()) * window for plane in grey]
    middle = faded[len(faded) // 2]
    return np.stack([_drift(middle, plane) for plane in faded])


def _drift(middle: Array, plane: Array) -> NDArray[np.float64]:
    if not (middle.any() and plane.any()):
        return np.zeros(2)  # a blank plane lies anywhere
    # Without normalisation: phases beyond the optical cut-off are noise and would count as much as the others.
    back = phase_cross_correlation(middle, plane, upsample_factor=STEPS_PER_PX, normalization=None)[0]
    return -np.asarray(back, dtype=np.float64)[::-1]
