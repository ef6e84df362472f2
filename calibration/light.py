"""The light of a picture that is to be measured: green, black subtracted, not blank, with what is clipped counted."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.bandwidth import Plane, green
from calibration.errors import MeasurementError

LEAST_RANGE = 0.02
"""Of a picture's mean, between its 0.1 and 99.9 percentiles: less than this is a blank field."""

PERCENTILES = (0.1, 99.9)


def lit_plane(pixels: NDArray[Any], black_level: float = 0.0) -> Plane:
    """Return the green light of a picture that is fit to be measured.

    Parameters
    ----------
    pixels : ndarray of uint8 or uint16, shape (rows, columns, 3)
    black_level : float
        Pixel value without light, subtracted.

    Returns
    -------
    ndarray of float32, shape (rows, columns)

    Raises
    ------
    MeasurementError
        When the array is no colour picture, or is blank, dark or saturated throughout.
    """
    plane = green(pixels)
    low, high = (float(value) for value in np.percentile(plane, PERCENTILES))
    if low == np.iinfo(pixels.dtype).max:
        raise MeasurementError(f"the whole picture is saturated at {low:g}: expose less")
    if float(plane.mean()) <= black_level:
        raise MeasurementError(f"the picture is not brighter than its black level {black_level:g}: check the light")
    if high - low <= LEAST_RANGE * (float(plane.mean()) - black_level):
        raise MeasurementError(
            f"the picture is blank: its green lies between {low:g} and {high:g}: bring a target into the field"
        )
    return np.asarray(plane - np.float32(black_level))


def clipped_share(pixels: NDArray[Any]) -> float:
    """Part of the green pixels that stand at the largest value of the dtype."""
    return float(np.mean(pixels[..., 1] == np.iinfo(pixels.dtype).max))
