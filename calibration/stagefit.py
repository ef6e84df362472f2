"""What the overlaps of a mosaic say of its stage: how its steps are scaled and turned, and how far it scatters."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.neighbours import Positions

UNCALIBRATED_STRAIN = 0.02
"""Standard deviation expected of each element of the correction, where nothing was measured: 2 % of scale, 1°."""

CALIBRATED_STRAIN = 0.002
"""The same with a calibration, which is good to 0.1 %: a few overlaps of a noisy stage must not outvote it."""

STEPS = 12
TUNING = 2.5
"""Of the Cauchy weights, in standard deviations: nearly the efficiency of least squares on normal errors."""

FLOOR_PX = 1.0
"""Scatter that no stage is believed below: its noise is a few tenths of a µm."""

UNLIKELY = 6.0
"""Scatters by which an overlap may contradict the stage before it is taken for a false one."""

NORMAL_MAD = 1.4826
"""Standard deviation over median absolute deviation of a normal distribution."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StagePrior:
    """How stage positions become positions of tiles.

    Parameters
    ----------
    matrix : ndarray, shape (2, 2)
        From steps of the prior to steps of the picture; the identity when the calibration is right.
    scatter_px : float
        Standard deviation of one tile's position about the prior, along each axis.
    scale_sigma : float
        Standard deviation of `scale`, on the safe side: overlaps are taken as independent.
    """

    matrix: NDArray[np.float64]
    scatter_px: float
    scale_sigma: float

    def applied(self, prior_px: Positions) -> Positions:
        """Prior positions, scaled and turned about their middle."""
        middle = prior_px.mean(axis=0)
        return np.asarray(middle + (prior_px - middle) @ self.matrix.T)

    def plausible(self, prior_px: Positions, ends: NDArray[np.int_], shifts: Positions) -> NDArray[np.bool_]:
        """Which overlaps do not contradict the stage."""
        gaps = shifts - _steps(prior_px, ends) @ self.matrix.T
        return np.asarray(np.abs(gaps).max(axis=1, initial=0.0) <= UNLIKELY * np.sqrt(2) * self.scatter_px)

    @property
    def scale(self) -> float:
        """Pixels that a step of the stage spans over those it was expected to."""
        return float(np.sqrt(abs(np.linalg.det(self.matrix))))

    @property
    def rotation_deg(self) -> float:
        """Turn of the stage's steps in the picture, from x towards y, beyond what was expected."""
        (xx, xy), (yx, yy) = self.matrix
        return float(np.rad2deg(np.arctan2(yx - xy, xx + yy)))


def fit_stage_prior(
    prior_px: Positions, ends: NDArray[np.int_], shifts: Positions, *, strain: float = UNCALIBRATED_STRAIN
) -> StagePrior:
    """Fit the correction of the stage's steps to the overlaps, robustly.

    Parameters
    ----------
    prior_px : ndarray, shape (tiles, 2)
        Positions by the stage, in pixels.
    ends : ndarray of int, shape (links, 2)
        Numbers of the two tiles of each overlap.
    shifts : ndarray, shape (links, 2)
        Measured position of the second less that of the first.
    strain : float
        Standard deviation expected of each element of the correction.

    Returns
    -------
    StagePrior
        Along directions without overlaps nothing is corrected.
    """
    steps, correction = _steps(prior_px, ends), np.zeros((2, 2))
    scatter, spread = FLOOR_PX, np.zeros((2, 2))
    for _ in range(STEPS if len(ends) else 0):
        gaps = shifts - steps - steps @ correction.T
        scatter = max(float(np.max(NORMAL_MAD * np.median(np.abs(gaps), axis=0))), FLOOR_PX)
        weights = 1 / (1 + np.sum((gaps / (TUNING * scatter)) ** 2, axis=1))
        ridge = np.eye(2) * (scatter / strain) ** 2
        weighted = steps * weights[:, None]
        spread = np.linalg.inv(steps.T @ weighted + ridge)
        correction = (spread @ weighted.T @ (shifts - steps)).T
    return StagePrior(
        matrix=np.eye(2) + correction,
        scatter_px=max(scatter / np.sqrt(2), FLOOR_PX),
        scale_sigma=scatter * float(np.sqrt(np.trace(spread))) / 2,
    )


def _steps(prior_px: Positions, ends: NDArray[np.int_]) -> Positions:
    return np.asarray(prior_px[ends[:, 1]] - prior_px[ends[:, 0]])
