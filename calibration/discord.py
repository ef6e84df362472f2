"""What the displacements between two registered pictures have in common: a wrong transform, a bend, or only scatter."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from calibration.blocks import Residual

FEWEST_BLOCKS = 6
"""An affine transform takes three; below this nothing is said of what remains."""

LEAST_WEIGHT = 1.5
"""Of a local mean, where a whole block has 1: a block alone shows no bend, it may be an odd one."""

REACH_STEPS = 2
"""Neighbours as far as this many steps take part in a local mean, with weights that fall to nothing."""

CONFIDENCE_STEPS = 3
"""Of reweighting against single blocks that are wrong by whole pixels."""

HUBER_PX = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Discord:
    """The parts of the displacements; nan where there are too few blocks.

    Parameters
    ----------
    misplaced_px : float
        Root mean square of the affine transform that fits them best: the transform is off by this.
    bend_px : float
        Largest local mean of what remains, less its standard error by the scatter: the pictures are distorted against
        each other.
    scatter_px : float
        Root mean square of what then remains: neighbours disagree, as where two depths of the section are in focus.
    """

    misplaced_px: float
    bend_px: float
    scatter_px: float

    @classmethod
    def of(cls, residual: Residual) -> Self:
        """Take displacements apart.

        Parameters
        ----------
        residual : Residual
            Of two pictures on one grid.
        """
        centres, shifts = residual.centres_px, residual.shifts_px
        if len(shifts) < FEWEST_BLOCKS:
            return cls(misplaced_px=np.nan, bend_px=np.nan, scatter_px=np.nan)
        common = _affine(centres, shifts)
        local, weight = _local_mean(centres, shifts - common, REACH_STEPS * residual.step_px)
        scatter_px = _rms(shifts - common - local)
        beyond_chance = np.hypot(*local.T) - scatter_px / np.sqrt(weight)
        return cls(
            misplaced_px=_rms(common),
            bend_px=float(beyond_chance[weight >= LEAST_WEIGHT].max(initial=0.0)),
            scatter_px=scatter_px,
        )


def _affine(centres: NDArray[np.float64], shifts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Displacements of the affine transform that fits most blocks, at their centres."""
    design = np.column_stack([np.ones(len(centres)), centres - centres.mean(axis=0)])
    weights = np.ones(len(centres))
    for _ in range(CONFIDENCE_STEPS):
        root = np.sqrt(weights)[:, None]
        fitted = design @ np.linalg.lstsq(root * design, root * shifts, rcond=None)[0]
        distance = np.hypot(*(shifts - fitted).T)
        weights = HUBER_PX / np.maximum(distance, HUBER_PX)
    return np.asarray(fitted)


def _local_mean(
    centres: NDArray[np.float64], values: NDArray[np.float64], reach_px: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean of each block and its neighbours, with weights that fall to nothing at `reach_px`; and their sum."""
    apart = abs(centres[:, None] - centres[None, :]) / reach_px
    weights = np.prod(np.maximum(1 - apart, 0), axis=-1)
    total = weights.sum(axis=1)
    return weights @ values / total[:, None], total


def _rms(values: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(np.sum(values**2, axis=-1))))
