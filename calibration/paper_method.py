"""Registration by features and by correlation of blocks, as the paper did: for comparison, not for use.

The sharp picture is brought down, an affine transform is drawn through matching features with random samples, and what
shift remains is the median over correlated blocks. Two things differ from the paper, whose tools are not free: SIFT
stands for its features, and the picture comes down with this package's own filter.

References
----------
Y. Rivenson et al., Deep learning microscopy, Optica 4, 1437 (2017), supplement 2; D. G. Lowe, Int. J. Computer Vision
60, 91 (2004), for SIFT; M. A. Fischler and R. C. Bolles, Communications of the ACM 24, 381 (1981), for RANSAC.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.affine import Matrix, apply, compose, shifting
from calibration.align import EDGE_PX, common_part
from calibration.bandwidth import Plane
from calibration.errors import MeasurementError

NEAREST_RATIO = 0.8
"""Of the distances to the best and the second best match; Lowe's value."""
NEAR_PX = 20.0
"""A match farther than this from where the place found puts it is wrong."""
INLIER_PX = 1.0
FEWEST_MATCHES = 12
RANSAC_STEPS = 5000
RANSAC_CONFIDENCE = 0.999
BLOCK_PX = 64
LEAST_RESPONSE = 0.1
"""Share of a block's correlation in its peak, below which the block shows no shift."""


def align_as_in_paper(small: Plane, large: Plane, start: Matrix) -> Matrix:
    """Refine the affine transform from `small` to `large` by features, then by blocks.

    Parameters
    ----------
    small, large : ndarray of float32, shape (rows, columns)
        On pixels of nearly the same size, 0 to 255.
    start : ndarray, shape (2, 3)
        From pixel points of `small` to those of `large`.

    Returns
    -------
    ndarray, shape (2, 3)

    Raises
    ------
    MeasurementError
        When too few features match.
    """
    here, there = _matches(small, large, start)
    found, _ = cv2.estimateAffine2D(
        here,
        there,
        method=cv2.RANSAC,
        ransacReprojThreshold=INLIER_PX,
        maxIters=RANSAC_STEPS,
        confidence=RANSAC_CONFIDENCE,
    )
    if found is None:
        raise MeasurementError(_TOO_FEW.format(count=len(here)))
    matrix = np.asarray(found, dtype=np.float64)
    return compose(matrix, shifting(*_block_shift(small, large, matrix)))


_TOO_FEW = (
    "only {count} features of HIGH were found again in LOW and do not make a transform: choose a place with more "
    "tissue, or use the method ecc"
)


def _matches(small: Plane, large: Plane, start: Matrix) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points of features of `small` and of their partners in `large`, each of shape (n, 2)."""
    sift = cv2.SIFT.create()
    (keys, marks), (other_keys, other_marks) = (
        sift.detectAndCompute(np.clip(np.rint(plane), 0, 255).astype(np.uint8), None) for plane in (small, large)
    )
    if min(len(keys), len(other_keys)) < FEWEST_MATCHES:
        raise MeasurementError(_TOO_FEW.format(count=min(len(keys), len(other_keys))))
    nearest = cv2.BFMatcher().knnMatch(marks, other_marks, k=2)
    good = [one for one, two in nearest if one.distance < NEAREST_RATIO * two.distance]
    here = np.array([keys[m.queryIdx].pt for m in good], dtype=np.float64).reshape(-1, 2)
    there = np.array([other_keys[m.trainIdx].pt for m in good], dtype=np.float64).reshape(-1, 2)
    near = np.hypot(*(apply(start, here) - there).T) < NEAR_PX
    if near.sum() < FEWEST_MATCHES:
        raise MeasurementError(_TOO_FEW.format(count=int(near.sum())))
    return here[near], there[near]


def _block_shift(small: Plane, large: Plane, matrix: Matrix) -> NDArray[np.float64]:
    """Median shift (x, y) of the blocks of `large` against those of `small`, by phase correlation."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    drawn = np.asarray(cv2.warpAffine(large, matrix, small.shape[::-1], flags=flags), dtype=np.float32)
    rows, columns = common_part(small.shape, large.shape, matrix, edge_px=EDGE_PX)
    side = min(BLOCK_PX, rows.stop - rows.start, columns.stop - columns.start)
    window = cv2.createHanningWindow((side, side), cv2.CV_32F)
    shifts = []
    for row in range(rows.start, rows.stop - side + 1, side):
        for column in range(columns.start, columns.stop - side + 1, side):
            part = np.s_[row : row + side, column : column + side]
            one, other = np.ascontiguousarray(small[part]), np.ascontiguousarray(drawn[part])
            shift, response = cv2.phaseCorrelate(one, other, window)
            if response > LEAST_RESPONSE:
                shifts.append(shift)
    return np.median(np.array(shifts), axis=0) if shifts else np.zeros(2)
