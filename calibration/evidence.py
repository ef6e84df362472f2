"""What two registered pictures themselves show of how well they fit."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from calibration.affine import Matrix
from calibration.align import common_part
from calibration.bandwidth import Plane
from calibration.blocks import measure_blocks

EDGE_PX = 12
"""Left out of the evidence: two sigma of the high-pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was measured of a registered pair; lengths in LOW pixels, nan where nothing could be measured."""

    residual_px: float
    residual_p95_px: float
    high_pass_ncc: float
    energy_ratio: float
    textured_fraction: float


NOTHING = Evidence(
    residual_px=math.nan,
    residual_p95_px=math.nan,
    high_pass_ncc=math.nan,
    energy_ratio=math.nan,
    textured_fraction=0.0,
)
"""Of a pair that could not be laid on each other."""


def examine(small: Plane, large: Plane, matrix: Matrix, *, noise: float) -> Evidence:
    """Compare two registered pictures where both are known, on the grid of `small`.

    Parameters
    ----------
    small, large : ndarray of float32, shape (rows, columns)
        Blurred against noise and high-passed, on pixels of nearly the same size.
    matrix : ndarray, shape (2, 3)
        From pixel points of `small` to those of `large`.
    noise : float
        Standard deviation of the noise of the noisier one, before both.

    Returns
    -------
    Evidence

    Raises
    ------
    MeasurementError
        When they have too little in common.
    """
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    drawn = np.asarray(cv2.warpAffine(large, matrix, (small.shape[1], small.shape[0]), flags=flags), dtype=np.float32)
    rows, columns = common_part(small.shape, large.shape, matrix, edge_px=EDGE_PX)
    one, other = np.ascontiguousarray(small[rows, columns]), np.ascontiguousarray(drawn[rows, columns])
    residual = measure_blocks(one, other, noise=noise)
    lengths = residual.lengths_px
    return Evidence(
        residual_px=float(np.sqrt(np.mean(lengths**2))) if lengths.size else math.nan,
        residual_p95_px=float(np.percentile(lengths, 95)) if lengths.size else math.nan,
        high_pass_ncc=float(np.corrcoef(one.ravel(), other.ravel())[0, 1]),
        energy_ratio=float(np.var(other) / np.var(one)),
        textured_fraction=residual.textured_fraction,
    )
