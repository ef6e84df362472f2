"""Classical enlargements that a network has to beat, all on grids that share their outer edges."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8] | NDArray[np.uint16]
Values = NDArray[np.float32]
Enlargement = Callable[[Image, tuple[int, int]], Image]


def nearest(image: Image, ratio: tuple[int, int]) -> Image:
    """Repeat the nearest pixel."""
    return rounded(enlarged(image, ratio, cv2.INTER_NEAREST_EXACT), image.dtype)


def bicubic(image: Image, ratio: tuple[int, int]) -> Image:
    """Cubic convolution (a = −0.75): ``x_low = (x_high + 0.5) / L − 0.5``.

    Parameters
    ----------
    image : ndarray of uint8 or uint16, shape (rows, columns, 3)
        The low-resolution picture.
    ratio : (int, int)
        p and q of the factor L = p/q.

    Returns
    -------
    ndarray, shape (⌈p rows / q⌉, ⌈p columns / q⌉, 3)
        Same dtype, clipped to its range.
    """
    return rounded(enlarged(image, ratio, cv2.INTER_CUBIC), image.dtype)


def lanczos(image: Image, ratio: tuple[int, int]) -> Image:
    """Lanczos' windowed sinc over 8 × 8 pixels."""
    return rounded(enlarged(image, ratio, cv2.INTER_LANCZOS4), image.dtype)


BASELINES: Mapping[str, Enlargement] = MappingProxyType({"nearest": nearest, "bicubic": bicubic, "lanczos": lanczos})
"""Those without parameters; `enhance.classical` has those that are tuned."""


def enlarged(image: Image | Values, ratio: tuple[int, int], interpolation: int) -> Values:
    """Enlarge by exactly p/q, neither rounded nor clipped.

    Parameters
    ----------
    image : ndarray of uint8, uint16 or float32, shape (rows, columns, 3)
        The low-resolution picture; it goes on beyond its edges with its last pixels.
    ratio : (int, int)
        p and q.
    interpolation : int
        One of OpenCV's.

    Returns
    -------
    ndarray of float32, shape (⌈p rows / q⌉, ⌈p columns / q⌉, 3)
    """
    p, q = ratio
    rows, columns = image.shape[:2]
    padding = (0, -rows % q, 0, -columns % q)
    padded = cv2.copyMakeBorder(image.astype(np.float32), *padding, cv2.BORDER_REPLICATE)
    size = (padded.shape[1] * p // q, padded.shape[0] * p // q)
    large = cv2.resize(padded, size, interpolation=interpolation)
    return large[: -(-p * rows // q), : -(-p * columns // q)].astype(np.float32, copy=False)


def rounded(values: Values, dtype: np.dtype[Any]) -> Image:
    """Return whole levels within the range of `dtype`, uint8 or uint16."""
    levels: Values = np.clip(np.rint(values), 0, np.iinfo(dtype).max)
    return levels.astype(np.uint8) if dtype == np.uint8 else levels.astype(np.uint16)
