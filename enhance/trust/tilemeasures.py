"""What is measured of each tile of a picture to tell whether a network knows its like: colour, contrast, texture."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import fft

from calibration.flatfield import GLASS_LEVEL

Array = NDArray[np.float64]

TILE_PX = 64
BAND_EDGES = (0.03, 0.06, 0.1, 0.14, 0.19, 0.25, 0.32, 0.4, 0.5)
"""Cycles per pixel. The 40x/0.95 of the reference rig passes 0.45 in red, 0.51 in green and 0.60 in blue."""
NOISE_BAND = (0.62, 0.71)
"""Cycles per pixel, towards the corners of the spectrum: beyond that cut-off in all colours, so noise alone."""
COLOUR = ("red density", "green density", "blue density")
CONTRAST = ("log contrast", "skewness", "red contrast", "blue contrast", "red with green", "blue with green")
TEXTURE = tuple(f"texture {low:g}-{high:g}" for low, high in pairwise(BAND_EDGES[1:]))
NOISE = ("log noise",)
MEASURES = COLOUR + CONTRAST + TEXTURE + NOISE

GLASS_CONTRAST = 0.02
"""Standard deviation over mean of the grey picture below which a bright tile is glass; noise alone gives 0.005."""
GLASS_BRIGHT = 0.75
"""Of the white level, in the darkest colour: corrected glass lies at 0.9, uncorrected glass of a warm lamp lower."""
_LEAST = 1e-3  # a quarter of a step of 8 bits; of the white level
_LEAST_SHARE = 1e-5  # of a band in the texture's variance
_NOISE_LEFT = 0.5  # a band is not taken for weaker than this share of the noise in it, which is known no better
_NEIGHBOURS = 3  # tiles along each axis that texture is taken from
_STRONGEST = 0.999  # correlation
_PRODUCTS = ((0, 0), (1, 1), (2, 2), (0, 1), (1, 2))  # of colours, whose means are kept


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TileMeasures:
    """What was measured of a picture's tiles.

    Parameters
    ----------
    values : ndarray of float64, shape (rows, columns, measures)
        In the order of `MEASURES`; contrast and texture are those of the tile with its neighbours, glass left out.
    glass : ndarray of bool, shape (rows, columns)
        Tiles that show nothing but glass.
    """

    values: Array
    glass: NDArray[np.bool_]


def tile_measures(image: NDArray[Any], *, white_level: float) -> TileMeasures:
    """Measure the tiles of a picture: 64 × 64 pixels, spread evenly, a little over each other where they must.

    Parameters
    ----------
    image : ndarray, shape (rows, columns, 3)
        As the network takes it; a side shorter than a tile is one tile.
    white_level : float
        Pixel value of saturation.

    Returns
    -------
    TileMeasures
    """
    rows, columns = (_starts(side) for side in image.shape[:2])
    measured = [_row_of_tiles(band, columns, white_level) for band in _bands(image, rows)]
    means, moments, power = (np.stack(parts) for parts in zip(*measured, strict=True))
    glass = _is_glass(means, moments)
    around_moments, around_power = (_around(part, ~glass) for part in (moments, power))
    around_mean = _around(means, ~glass)
    values = np.concatenate([_densities(means), _contrasts(around_moments), _textures(around_power)], -1)
    noise = 0.5 * np.log10(np.maximum(around_power[..., -1:], _LEAST**2) / np.maximum(around_mean[..., 1:2], _LEAST))
    return TileMeasures(values=np.concatenate([values, noise], -1), glass=glass)


def noise_of(image: NDArray[Any], *, white_level: float) -> Array:
    """Return the variance of the noise over its mean in each colour, in fractions of the white level, shape (3,).

    Taken from the corners of the spectrum, the median over all tiles: right for a noise that is white, as that of a
    camera without a colour filter array is, and too low after resampling or JPEG.
    """
    rows, columns = (_starts(side) for side in image.shape[:2])
    found = [np.stack([_noise(band[:, x : x + TILE_PX], white_level) for x in columns]) for band in _bands(image, rows)]
    return np.asarray(np.median(np.concatenate(found), axis=0))


def _noise(tile: NDArray[Any], white_level: float) -> Array:
    values = np.moveaxis(tile.astype(np.float32) / np.float32(white_level), -1, 0)
    means = values.mean(axis=(1, 2))
    power = _power(np.ascontiguousarray(values - means[:, None, None]))[:, -1]
    return np.asarray(power / np.maximum(means, _LEAST))


def _starts(side_px: int) -> NDArray[np.intp]:
    count = max(1, side_px // TILE_PX)
    return np.linspace(0, max(0, side_px - TILE_PX), count).round().astype(int)


def _bands(image: NDArray[Any], starts: NDArray[np.intp]) -> Iterator[NDArray[Any]]:
    yield from (image[start : start + TILE_PX] for start in starts)


def _row_of_tiles(band: NDArray[Any], starts: NDArray[np.intp], white_level: float) -> tuple[Array, Array, Array]:
    """Means (tiles, 3), moments (tiles, 6) and power in bands (tiles, bands) of one row of tiles."""
    cut = np.stack([band[:, start : start + TILE_PX] for start in starts])
    tiles = cut.astype(np.float32) / np.float32(white_level)
    count, rows, columns, colours = tiles.shape
    flat = tiles.reshape(count, rows * columns, colours)
    means = flat.mean(axis=1)
    flat -= means[:, None]
    products = flat.transpose(0, 2, 1) @ flat / np.float32(rows * columns)
    grey = flat @ np.full(colours, 1 / colours, np.float32)
    skew = np.einsum("tp,tp,tp->t", grey, grey, grey) / (rows * columns)
    chosen = [products[:, one, other] for one, other in _PRODUCTS]
    moments = np.stack([*chosen, skew, products.mean(axis=(1, 2))], axis=-1)
    green = np.ascontiguousarray(flat[..., 1]).reshape(count, rows, columns)
    return means.astype(np.float64), moments.astype(np.float64), _power(green)


def _power(tiles: NDArray[np.float32]) -> Array:
    """Mean power in each band, such that white noise has its variance in each; shape (tiles, bands)."""
    taper, masks = _analysis(tiles.shape[1], tiles.shape[2])
    spectrum = fft.rfft2(tiles * taper, axes=(1, 2))
    power = spectrum.real**2 + spectrum.imag**2
    return np.asarray(power.reshape(len(tiles), -1) @ masks, np.float64)


@lru_cache(maxsize=8)
def _analysis(rows: int, columns: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    taper = np.outer(np.hanning(rows + 2)[1:-1], np.hanning(columns + 2)[1:-1])
    radius = np.hypot(fft.fftfreq(rows)[:, None], fft.rfftfreq(columns)).ravel()
    edges = [*pairwise(BAND_EDGES), NOISE_BAND]
    masks = np.stack([(radius >= low) & (radius < high) for low, high in edges], axis=1).astype(np.float64)
    masks /= np.maximum(masks.sum(axis=0), 1) * (taper**2).sum()
    return taper.astype(np.float32), masks.astype(np.float32)


def _is_glass(means: Array, moments: Array) -> NDArray[np.bool_]:
    grey = np.maximum(means.mean(axis=-1), _LEAST)
    return np.asarray((np.sqrt(moments[..., -1]) < GLASS_CONTRAST * grey) & (means.min(axis=-1) > GLASS_BRIGHT))


def _around(part: Array, counted: NDArray[np.bool_]) -> Array:
    """Mean over the tile and its neighbours, those that do not count left out."""
    weight = counted.astype(np.float64)
    side = (_NEIGHBOURS, _NEIGHBOURS)
    kept = cv2.blur(weight, side, borderType=cv2.BORDER_CONSTANT)
    summed = [cv2.blur(part[..., n] * weight, side, borderType=cv2.BORDER_CONSTANT) for n in range(part.shape[-1])]
    return np.stack(summed, axis=-1) / np.maximum(kept, 1e-9)[..., None]


def _densities(means: Array) -> Array:
    return np.asarray(-np.log10(np.maximum(means, _LEAST) / GLASS_LEVEL))


def _contrasts(moments: Array) -> Array:
    red, green, blue = (np.sqrt(moments[..., n]) + _LEAST for n in range(3))
    grey = np.sqrt(moments[..., -1]) + _LEAST
    together = np.stack([moments[..., 3] / (red * green), moments[..., 4] / (green * blue)], axis=-1)
    return np.concatenate(
        [
            np.stack([np.log10(grey), moments[..., 5] / grey**3, np.log10(red / green), np.log10(blue / green)], -1),
            np.arctanh(np.clip(together, -_STRONGEST, _STRONGEST)),
        ],
        axis=-1,
    )


def _textures(power: Array) -> Array:
    """log10 of the power of each band after the first, noise taken off, against that of the first."""
    noise = power[..., -1:]
    clean = np.maximum(power[..., :-1] - noise, _NOISE_LEFT * np.minimum(noise, power[..., :-1]))
    clean = np.maximum(clean, _LEAST_SHARE * clean[..., :1] + _LEAST**2 * _LEAST_SHARE)
    return np.asarray(np.log10(clean[..., 1:] / np.maximum(clean[..., :1], _LEAST**2 * _LEAST_SHARE)))
