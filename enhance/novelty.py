"""Novelty: which part of a picture looks like nothing that a network was trained on.

A plain measure: mean colour, contrast and fineness of each tile against the range they had in training. It sees a wrong
exposure, stain, pixel size or focus when it is gross; it does not see every picture that the network would get wrong.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

TILE_PX = 64
MEASURES = ("red", "green", "blue", "log_contrast", "log_fineness")
TAILS_PERCENT = (0.5, 99.5)
"""Of the training tiles, so that a single odd one does not widen the range."""
MARGIN = 0.1
"""By how much of its width a range is widened at both ends."""
FLOOR = 1e-4
"""Contrast below which a tile counts as even, in fractions of the white level."""
FINE_SIGMA_PX = 1.0

Ranges = Mapping[str, tuple[float, float]]
Statistics = NDArray[np.float64]


def tile_statistics(image: NDArray[Any], *, white_level: float) -> Statistics:
    """Measure each tile, 64 pixels or up to twice as many a side, so that they fill the picture; a small one is a tile.

    Parameters
    ----------
    image : ndarray, shape (rows, columns, 3)
        As the network takes it.
    white_level : float
        Pixel value of saturation.

    Returns
    -------
    ndarray, shape (tiles, 5)
        Mean red, green and blue in fractions of the white level; log10 of the standard deviation of the grey picture;
        log10 of the part of its variance that a Gaussian of one pixel takes away.
    """
    rows, columns = (max(1, side // TILE_PX) for side in image.shape[:2])
    tiles = [tile for band in np.array_split(image, rows) for tile in np.array_split(band, columns, axis=1)]
    return np.array([_measured(tile.astype(np.float32) / np.float32(white_level)) for tile in tiles])


def ranges_of(statistics: Iterable[Statistics]) -> dict[str, tuple[float, float]]:
    """Return the range of each measure over the tiles of all training pictures, by name."""
    tiles = np.concatenate(list(statistics))
    low, high = np.percentile(tiles, TAILS_PERCENT, axis=0)
    margin = MARGIN * (high - low)
    return {name: (float(a), float(b)) for name, a, b in zip(MEASURES, low - margin, high + margin, strict=True)}


def novel_fraction(image: NDArray[Any], ranges: Ranges, *, white_level: float) -> float | None:
    """Fraction of the tiles of which at least one measure lies outside its range.

    Parameters
    ----------
    image : ndarray, shape (rows, columns, 3)
        As the network takes it.
    ranges : mapping
        From `ranges_of`; a model without them gives None.
    white_level : float
        Pixel value of saturation.

    Returns
    -------
    float or None
        0 when every tile is like those of the training.
    """
    if not ranges:
        return None
    low, high = np.array([ranges[name] for name in MEASURES]).T
    tiles = tile_statistics(image, white_level=white_level)
    return float(((tiles < low) | (tiles > high)).any(axis=1).mean())


def _measured(tile: NDArray[np.float32]) -> NDArray[np.float64]:
    grey = tile.mean(axis=2)
    fine = grey - cv2.GaussianBlur(grey, (0, 0), FINE_SIGMA_PX)
    contrast = float(grey.std())
    fineness = float(fine.var()) / max(contrast, FLOOR) ** 2
    return np.array([*tile.mean(axis=(0, 1)), np.log10(max(contrast, FLOOR)), np.log10(max(fineness, FLOOR))])
