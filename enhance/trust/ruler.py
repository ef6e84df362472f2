"""Ruler: a number such as the pixel size, read off a tile's measures by a regression on altered training tiles."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t

from enhance.trust.tilemeasures import MEASURES, NOISE

Array = NDArray[np.float64]
Range = tuple[float, float]

FURTHEST = 6.0
"""Standard deviations at which a measure is cut off: the square of a larger one would drown all others."""
USED = len(MEASURES) - len(NOISE)
"""The noise of a camera tells neither focus nor pixel size."""
TILE_TAILS_PERCENT = (0.5, 99.5)
SITE_TAILS_PERCENT = (1.0, 99.0)
MARGIN = 0.1
"""By how much of its width a range of the training is widened at both ends."""
NEXT_TAIL = 0.01
"""Chance that the next picture of the kind lies beyond either end of a range learnt from few."""
FOLDS = 4
"""Parts of the training pictures that are left out in turn."""
_RIDGE = 0.1  # coefficients that the tiles do not settle stay small; the measures' variance is 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ruler:
    """How to read a number off a tile, and what training pictures gave.

    Parameters
    ----------
    coefficients : ndarray, shape (n + n (n + 1) / 2 + 1,)
        Of the n standardised measures, of their products in pairs, and of 1.
    tiles, sites : (float, float)
        Range of the readings of training tiles, and of their medians over a training picture.
    """

    coefficients: Array
    tiles: Range
    sites: Range

    def read(self, standard: Array) -> Array:
        """Read it off standardised measures of shape (tiles, measures)."""
        return np.asarray(_terms(standard) @ self.coefficients)


def fit_ruler(altered: Sequence[tuple[float, Sequence[Array]]]) -> Ruler:
    """Fit a ruler by ridge regression; its ranges are those of pictures that it was not fitted to.

    Parameters
    ----------
    altered : sequence of (float, sequence of ndarray of shape (tiles, measures))
        The true number, and the standardised measures of the tiles of each training picture altered to it; each entry
        weighs the same. The first holds the pictures as they are.
    """
    _, plain = altered[0]
    readings = [np.empty(0)] * len(plain)
    for fold in range(min(FOLDS, len(plain))):
        others = [(number, [p for n, p in enumerate(sites) if n % FOLDS != fold]) for number, sites in altered]
        found = _fitted(others if len(plain) > 1 else altered)
        for n in range(fold, len(plain), FOLDS):
            readings[n] = _terms(plain[n]) @ found
    return Ruler(
        coefficients=_fitted(altered),
        tiles=widened(np.concatenate(readings), TILE_TAILS_PERCENT),
        sites=_sites_range(readings),
    )


def _sites_range(readings: Sequence[Array]) -> Range:
    """Range of the medians; of few pictures at least where the next one lies, of one picture that of its tiles."""
    medians = np.array([np.median(reading) for reading in readings])
    count = len(medians)
    if count == 1:
        return widened(readings[0], TILE_TAILS_PERCENT)
    low, high = widened(medians, SITE_TAILS_PERCENT)
    reach = float(t.isf(NEXT_TAIL, count - 1) * medians.std(ddof=1) * np.sqrt(1 + 1 / count))
    return min(low, float(medians.mean()) - reach), max(high, float(medians.mean()) + reach)


def _fitted(altered: Sequence[tuple[float, Sequence[Array]]]) -> Array:
    size = len(_terms(altered[0][1][0][:1])[0])
    normal, right = _RIDGE * np.eye(size), np.zeros(size)
    for number, sites in altered:
        terms = _terms(np.concatenate(sites))
        normal += terms.T @ terms / len(terms)
        right += number * terms.mean(axis=0)
    return np.asarray(np.linalg.solve(normal, right))


def widened(values: Array, tails_percent: Range) -> Range:
    """Return the range between two percentiles, `MARGIN` of its width wider at both ends."""
    low, high = np.percentile(values, tails_percent)
    margin = MARGIN * (high - low)
    return float(low - margin), float(high + margin)


def _terms(standard: Array) -> Array:
    used = np.clip(standard[:, :USED], -FURTHEST, FURTHEST)
    one, other = np.triu_indices(USED)
    return np.concatenate([used, used[:, one] * used[:, other], np.ones((len(used), 1))], axis=1)
