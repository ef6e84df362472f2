"""The modified Laplacian, a measure of focus, and its mean over a neighbourhood."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

SMOOTHING_PX = 1.0
"""Gaussian taken off the noise first; 0.7 and 1.5 change the fused relief by ± 0.3 dB, 0.7 errs in depth at 5 ke⁻."""
_ALONG_X = np.array([[-1, 2, -1]], dtype=np.float32)


def modified_laplacian(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """Square of the modified Laplacian of each plane.

    Parameters
    ----------
    grey : ndarray of float32, shape (planes, rows, columns)
        Of one field.

    Returns
    -------
    ndarray of float32, same shape
        (abs ∂²/∂x² + abs ∂²/∂y²)², which the two second derivatives cannot cancel in.

    References
    ----------
    Nayar, Nakagawa, Shape from focus, IEEE Trans. Pattern Anal. Mach. Intell. 16, 824 (1994), doi:10.1109/34.308479.
    """
    return np.stack([_squared(plane) for plane in grey])


def pooled(measure: NDArray[np.float32], window_px: int) -> NDArray[np.float32]:
    """Return the mean of each plane's measure round each pixel: a square window twice over, nearly a Gaussian."""
    return averaged(averaged(measure, window_px), window_px)


def averaged(measure: NDArray[np.float32], window_px: int) -> NDArray[np.float32]:
    """Return the mean of each plane's measure over a square window round each pixel."""
    window = (window_px, window_px)
    return np.stack([cv2.blur(one, window, borderType=cv2.BORDER_REFLECT) for one in measure])


def _squared(plane: Array) -> Array:
    smooth = cv2.GaussianBlur(plane, (0, 0), SMOOTHING_PX, borderType=cv2.BORDER_REFLECT)
    across, down = (cv2.filter2D(smooth, -1, taps, borderType=cv2.BORDER_REFLECT) for taps in (_ALONG_X, _ALONG_X.T))
    return np.asarray(np.square(np.abs(across) + np.abs(down)))
