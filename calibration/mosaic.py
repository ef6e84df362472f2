"""Positions of the tiles of a mosaic: what their overlaps say, held loosely to where the stage put them.

References
----------
The robust fit is graduated non-convexity with the Geman-McClure cost: M. J. Black and A. Rangarajan, On the unification
of line processes, outlier rejection, and robust statistics, Int. J. Computer Vision 19, 57 (1996).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array, csc_array, diags_array
from scipy.sparse.linalg import splu

from calibration.errors import MeasurementError
from calibration.links import Link
from calibration.neighbours import Positions, checked_positions
from calibration.stagefit import UNCALIBRATED_STRAIN, StagePrior, fit_stage_prior

LINK_FLOOR_PX = 0.05
"""Standard deviation that no overlap is believed below: what interpolation and field distortion leave."""

TOLERANCE_PX = 0.5
"""Residual at which an overlap has lost three quarters of its weight; a false peak is off by many pixels."""

GENTLE_STEP = 2.0
"""By which the tolerance narrows, in its square, from one fit to the next."""

BELIEVED = 0.25
"""Weight above which an overlap counts as used: a residual below `TOLERANCE_PX`."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Placement:
    """Where the tiles lie.

    Parameters
    ----------
    positions_px : ndarray, shape (tiles, 2)
        (x, y) of each tile, in pixels of the prior's frame.
    linked : ndarray of bool, shape (tiles,)
        Whether overlaps hold the tile; the others lie where the stage put them.
    used : ndarray of bool, shape (links,)
        Which overlaps agree with the rest.
    residual_px : float
        Root mean square distance between the used overlaps and the positions, nan without any.
    prior : StagePrior
        What the overlaps say of the stage.
    """

    positions_px: Positions
    linked: NDArray[np.bool_]
    used: NDArray[np.bool_]
    residual_px: float
    prior: StagePrior


def place_tiles(prior_px: ArrayLike, links: Sequence[Link], *, strain: float = UNCALIBRATED_STRAIN) -> Placement:
    """Find the positions that agree best with the overlaps and, where these are silent, with the stage.

    The stage's steps are first scaled and turned as the overlaps demand, which also gives the stage's own scatter. Then
    least squares over all tiles: each overlap with the weight of its standard deviation, lowered where it contradicts
    the others, and each tile held to the stage with the weight of the stage's scatter.

    Parameters
    ----------
    prior_px : array_like, shape (tiles, 2)
        Position (x, y) of each tile by the stage, in pixels.
    links : sequence of Link
        From `links.measure_links`.
    strain : float
        By how much the stage's steps are expected to be scaled or turned against the prior.

    Returns
    -------
    Placement
        A tile without a used overlap lies at its prior.

    Raises
    ------
    MeasurementError
        When positions are not finite points, or an overlap names a tile that is not there.
    """
    prior = checked_positions(prior_px)
    ends, shifts = _checked_links(links, len(prior))
    stage = fit_stage_prior(prior, ends, shifts, strain=strain)
    expected = stage.applied(prior)
    wanted = stage.plausible(prior, ends, shifts)
    sigmas = np.maximum([link.sigma_px for link in links], LINK_FLOOR_PX)
    positions, weights = _robust(expected, ends, shifts, wanted / sigmas**2, 1 / stage.scatter_px**2)
    used = wanted & (weights > BELIEVED)
    linked = np.zeros(len(prior), dtype=bool)
    linked[ends[used].ravel()] = True
    residuals = _residuals(positions, ends, shifts)[used]
    return Placement(
        positions_px=positions,
        linked=linked,
        used=used,
        residual_px=float(np.sqrt(np.mean(residuals**2))) if used.any() else float("nan"),
        prior=stage,
    )


def _robust(
    expected: Positions, ends: NDArray[np.int_], shifts: Positions, information: NDArray[np.float64], anchor: float
) -> tuple[Positions, NDArray[np.float64]]:
    """Fit with a tolerance that begins so wide that nothing is doubted and narrows to `TOLERANCE_PX`."""
    weights = np.ones(len(ends))
    positions = _solve(expected, ends, shifts, information, anchor)
    residuals = _residuals(positions, ends, shifts)
    doubted = np.max(residuals, initial=0.0, where=information > 0)
    width = max(GENTLE_STEP * (doubted / TOLERANCE_PX) ** 2, 1.0)
    while True:
        square = max(width, 1.0) * TOLERANCE_PX**2
        weights = (square / (square + residuals**2)) ** 2
        positions = _solve(expected, ends, shifts, information * weights, anchor)
        residuals = _residuals(positions, ends, shifts)
        if width <= 1:
            return positions, weights
        width /= GENTLE_STEP


def _solve(
    expected: Positions, ends: NDArray[np.int_], shifts: Positions, information: NDArray[np.float64], anchor: float
) -> Positions:
    """Least squares of ``p[other] - p[one] = shift`` with `information`, and ``p = expected`` with `anchor`."""
    count, rows = len(expected), np.arange(len(ends))
    signs = np.concatenate([-np.ones(len(ends)), np.ones(len(ends))])
    incidence = coo_array((signs, (np.tile(rows, 2), ends.T.ravel())), shape=(len(ends), count)).tocsc()
    weighted = incidence.T @ diags_array(information)
    normal = csc_array(weighted @ incidence + anchor * diags_array(np.ones(count)))
    # Solved for what is added to the expected positions: the numbers stay small.
    missing = shifts - (expected[ends[:, 1]] - expected[ends[:, 0]])
    return np.asarray(expected + splu(normal).solve(np.asarray(weighted @ missing)))


def _residuals(positions: Positions, ends: NDArray[np.int_], shifts: Positions) -> NDArray[np.float64]:
    gaps = positions[ends[:, 1]] - positions[ends[:, 0]] - shifts
    return np.asarray(np.hypot(gaps[:, 0], gaps[:, 1]))


def _checked_links(links: Sequence[Link], count: int) -> tuple[NDArray[np.int_], Positions]:
    ends = np.array([(link.one, link.other) for link in links], dtype=int).reshape(-1, 2)
    if ends.size and (ends.min() < 0 or ends.max() >= count):
        raise MeasurementError(
            f"an overlap names tile {ends.max() if ends.min() >= 0 else ends.min()} and there are {count}, from 0: "
            "measure overlaps and give positions of the same tiles"
        )
    return ends, np.array([link.shift_px for link in links], dtype=np.float64).reshape(-1, 2)
