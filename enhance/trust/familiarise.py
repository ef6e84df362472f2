"""Learn the look of training pictures: what `Familiar` holds, from the pictures and from altered copies of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.optics import REFRACTIVE_INDEX
from enhance.trust.altered import Image, Sight, out_of_focus, with_pixels
from enhance.trust.familiar import Familiar
from enhance.trust.ruler import FOLDS, TILE_TAILS_PERCENT, Ruler, fit_ruler, widened
from enhance.trust.tilemeasures import MEASURES, tile_measures

Array = NDArray[np.float64]
Alter = Callable[[Image, float, Sight, np.random.Generator], Image]

PIXEL_FACTORS = (0.5, 0.7, 0.84, 1.19, 1.4, 2.0)
DEFOCUS_UM = (1.5, 2.0, 2.5, 3.0)
"""In the section: nearer than the first, one of 4 µm still has a layer in focus, and its picture hardly changes."""
MOST_CLUSTERS, TILES_PER_CLUSTER = 6, 60
"""Stains and organs differ; fewer tiles than that do not tell where a cluster lies."""
FARTHEST_PERCENT = 98.0
LEAST_SPREAD = 0.02
"""Added to each standard deviation: what hardly varies in training is not held against other stands."""
LEAST_TILES = 9
"""A picture of 192 pixels has as many."""
_RIDGE = 0.02  # of the standardised scatter, for directions along which training tiles do not vary
_UNALTERED = 3  # times that pictures as they are weigh in a ruler
_STOP = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 50, 1e-4)
_TRIES = 3


def familiarise(
    pictures: Iterable[NDArray[Any]], *, white_level: float, optics: Mapping[str, Any], pixel_um: float, seed: int = 0
) -> Familiar | None:
    """Learn how training pictures look.

    Parameters
    ----------
    pictures : iterable of ndarray of shape (rows, columns, 3)
        Of the low magnification.
    white_level : float
        Pixel value of saturation.
    optics : mapping
        ``low`` with ``na`` and ``immersion``, and ``condenser_na``: as in a training set's card.
    pixel_um : float
        At the specimen.
    seed : int
        Of noise and clusters.

    Returns
    -------
    Familiar or None
        None when hardly a tile holds anything but glass.
    """
    fractions = [np.asarray(p, np.float32) / np.float32(white_level) for p in pictures]
    found = [(picture, _tiles(picture)) for picture in fractions]
    shown = [picture for picture, tiles in found if len(tiles)]
    sites = [tiles for _, tiles in found if len(tiles)]
    if sum(len(tiles) for tiles in sites) < LEAST_TILES:
        return None
    familiar = replace(_clustered(np.concatenate(sites), seed=seed), farthest=_farthest(sites, seed=seed))
    noise = 10 ** (2 * float(np.median(np.concatenate(sites)[:, MEASURES.index("log noise")])))
    sight = sight_of(optics, pixel_um, noise=noise)
    factors = {float(np.log2(factor)): factor for factor in PIXEL_FACTORS}
    depths = {depth: depth for depth in DEFOCUS_UM}
    return replace(
        familiar,
        pixel=_ruler(familiar, shown, sites, with_pixels, factors, sight, seed),
        focus=_ruler(familiar, shown, sites, out_of_focus, depths, sight, seed),
    )


def sight_of(optics: Mapping[str, Any], pixel_um: float, *, noise: float) -> Sight:
    """Return how the low magnification sees, by a training set's card; noise as in `Sight`."""
    low = optics["low"]
    return Sight(
        na=float(low["na"]),
        condenser_na=float(optics["condenser_na"]),
        immersion_index=REFRACTIVE_INDEX[low["immersion"]],
        pixel_um=pixel_um,
        noise=noise,
    )


def _tiles(picture: Image) -> Array:
    measured = tile_measures(picture, white_level=1.0)
    return measured.values[~measured.glass]


def _clustered(tiles: Array, *, seed: int) -> Familiar:
    """All but the rulers and the farthest distance."""
    mean, spread = tiles.mean(axis=0), tiles.std(axis=0) + LEAST_SPREAD
    standard = (tiles - mean) / spread
    centres, nearest = _clusters(standard, seed=seed)
    scatter = np.cov((standard - centres[nearest]).T) + _RIDGE * np.eye(standard.shape[1])
    ranges = np.array([widened(column, TILE_TAILS_PERCENT) for column in tiles.T])
    blank = Ruler(coefficients=np.zeros(0), tiles=(0.0, 0.0), sites=(0.0, 0.0))
    return Familiar(
        mean=mean,
        spread=spread,
        low=ranges[:, 0],
        high=ranges[:, 1],
        centres=centres,
        whitening=np.linalg.cholesky(np.linalg.inv(scatter)),
        farthest=np.inf,
        pixel=blank,
        focus=blank,
    )


def _farthest(sites: Sequence[Array], *, seed: int) -> float:
    """Distance beyond which hardly a training tile lies from the clusters of other training pictures."""
    folds = min(FOLDS, len(sites))
    distances = []
    for fold in range(folds):
        others = [tiles for number, tiles in enumerate(sites) if number % folds != fold] or list(sites)
        known = _clustered(np.concatenate(others), seed=seed)
        distances += [known.distance(tiles) for tiles in sites[fold::folds]]
    return float(np.percentile(np.concatenate(distances), FARTHEST_PERCENT))


def _clusters(standard: Array, *, seed: int) -> tuple[Array, NDArray[np.intp]]:
    """Centres, and the number of the nearest for each tile."""
    count = int(np.clip(len(standard) // TILES_PER_CLUSTER, 1, MOST_CLUSTERS))
    cv2.setRNGSeed(seed)
    _, nearest, centres = cv2.kmeans(
        standard.astype(np.float32), count, np.empty(0), _STOP, _TRIES, cv2.KMEANS_PP_CENTERS
    )
    return centres.astype(np.float64), nearest.ravel().astype(int)


def _ruler(
    familiar: Familiar,
    shown: Sequence[Image],
    sites: Sequence[Array],
    alter: Alter,
    amounts: Mapping[float, float],
    sight: Sight,
    seed: int,
) -> Ruler:
    """Fit a ruler to pictures altered by the amounts, which it shall read as their keys, and to unaltered ones as 0."""
    rng = np.random.default_rng(seed)
    altered = [(0.0, [familiar.standard(tiles) for tiles in sites])] * _UNALTERED
    for number, amount in amounts.items():
        altered.append((number, [familiar.standard(_tiles(alter(p, amount, sight, rng))) for p in shown]))
    return fit_ruler(altered)
