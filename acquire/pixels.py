"""Camera bytes to RGB, in one place: Micro-Manager delivers B, G, R, A on every back-end, with A always 0."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from acquire.errors import PixelError
from acquire.frame import Pixels

CHANNELS = 4
PACKED: dict[np.dtype[Any], np.dtype[Any]] = {
    np.dtype(np.uint32): np.dtype(np.uint8),
    np.dtype(np.uint64): np.dtype(np.uint16),
}


BAYER: dict[str, int] = {
    "RGGB": cv2.COLOR_BayerBG2RGB_EA,
    "BGGR": cv2.COLOR_BayerRG2RGB_EA,
    "GRBG": cv2.COLOR_BayerGB2RGB_EA,
    "GBRG": cv2.COLOR_BayerGR2RGB_EA,
}
"""Filters of a sensor's first two rows; OpenCV names them by the second row, from its second column."""


def demosaic(image: NDArray[np.generic], pattern: str, *, rows: int, columns: int, corner: tuple[int, int]) -> Pixels:
    """Fill in the two colours that each pixel behind a colour filter lacks, along the edges of the picture.

    Parameters
    ----------
    image : ndarray of uint8 or uint16
        Raw, (rows, columns) or flat.
    pattern : str
        Key of `BAYER`: the filters of the sensor's first two rows.
    rows, columns : int
        What the core announces.
    corner : (int, int)
        Column and row of the sensor at which the region read out begins.

    Returns
    -------
    ndarray of uint8 or uint16, shape (rows, columns, 3)
        R first.

    Raises
    ------
    PixelError
        When the camera delivers something else than one value for each pixel.
    """
    if image.size != rows * columns or image.dtype not in (np.uint8, np.uint16):
        raise PixelError(
            f"the camera gave {image.dtype} of shape {image.shape} for {columns}×{rows} pixels, which are not raw "
            "Bayer values: set its pixel type to 8bit or 16bit (camera.lock), or camera.bayer to none"
        )
    shifted = pattern if corner[1] % 2 == 0 else pattern[2:] + pattern[:2]
    if corner[0] % 2:
        shifted = shifted[1] + shifted[0] + shifted[3] + shifted[2]
    raw: NDArray[Any] = image.reshape(rows, columns)
    rgb: Pixels = cv2.cvtColor(raw, BAYER[shifted])  # type: ignore[assignment]
    return rgb


def to_rgb(image: NDArray[np.generic], *, rows: int, columns: int) -> Pixels:
    """Turn what `get_image` returned into RGB.

    Parameters
    ----------
    image : ndarray
        From an in-process core: (rows, columns) of uint32 or uint64, one packed pixel each. From a running
        Micro-Manager: flat uint8 or uint16 of 4 · rows · columns.
    rows, columns : int
        What the core announces.

    Returns
    -------
    ndarray of uint8 or uint16, shape (rows, columns, 3)
        R first.

    Raises
    ------
    PixelError
        When the camera delivers grey pixels or another number of them than announced.
    """
    depth: np.dtype[Any] = PACKED.get(image.dtype, image.dtype)
    values: NDArray[Any] = np.ascontiguousarray(image).view(depth).ravel()
    if values.size != rows * columns * CHANNELS:
        raise PixelError(
            f"the camera gave {image.dtype} of shape {image.shape} for {columns}×{rows} pixels, which is not RGB: "
            "set its pixel type to 32bitRGB or 64bitRGB (camera.lock in the rig file)"
        )
    rgb: Pixels = cv2.cvtColor(values.reshape(rows, columns, CHANNELS), cv2.COLOR_BGRA2RGB)  # type: ignore[assignment]
    return rgb
