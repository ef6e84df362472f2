"""Bit depth: the pictures of a training set are kept in bytes or, where bytes would round once more, in 16 bits."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

WHITE_LEVEL = 255
"""Pixel value of saturation in a training set in bytes, whatever the camera's was; labels and scores are in these."""

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
    if pixels.dtype == np.uint8 and white == WHITE_LEVEL:
        return pixels
    scaled = pixels.astype(np.float32)
    scaled *= np.float32(WHITE_LEVEL / white)
    return np.clip(np.rint(scaled, out=scaled), 0, WHITE_LEVEL, out=scaled).astype(np.uint8)
