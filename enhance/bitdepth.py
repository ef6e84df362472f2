"""Bit depth: the pictures of a training set are kept in bytes or, where bytes would round once more, in 16 bits."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

WHITE_LEVEL = 255
"""Pixel value of saturation in a training set in bytes, whatever the camera's was; labels and scores are in these."""

ROWS = 64

Levels = NDArray[np.float32]


def white_of(picture: NDArray[Any]) -> int:
    """Return the pixel value of saturation of a picture of a training set: the largest of its dtype."""
    return int(np.iinfo(picture.dtype).max)


def levels(picture: NDArray[Any]) -> Levels:
    """Return a picture of a training set, of uint8 or uint16, in levels of a byte: float32, 0 to 255, not rounded."""
    return picture.astype(np.float32) * np.float32(WHITE_LEVEL / white_of(picture))


def as_bytes(pixels: NDArray[Any], white_level: float | None = None) -> NDArray[np.uint8]:
    """Bring pixels to 8 bits with white at `WHITE_LEVEL`.

    Parameters
    ----------
    pixels : ndarray of uint8 or uint16
        Returned as they are where nothing has to be done.
    white_level : float, optional
        Pixel value of saturation; the largest of their dtype when not given.

    Returns
    -------
    ndarray of uint8, same shape
        What lies above the white level is white.
    """
    white = white_of(pixels) if white_level is None else white_level
    return np.asarray(rescaled(pixels, white, WHITE_LEVEL, np.dtype(np.uint8)))


def rescaled(pixels: NDArray[Any], white_level: float, to: float, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Bring pixels to whole levels of another white level, a few rows at a time: they may be a whole slide.

    Parameters
    ----------
    pixels : ndarray of uint8 or uint16
        Returned as they are where nothing has to be done.
    white_level, to : float
        Pixel value of saturation before and after.
    dtype : dtype
        Of the result.

    Returns
    -------
    ndarray of dtype, same shape
        What lies above the white level is white.
    """
    if pixels.dtype == dtype and white_level == to:
        return pixels
    whole = np.empty(pixels.shape, dtype)
    for first in range(0, len(pixels), ROWS):
        part = pixels[first : first + ROWS].astype(np.float32)
        part *= np.float32(to / white_level)
        whole[first : first + ROWS] = np.clip(np.rint(part, out=part), 0, to, out=part)
    return whole
