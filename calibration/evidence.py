"""What two registered pictures themselves show of how well they fit."""

import math
from dataclasses import dataclass

import numpy as np

from calibration.affine import Matrix
from calibration.comparable import Comparable
from calibration.discord import Discord
from calibration.distortion import Distortion
from calibration.overlay import overlay


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was measured of a registered pair; lengths in LOW pixels, nan where nothing could be measured.

    Parameters
    ----------
    residual_px, residual_p95_px : float
        Root mean square and 95th percentile of the displacements of blocks.
    misplaced_px, bend_px, scatter_px : float
        The parts of these displacements, as in `calibration.discord.Discord`.
    high_pass_ncc : float
        Correlation without the low frequencies.
    energy_ratio : float
        Energy of LOW over that of HIGH at LOW's bandwidth, after the high-pass.
    textured_fraction : float
        Fraction of blocks with structure to measure by.
    """

    residual_px: float
    residual_p95_px: float
    misplaced_px: float
    bend_px: float
    scatter_px: float
    high_pass_ncc: float
    energy_ratio: float
    textured_fraction: float


NOTHING = Evidence(
    residual_px=math.nan,
    residual_p95_px=math.nan,
    misplaced_px=math.nan,
    bend_px=math.nan,
    scatter_px=math.nan,
    high_pass_ncc=math.nan,
    energy_ratio=math.nan,
    textured_fraction=0.0,
)
"""Of a pair that could not be laid on each other."""


def examine(pair: Comparable, matrix: Matrix, distortion: Distortion | None = None) -> Evidence:
    """Compare two registered pictures where both are known, on the grid of the small one.

    Parameters
    ----------
    pair : Comparable
        The pictures.
    matrix : ndarray, shape (2, 3)
        From pixel points of `pair.small` to those of `pair.large`.
    distortion : Distortion, optional
        What is to be undone besides.

    Raises
    ------
    MeasurementError
        When they have too little in common.
    """
    laid = overlay(pair, matrix, distortion)
    residual = laid.residual(pair.noise)
    lengths, parts = residual.lengths_px, Discord.of(residual)
    return Evidence(
        residual_px=float(np.sqrt(np.mean(lengths**2))) if lengths.size else math.nan,
        residual_p95_px=float(np.percentile(lengths, 95)) if lengths.size else math.nan,
        misplaced_px=parts.misplaced_px,
        bend_px=parts.bend_px,
        scatter_px=parts.scatter_px,
        high_pass_ncc=float(np.corrcoef(laid.high.ravel(), laid.low.ravel())[0, 1]),
        energy_ratio=float(np.var(laid.low) / np.var(laid.high)),
        textured_fraction=residual.textured_fraction,
    )
