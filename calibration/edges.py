"""How steep the edges of a picture are at a scale at which a whole section comes into focus as one."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.bandwidth import Plane, green
from calibration.errors import MeasurementError

SCALE_UM = 0.8
"""Gaussian before the gradient. At the pixel's own scale the sharpness through 100x/1.4 has a tooth for each layer of a
section, and its maximum wanders by 0.8 µm from field to field (one standard deviation; simulated noise-free fields of
38 µm). At 0.6 µm a 4 µm section has one maximum, which wanders by 0.06 µm in lung, 0.09 in kidney, 0.08 in breast; at
0.8 µm by 0.05, 0.08, 0.06; at 1.0 µm by 0.05, 0.07, 0.06, but there the curve is so flat that noise moves it more."""

PIXELS_PER_SCALE = 4
"""A picture is averaged down to so many pixels in two scales before it is blurred: nothing finer is left to lose."""
SOBEL_UNIT = 1 / 8
"""Turns the sum that a Sobel kernel forms into a slope per pixel."""
SQUARE_VARIANCE = 12.0
"""The variance of a square of side k is (k² - 1)/12 beyond that of a pixel; it counts as part of the blur."""


def steepness(pixels: NDArray[Any], *, pixel_um: float, scale_um: float = SCALE_UM) -> float:
    """Mean slope of the green channel after a Gaussian, over its mean: by how much light changes within one scale.

    The mean of the slope, not of its square as in `calibration.sharpness.tenengrad`: then the darkest nuclei count for
    what they cover, not for their layer, and the maximum wanders by a fifth less.

    Parameters
    ----------
    pixels : ndarray of uint8 or uint16, shape (rows, columns, 3)
        As the camera gave them; uneven light of 10 % counts for 0.003, stained tissue for 0.04 to 0.14.
    pixel_um : float
        Pixel size at the specimen.
    scale_um : float
        Standard deviation of the Gaussian; where it is less than a pixel there is none.

    Returns
    -------
    float
        Of dimension 1.

    Raises
    ------
    MeasurementError
        When the array is no colour picture, is black, or is smaller than the scale.

    Examples
    --------
    >>> import numpy as np
    >>> steepness(np.full((64, 64, 3), 200, np.uint8), pixel_um=0.1)
    0.0
    """
    light, left_px, step_px = _reduced(green(pixels), scale_um / pixel_um)
    mean = float(light.mean(dtype=np.float64))
    if mean <= 0:
        raise MeasurementError("a black picture has no edges: check the light and the shutter")
    blurred = cv2.GaussianBlur(light, (0, 0), left_px) if left_px > 0 else light
    across = np.asarray(cv2.Sobel(blurred, cv2.CV_32F, 1, 0, scale=SOBEL_UNIT))
    down = np.asarray(cv2.Sobel(blurred, cv2.CV_32F, 0, 1, scale=SOBEL_UNIT))
    per_scale = max(scale_um / pixel_um / step_px, 1.0)
    return float(np.hypot(across, down).mean(dtype=np.float64)) * per_scale / mean


def _reduced(plane: Plane, scale_px: float) -> tuple[Plane, float, int]:
    """Average squares of pixels; returns the picture, the blur it still lacks, and the side of the squares."""
    step = max(1, int(2 * scale_px / PIXELS_PER_SCALE))
    rows, columns = plane.shape[0] // step, plane.shape[1] // step
    if not rows or not columns:
        raise MeasurementError(
            f"a picture of {plane.shape[1]}×{plane.shape[0]} pixels is smaller than the {scale_px:.0f} pixels over "
            "which its edges are judged: use more of the camera"
        )
    if step > 1:
        cut = plane[: rows * step, : columns * step]
        plane = np.asarray(cv2.resize(cut, (columns, rows), interpolation=cv2.INTER_AREA), dtype=np.float32)
    left = scale_px**2 - (step**2 - 1) / SQUARE_VARIANCE
    return plane, float(np.sqrt(max(left, 0.0))) / step if scale_px >= 1 else 0.0, step
