"""Three ways to make one picture of planes that lie on one another."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from enhance.grey import RGB
from enhance.laplacian import averaged, modified_laplacian, pooled
from enhance.selection import choose_energetic, choose_largest, pick
from enhance.wavelet import analyse, synthesise

Array = NDArray[Any]
Grey = NDArray[np.float32]
Method = Literal["forster", "energy", "laplacian"]
Merge = Callable[[Array, Grey, int], Array]
"""From planes (planes, rows, columns, 3), their grey (planes, rows, columns) and the number of scales to a picture."""

METHODS: tuple[Method, ...] = get_args(Method)
REASSIGNED_WINDOW_PX = 5
"""Window over which a plane's grey is compared with the fused one: 0.3 to 0.9 dB better than pixel by pixel on
simulated sheets, 7 gains 0.1 dB more."""
LAPLACIAN_WINDOW_PX = 9
"""Window of the focus measure that chooses pixels; on simulated sheets 5 costs 0.5 dB, 19 gains 0.1 dB."""


def forster(planes: Array, grey: Grey, scales: int) -> Array:
    """Take each pixel from the plane whose grey is nearest to the grey fused of the largest wavelet coefficients.

    Near is what differs least over a small window; the paper compares single pixels, where noise decides.

    References
    ----------
    Forster, Van De Ville, Berent, Sage, Unser, Microsc. Res. Tech. 65, 33 (2004), doi:10.1002/jemt.20092.
    """
    pyramids = [analyse(plane, scales) for plane in grey]
    fused = synthesise(pick(pyramids, choose_largest(pyramids))).real
    return _nearest(planes, grey, np.ascontiguousarray(fused))


def energy(planes: Array, grey: Grey, scales: int) -> Array:
    """Put each colour together from the wavelet coefficients of the planes whose grey has most local energy there."""
    choice = choose_energetic([analyse(plane, scales) for plane in grey])
    channels = []
    for channel in range(RGB):
        pyramids = [analyse(plane[..., channel].astype(np.float32), scales) for plane in planes]
        channels.append(synthesise(pick(pyramids, choice)).real)
    image = np.stack(channels, axis=-1)
    if planes.dtype == np.float32:
        return image
    levels: Array = np.clip(np.rint(image), 0, np.iinfo(planes.dtype).max).astype(planes.dtype)
    return levels


def laplacian(planes: Array, grey: Grey, _scales: int) -> Array:
    """Take each pixel from the plane of largest modified Laplacian around it."""
    return _taken(planes, pooled(modified_laplacian(grey), LAPLACIAN_WINDOW_PX).argmax(axis=0))


MERGES: Mapping[Method, Merge] = {"forster": forster, "energy": energy, "laplacian": laplacian}
"""By the names that the command line knows."""


def _nearest(planes: Array, grey: Grey, fused: Grey) -> Array:
    """Take each pixel as it was recorded from the plane whose grey differs least round it; of equals the first."""
    image: Array = planes[0].copy()
    least = _apart(grey[0], fused)
    for plane, own in zip(planes[1:], grey[1:], strict=True):
        apart = _apart(own, fused)
        _paint(image, plane, apart < least)
        np.minimum(least, apart, out=least)
    return image


def _apart(grey: Grey, fused: Grey) -> Grey:
    return np.asarray(averaged(np.abs(grey - fused)[None], REASSIGNED_WINDOW_PX)[0])


def _taken(planes: Array, plane: NDArray[np.intp]) -> Array:
    """Take each pixel as it was recorded, from its plane."""
    image: Array = planes[0].copy()
    for number in range(1, len(planes)):
        _paint(image, planes[number], plane == number)
    return image


def _paint(image: Array, plane: Array, there: NDArray[np.bool_]) -> None:
    """Copy the pixels that are `there`; five times faster than an index."""
    cv2.copyTo(plane, there.view(np.uint8), image)
