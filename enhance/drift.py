"""How far the planes of a focal stack have drifted sideways, and moving them back."""

from typing import Any

import cv2
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
    back = [
        # Without normalisation: phases beyond the optical cut-off are noise and would count as much as the others.
        phase_cross_correlation(middle, plane, upsample_factor=STEPS_PER_PX, normalization=None)[0]
        for plane in faded
    ]
    return -np.asarray(back, dtype=np.float64)[:, ::-1]


def undo_drift(planes: Array, drift_px: NDArray[np.float64]) -> Array:
    """Move each plane back by its drift, once, with Lanczos interpolation; what comes in at the edge is mirrored.

    Parameters
    ----------
    planes : ndarray of uint8, uint16 or float32, shape (planes, rows, columns, 3)
        As they were recorded.
    drift_px : ndarray of float64, shape (planes, 2)
        From `measure_drift`.

    Returns
    -------
    ndarray, same shape and dtype
        Planes that did not drift are returned as they are.
    """
    moved = planes.copy()
    for plane, (x, y) in zip(moved, drift_px, strict=True):
        if x or y:
            back = np.array([[1, 0, x], [0, 1, y]])
            flags = cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP
            plane[:] = cv2.warpAffine(plane, back, plane.shape[1::-1], flags=flags, borderMode=cv2.BORDER_REFLECT)
    return moved
