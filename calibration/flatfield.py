"""Dark, flat and white correction: the one place that live, pairs and enhance all call."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.errors import MeasurementError

FINE_WHITE_LEVEL = 65535
"""Pixel value of saturation in what `correct_finely` returns."""
GLASS_LEVEL = 0.9
"""Where empty glass comes to lie after correction, as a fraction of the white level: room for its noise above it."""

Pixels = NDArray[np.uint8] | NDArray[np.uint16]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Correction:
    """Dark frame and flat field of one objective at one exposure, in fractions of the white level.

    Parameters
    ----------
    dark : ndarray of float32, shape (rows, columns, 3) or broadcastable to it
        Mean frame without light.
    flat : ndarray of float32, same shape
        Mean frame of empty glass.

    Raises
    ------
    MeasurementError
        When the flat is nowhere brighter than the dark.
    """

    dark: NDArray[np.float32]
    flat: NDArray[np.float32]

    def __post_init__(self) -> None:
        if not bool(np.all(self.flat > self.dark)):
            raise MeasurementError(
                "the flat field is not brighter than the dark frame everywhere: capture empty glass again"
            )


def correct(pixels: Pixels, correction: Correction, *, white_level: float) -> Pixels:
    """Return the picture with even light and neutral glass: T = (I - D) / (F - D) per channel.

    Parameters
    ----------
    pixels : ndarray of uint8 or uint16, shape (rows, columns, 3)
        As the camera gave them.
    correction : Correction
        Of the same objective and frame size.
    white_level : float
        Pixel value of saturation.

    Returns
    -------
    ndarray, same shape and dtype
        Empty glass lies at ``GLASS_LEVEL * white_level``.

    Raises
    ------
    MeasurementError
        When frame and correction differ in size.
    """
    levels: NDArray[np.float32] = np.clip(np.rint(_corrected(pixels, correction, white_level)), 0, white_level)
    return levels.astype(np.uint8) if pixels.dtype == np.uint8 else levels.astype(np.uint16)


def correct_finely(pixels: Pixels, correction: Correction, *, white_level: float) -> NDArray[np.uint16]:
    """Return what `correct` does in 16 bits, for a network: the levels of a camera of 8 bits are not rounded again.

    Parameters
    ----------
    pixels, correction, white_level
        As for `correct`.

    Returns
    -------
    ndarray of uint16, same shape
        White lies at `FINE_WHITE_LEVEL`, empty glass at ``GLASS_LEVEL`` of it.

    Raises
    ------
    MeasurementError
        When frame and correction differ in size.
    """
    corrected = _corrected(pixels, correction, white_level) * np.float32(FINE_WHITE_LEVEL / white_level)
    levels: NDArray[np.float32] = np.clip(np.rint(corrected), 0, FINE_WHITE_LEVEL)
    return levels.astype(np.uint16)


def _corrected(pixels: Pixels, correction: Correction, white_level: float) -> NDArray[np.float32]:
    if correction.flat.shape[:2] not in (pixels.shape[:2], (1, 1)):
        raise MeasurementError(
            f"the flat field is {correction.flat.shape[1]}×{correction.flat.shape[0]} and the frame "
            f"{pixels.shape[1]}×{pixels.shape[0]}: calibrate at the frame size you capture with"
        )
    scale = np.float32(GLASS_LEVEL) / (correction.flat - correction.dark)
    corrected: NDArray[np.float32] = (pixels.astype(np.float32) - correction.dark * np.float32(white_level)) * scale
    return corrected
