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
