"""Bring a sharp picture down to the bandwidth and the grid of a coarser one; take the low frequencies out of both."""

from fractions import Fraction
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from calibration.errors import MeasurementError

BLUR_PER_FACTOR = 1.35 / 2.5
"""Gaussian sigma in fine pixels per unit of the ratio: 1.35 px makes a 100×/1.4 picture look like a 40×/0.95 one."""

HIGH_PASS_SIGMA_PX = 6.0
"""Stain, shading and defocus differ between objectives above this length, structure agrees below it."""

NOISE_BLUR_PX = 0.8
"""Gaussian on both pictures before they are compared: 0, 0.8 and 1.2 px register alike, noise weighs less at 0.8."""

LARGEST_DENOMINATOR = 64
"""A ratio given as a float is taken as the nearest fraction with at most this denominator."""

GREEN = 1
RGB_AXES = 3

Plane = NDArray[np.float32]


def green(pixels: NDArray[Any]) -> Plane:
    """Return the green channel of a colour picture, where stained tissue has its contrast.

    Parameters
    ----------
    pixels : ndarray of uint8 or uint16, shape (rows, columns, 3)

    Returns
    -------
    ndarray of float32, shape (rows, columns)

    Raises
    ------
    MeasurementError
        When the array is not a colour picture of one of the two dtypes.
    """
    if pixels.ndim != RGB_AXES or pixels.shape[2] != RGB_AXES or pixels.dtype not in (np.uint8, np.uint16):
        raise MeasurementError(
            f"a picture of dtype {pixels.dtype} and shape {pixels.shape} was given: give uint8 or uint16 of shape "
            "(rows, columns, 3)"
        )
    return pixels[..., GREEN].astype(np.float32)


def as_ratio(factor: Fraction | float) -> Fraction:
    """Return `factor` as a fraction p/q of at least 1.

    Raises
    ------
    MeasurementError
        When the factor is not a finite number of at least 1.
    """
    if not np.isfinite(float(factor)) or factor < 1:
        raise MeasurementError(f"the ratio of the two pixel sizes is {factor}: give low over high, at least 1")
    return Fraction(factor).limit_denominator(LARGEST_DENOMINATOR)


def decimate(fine: Plane, factor: Fraction | float, *, sigma_px: float | None = None) -> Plane:
    """Blur a plane and average it onto a grid `factor` times coarser that shares its upper left outer edge.

    Pixel centres obey ``x_coarse = (x_fine + 0.5) / factor - 0.5``. Every coarse pixel is the mean of the linear
    interpolant over its own area, so any ratio is exact; a rest of less than one coarse pixel is cut off right and
    below.

    Parameters
    ----------
    fine : ndarray of float32, shape (rows, columns)
    factor : Fraction or float
        At least 1.
    sigma_px : float, optional
        Gaussian blur in fine pixels; ``BLUR_PER_FACTOR * factor`` when not given, 0 for none.

    Returns
    -------
    ndarray of float32, shape (⌊rows / factor⌋, ⌊columns / factor⌋)

    Raises
    ------
    MeasurementError
        When the plane is smaller than one coarse pixel.
    """
    ratio = as_ratio(factor)
    rows, columns = (int(length / ratio) for length in fine.shape)
    if min(rows, columns) < 1:
        raise MeasurementError(
            f"a picture of {fine.shape[1]}×{fine.shape[0]} cannot be made {ratio} times coarser: use a larger one"
        )
    sigma = BLUR_PER_FACTOR * float(ratio) if sigma_px is None else sigma_px
    blurred = blur(fine, sigma_px=sigma)
    if ratio == 1:
        return blurred
    down = _area_weights(fine.shape[0], rows, float(ratio)) @ blurred
    return np.ascontiguousarray((_area_weights(fine.shape[1], columns, float(ratio)) @ down.T).T, dtype=np.float32)


def high_pass(plane: Plane, *, sigma_px: float = HIGH_PASS_SIGMA_PX) -> Plane:
    """Return the plane less its own Gaussian blur of `sigma_px`: structure without stain strength and shading."""
    return plane - blur(plane, sigma_px=sigma_px)


def blur(plane: Plane, *, sigma_px: float) -> Plane:
    """Return the plane blurred by a Gaussian of `sigma_px`, reflected at its edges; the plane itself when it is 0."""
    if sigma_px <= 0:
        return plane
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma_px, borderType=cv2.BORDER_REFLECT), dtype=np.float32)


def _area_weights(fine: int, coarse: int, factor: float) -> csr_array:
    """Weights, shape (coarse, fine), of the mean of the linear interpolant over each coarse pixel.

    Weights of piecewise constant pixels (OpenCV's INTER_AREA) shift every second pixel of a ratio 5/2 by 0.02.
    """
    starts = np.arange(coarse)[:, None] * factor - 0.5
    first = np.floor(starts)
    columns = first + np.arange(int(np.ceil(factor)) + 2)
    weights = (_hat_integral(starts + factor - columns) - _hat_integral(starts - columns)) / factor
    rows = np.broadcast_to(np.arange(coarse)[:, None], columns.shape)
    indices = (rows.ravel(), np.clip(columns, 0, fine - 1).astype(np.intp).ravel())
    return csr_array((weights.astype(np.float32).ravel(), indices), shape=(coarse, fine))


def _hat_integral(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Integral from -infinity to x of the triangle of base 2 and area 1 around 0."""
    inside = np.clip(x, -1, 1)
    return np.where(inside < 0, (1 + inside) ** 2 / 2, 1 - (1 - inside) ** 2 / 2)
