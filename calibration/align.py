"""Refine a rough transform between two pictures to hundredths of a pixel by the enhanced correlation coefficient.

References
----------
G. D. Evangelidis and E. Z. Psarakis, Parametric image alignment using enhanced correlation coefficient maximization,
IEEE Trans. Pattern Analysis and Machine Intelligence 30, 1858 (2008); OpenCV's `findTransformECC`.
"""

import math

import cv2
import numpy as np

from calibration.affine import Matrix, apply, compose, covered_bounds, invert, scaling, shifting
from calibration.bandwidth import Plane, decimate, high_pass
from calibration.errors import MeasurementError

COARSE_SIDE_PX = 80
"""The first refinement runs on pictures made so much coarser that the small one is about this large."""

STEPS = 50
COARSE_TOLERANCE = 1e-4
FINE_TOLERANCE = 1e-5
"""Growth of the correlation below which ECC stops; smaller values change the result by less than 0.001 px."""

EDGE_PX = 4
HIGH_PASS_EDGE_PX = 12
"""Cut off the small picture before ECC: blur and high-pass see reflections there (residual 0.003 px, else 0.045)."""

SMALLEST_SIDE_PX = 24
"""Common area below which ECC has too little to go by, along each side."""

FIELD_MARGIN_PX = 8
NO_FURTHER_BLUR = 1
"""ECC's own filter reflects at the edge of the small picture, after any cut: the planes come blurred instead."""


def refine(small: Plane, large: Plane, start: Matrix, *, fine: tuple[Plane, Plane] | None = None) -> Matrix:
    """Refine the affine transform from `small` to `large`.

    Three times ECC: on coarser pictures, on the pictures, and on the pictures without their low frequencies, which
    undoes what uneven light has pulled.

    Parameters
    ----------
    small, large : ndarray of float32, shape (rows, columns)
        On pixels of nearly the same size, lightly blurred against noise.
    start : ndarray, shape (2, 3)
        From pixel points of `small` to those of `large`, good to about 2 % of the small picture's side.
    fine : (ndarray, ndarray), optional
        Both without their low frequencies, where that was done already.

    Returns
    -------
    ndarray, shape (2, 3)

    Raises
    ------
    MeasurementError
        When ECC does not converge.
    """
    coarser = max(1, min(small.shape) // COARSE_SIDE_PX)
    grid = scaling(coarser)
    matrix = compose(grid, compose(start, invert(grid)))
    matrix = _ecc(decimate(small, coarser), decimate(large, coarser), matrix, EDGE_PX, COARSE_TOLERANCE)
    matrix = compose(invert(grid), compose(matrix, grid))
    matrix = _ecc(small, large, matrix, EDGE_PX, COARSE_TOLERANCE)
    fine_small, fine_large = fine or (high_pass(small), high_pass(large))
    return _ecc(fine_small, fine_large, matrix, HIGH_PASS_EDGE_PX, FINE_TOLERANCE)


def common_part(
    small_shape: tuple[int, ...], large_shape: tuple[int, ...], matrix: Matrix, *, edge_px: int
) -> tuple[slice, slice]:
    """Rows and columns of a small picture that lie within a large one, without an edge of `edge_px` along either.

    Parameters
    ----------
    small_shape, large_shape : (int, int, ...)
        Rows and columns of the two.
    matrix : ndarray, shape (2, 3)
        From pixel points of the small picture to those of the large one.
    edge_px : int
        To leave out, in pixels.

    Returns
    -------
    slice, slice

    Raises
    ------
    MeasurementError
        When less than `SMALLEST_SIDE_PX` are left along a side.
    """
    left, top, right, bottom = covered_bounds(invert(matrix), large_shape)
    first_x, first_y = (math.ceil(max(edge + 0.5, 0.0)) + edge_px for edge in (left, top))
    last_x = math.floor(min(right + 0.5, small_shape[1])) - edge_px
    last_y = math.floor(min(bottom + 0.5, small_shape[0])) - edge_px
    if min(last_x - first_x, last_y - first_y) < SMALLEST_SIDE_PX:
        raise MeasurementError(
            f"HIGH and LOW have only {max(last_x - first_x, 0)}×{max(last_y - first_y, 0)} pixels of LOW in common and "
            f"{SMALLEST_SIDE_PX} are needed along each side: use larger pictures, or centre the same place in both"
        )
    return slice(first_y, last_y), slice(first_x, last_x)


def _ecc(small: Plane, large: Plane, start: Matrix, edge_px: int, tolerance: float) -> Matrix:
    """One run of ECC on the part of `small` that lies in `large`."""
    rows, columns = common_part(small.shape, large.shape, start, edge_px=edge_px)
    template = np.ascontiguousarray(small[rows, columns])
    inner = compose(start, shifting(columns.start, rows.start))
    field, x, y = _reachable(large, template.shape, inner)
    first = compose(shifting(-x, -y), inner).astype(np.float32)
    criteria = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, STEPS, tolerance)
    whole = np.full(field.shape, 255, dtype=np.uint8)
    try:
        _, found = cv2.findTransformECC(template, field, first, cv2.MOTION_AFFINE, criteria, whole, NO_FURTHER_BLUR)
    except cv2.error as error:
        raise MeasurementError(_NO_CONVERGENCE) from error
    matrix = np.asarray(found, dtype=np.float64)
    if not np.isfinite(matrix).all():
        raise MeasurementError(_NO_CONVERGENCE)
    return compose(shifting(x, y), compose(matrix, shifting(-columns.start, -rows.start)))


_NO_CONVERGENCE = (
    "the two pictures could not be laid on each other (the fit did not converge): check that both show the same place "
    "in focus, and capture the pair again"
)


def _reachable(large: Plane, shape: tuple[int, ...], matrix: Matrix) -> tuple[Plane, int, int]:
    """Part of `large` round the place where a picture of `shape` comes to lie, and its column and row."""
    rows, columns = shape
    corners = apply(matrix, [[0, 0], [columns, 0], [0, rows], [columns, rows]])
    x, y = np.maximum(np.floor(corners.min(axis=0)) - FIELD_MARGIN_PX, 0).astype(int)
    right, bottom = np.ceil(corners.max(axis=0)).astype(int) + FIELD_MARGIN_PX
    return np.ascontiguousarray(large[y:bottom, x:right]), int(x), int(y)
