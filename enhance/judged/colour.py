"""Difference of colour as an eye sees it: ΔE2000, empty glass being white."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000, rgb2lab

from calibration.flatfield import GLASS_LEVEL
from enhance.metrics import Mask

MOST_PIXELS = 100_000
"""Pixels that are compared, evenly spread: their mean is then known to a hundredth."""


def delta_e(picture: NDArray[Any], truth: NDArray[Any], mask: Mask, *, white_level: float, corrected: bool) -> float:
    """Mean ΔE2000 inside the mask; NaN when that is empty.

    Pixel values are taken as a screen takes them (sRGB), scaled so that empty glass is white.

    Parameters
    ----------
    picture, truth : ndarray, shape (rows, columns, 3)
        In the same unit.
    mask : ndarray of bool, shape (rows, columns)
        Where.
    white_level : float
        Pixel value of saturation.
    corrected : bool
        Whether empty glass lies at `GLASS_LEVEL`; at the white level otherwise.

    References
    ----------
    G. Sharma, W. Wu, E. N. Dalal, The CIEDE2000 color-difference formula, Color Res. Appl. 30, 21 (2005).
    """
    if not mask.any():
        return float("nan")
    glass = white_level * (GLASS_LEVEL if corrected else 1.0)
    step = -(-int(mask.sum()) // MOST_PIXELS)
    one, other = (rgb2lab(np.clip(pixels[mask][::step] / glass, 0, 1)) for pixels in (picture, truth))
    return float(np.mean(deltaE_ciede2000(one, other)))
