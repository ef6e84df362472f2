"""Classical enlargements that a network has to beat, all on grids that share their outer edges."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8] | NDArray[np.uint16]
Enlargement = Callable[[Image, tuple[int, int]], Image]

UNSHARP_SIGMA_PX = 1.5
"""Blur of the unsharp mask in output pixels."""
UNSHARP_AMOUNT = 0.5
"""How much of the difference to the blurred picture is added."""


def nearest(image: Image, ratio: tuple[int, int]) -> Image:
    """Repeat the nearest pixel."""
    return _levels(_enlarged(image, ratio, cv2.INTER_NEAREST_EXACT), image.dtype)


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
    return _levels(_enlarged(image, ratio, cv2.INTER_CUBIC), image.dtype)


def lanczos(image: Image, ratio: tuple[int, int]) -> Image:
    """Lanczos' windowed sinc over 8 × 8 pixels."""
    return _levels(_enlarged(image, ratio, cv2.INTER_LANCZOS4), image.dtype)


def unsharp(image: Image, ratio: tuple[int, int]) -> Image:
    """Bicubic enlargement plus half of its difference to itself blurred by 1.5 output pixels."""
    large = _enlarged(image, ratio, cv2.INTER_CUBIC)
    blurred = cv2.GaussianBlur(large, (0, 0), UNSHARP_SIGMA_PX, borderType=cv2.BORDER_REFLECT)
    return _levels(large + np.float32(UNSHARP_AMOUNT) * (large - blurred), image.dtype)


BASELINES: Mapping[str, Enlargement] = MappingProxyType(
    {"nearest": nearest, "bicubic": bicubic, "lanczos": lanczos, "unsharp": unsharp}
)


def _enlarged(image: Image, ratio: tuple[int, int], interpolation: int) -> NDArray[np.float32]:
    """Pad to a multiple of q with the last pixels, so that the factor is exactly p/q, enlarge and cut."""
    p, q = ratio
    rows, columns = image.shape[:2]
    padding = (0, -rows % q, 0, -columns % q)
    padded = cv2.copyMakeBorder(image.astype(np.float32), *padding, cv2.BORDER_REPLICATE)
    size = (padded.shape[1] * p // q, padded.shape[0] * p // q)
    large = cv2.resize(padded, size, interpolation=interpolation)
    return large[: -(-p * rows // q), : -(-p * columns // q)].astype(np.float32, copy=False)


def _levels(values: NDArray[np.float32], dtype: np.dtype[Any]) -> Image:
    rounded: NDArray[np.float32] = np.clip(np.rint(values), 0, np.iinfo(dtype).max)
    return rounded.astype(np.uint8) if dtype == np.uint8 else rounded.astype(np.uint16)
