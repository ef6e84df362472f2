"""The symmetric complex Daubechies wavelet of six taps: a decimated transform for pictures of any size."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from enhance.errors import ImageError

Array = NDArray[Any]

_ROOT15 = 15**0.5
# Lina, J. Math. Imaging Vision 7, 211 (1997): h = √2/64 · [−3−i√15, 5−i√15, 30+2i√15] and the same mirrored.
_OUTER, _MIDDLE, _INNER = (2**0.5 / 64 * tap for tap in (-3 - 1j * _ROOT15, 5 - 1j * _ROOT15, 30 + 2j * _ROOT15))

PLANE_AXES = 2
REACH = 2
"""Samples that the six taps reach beyond the pair they are centred on."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pyramid:
    """Wavelet coefficients of one picture or a stack of them.

    Parameters
    ----------
    details : tuple of complex ndarray, shape (..., 3, rows_k, columns_k)
        Finest scale first; the three sub-bands are detail along x, along y and along both.
    rest : complex ndarray, shape (..., rows_K, columns_K)
        What is left at the coarsest scale.
    sizes : tuple of (rows, columns)
        Size of the picture that each scale was made from, finest first.
    """

    details: tuple[Array, ...]
    rest: Array
    sizes: tuple[tuple[int, int], ...]


def analyse(picture: Array, levels: int) -> Pyramid:
    """Decompose a picture, or every picture of a stack, into complex wavelet coefficients.

    Parameters
    ----------
    picture : ndarray of float or complex, shape (..., rows, columns)
        Of any size; float32 and complex64 give complex64, everything else complex128.
    levels : int
        Number of scales; each halves the size (rounded up).

    Returns
    -------
    Pyramid
        From which `synthesise` gives the picture back to rounding.

    Raises
    ------
    ImageError
        When the picture is empty or has less than two axes, or `levels` is negative.

    Notes
    -----
    The taps are symmetric and even in number, so a picture mirrored at its outer pixel edges has mirrored coefficients
    and needs no more of them than it has pixels; an odd side is first extended by one mirrored pixel.

    References
    ----------
    Forster, Van De Ville, Berent, Sage, Unser, Microsc. Res. Tech. 65, 33 (2004), doi:10.1002/jemt.20092.

    Examples
    --------
    >>> picture = np.arange(12.0).reshape(3, 4)
    >>> bool(np.allclose(synthesise(analyse(picture, 2)).real, picture))
    True
    """
    _check(picture, levels)
    rest = picture if picture.dtype in (np.float32, np.complex64) else picture + np.complex128(0)
    details, sizes = [], []
    for _ in range(levels):
        sizes.append((rest.shape[-2], rest.shape[-1]))
        low, along_y = _split(rest, -2)
        rest, along_x = _split(low, -1)
        details.append(np.stack([along_x, *_split(along_y, -1)], axis=-3))
    return Pyramid(details=tuple(details), rest=rest, sizes=tuple(sizes))


def synthesise(pyramid: Pyramid) -> Array:
    """Put together what `analyse` took apart.

    Parameters
    ----------
    pyramid : Pyramid
        Its coefficients may have been changed.

    Returns
    -------
    ndarray of complex, shape (..., rows, columns)
        For unchanged coefficients of a real picture the imaginary part is rounding error.
    """
    rest = pyramid.rest
    for detail, (rows, columns) in zip(reversed(pyramid.details), reversed(pyramid.sizes), strict=True):
        low = _join(rest, detail[..., 0, :, :], -1)[..., :columns]
        high = _join(detail[..., 1, :, :], detail[..., 2, :, :], -1)[..., :columns]
        rest = _join(low, high, -2)[..., :rows, :]
    return rest


def _check(picture: Array, levels: int) -> None:
    if picture.ndim < PLANE_AXES or 0 in picture.shape:
        raise ImageError(f"a wavelet transform takes (..., rows, columns) with pixels in it, not shape {picture.shape}")
    if levels < 0:
        raise ImageError(f"a wavelet transform of {levels} levels was asked for: ask for 0 or more")


def _split(x: Array, axis: int) -> tuple[Array, Array]:
    """Low-pass and high-pass half of `x` along `axis`."""
    outer, middle, inner = _taps(x.dtype)
    x = np.moveaxis(x, axis, 0)
    x = x[_mirrored(x.shape[0])]
    even, odds = x[0::2], x[1::2]
    pairs = ((even[:-2], odds[2:]), (even[2:], odds[:-2]), (even[1:-1], odds[1:-1]))
    low, high = (
        taps[0] * mix(*pairs[0]) + taps[1] * mix(*pairs[1]) + taps[2] * mix(*pairs[2])
        for mix, taps in ((np.add, (outer.conj(), middle.conj(), inner.conj())), (np.subtract, (outer, middle, inner)))
    )
    return np.moveaxis(low, 0, axis), np.moveaxis(high, 0, axis)


def _mirrored(length: int) -> NDArray[np.intp]:
    """Return the indices of a line made even by repeating its last sample, then mirrored at its outer edges."""
    whole = np.pad(np.arange(length), (0, length % 2), mode="edge")
    return np.pad(whole, REACH, mode="symmetric")


def _join(low: Array, high: Array, axis: int) -> Array:
    """Undo `_split`, up to the one mirrored sample that an odd length was extended by."""
    outer, middle, inner = _taps(low.dtype)
    low, high = np.moveaxis(low, axis, 0), np.moveaxis(high, axis, 0)
    low = np.concatenate([low[:1], low, low[-1:]])
    high = np.concatenate([-high[:1], high, -high[-1:]])
    joined = np.empty((2 * (low.shape[0] - 2), *low.shape[1:]), dtype=low.dtype)
    same = inner * low[1:-1]
    turned = inner.conj() * high[1:-1]
    joined[0::2] = outer * low[2:] + middle * low[:-2] + outer.conj() * high[2:] + middle.conj() * high[:-2]
    joined[1::2] = middle * low[2:] + outer * low[:-2] - middle.conj() * high[2:] - outer.conj() * high[:-2]
    joined[0::2] += same + turned
    joined[1::2] += same - turned
    return np.moveaxis(joined, 0, axis)


def _taps(dtype: np.dtype[Any]) -> tuple[Any, Any, Any]:
    number = np.complex64 if dtype in (np.float32, np.complex64) else np.complex128
    return number(_OUTER), number(_MIDDLE), number(_INNER)
