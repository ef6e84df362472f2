"""The camera-stage matrix: which stage move brings a point of the picture to its centre."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from calibration.displace import Shift, displacement
from calibration.errors import MeasurementError
from calibration.interval import around, student_t
from calibration.record import Measured

__all__ = ["Shift", "StageFit", "displacement", "estimate_stage_matrix", "pixel_and_rotation"]

FEWEST_MOVES = 4
FEWEST_TO_REJECT = 7
"""Below this no move can be called wrong: three fix the fit."""

FIXED_BY = 3
TRIALS = 300
"""With a third of the moves wrong, 300 triples miss a good one once in 10^45 cases."""

REJECT_RATIO = 6.0
"""Residual over that of the agreeing majority above which a move is wrong: a mismatch is off by many pixels."""

NOISE_FLOOR_UM = 0.05
LARGEST_MISFIT = 0.05
"""Residual over the length of the moves above which moves and shifts contradict each other."""

LARGEST_SKEW = 1.1
"""Ratio of the two scales of S: pixels are square, and stage axes perpendicular, to a few per mille."""

SMALLEST_SPREAD = 0.05
"""Of the moves across their main direction: below it they lie on one line."""

STEP = 1e-6

Matrix2 = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StageFit:
    """What a series of moves says of camera and stage.

    Parameters
    ----------
    matrix : ndarray, shape (2, 2)
        S in µm per pixel: the stage move S · (dx, dy) centres the point seen (dx, dy) off centre.
    pixel_um : Measured
        Pixel size at the specimen, √|det S|.
    rotation_deg : Measured
        Rotation left when the nearest of the 8 upright orientations of the camera is removed.
    residual_um_rms : float
        Root mean square distance between moves made and moves fitted.
    inliers : ndarray of bool, shape (n,)
        The moves that were used.
    """

    matrix: Matrix2
    pixel_um: Measured
    rotation_deg: Measured
    residual_um_rms: float
    inliers: NDArray[np.bool_]


def estimate_stage_matrix(stage_moves_um: ArrayLike, picture_shifts_px: ArrayLike) -> StageFit:
    """Fit S to stage moves and the shifts of the picture content that they caused.

    A specimen point seen at offset u lies at stage position p + S u, so a stage move dp shifts the content by
    ``-S⁻¹ dp``. The fit has an offset, which takes up the error of the common starting position. With seven moves or
    more, wrong ones are left out (least trimmed squares, then least squares on the rest).

    Parameters
    ----------
    stage_moves_um : array_like, shape (n, 2)
        From the position of the reference frame, as read back.
    picture_shifts_px : array_like, shape (n, 2)
        From `displacement`: (dx, dy) against the reference frame.

    Returns
    -------
    StageFit
        Its intervals are 95 %, from the residuals.

    Raises
    ------
    MeasurementError
        With fewer than four moves, moves along one line, or moves and shifts that contradict each other.
    """
    moves, shifts = _checked(stage_moves_um, picture_shifts_px)
    design = np.column_stack([-shifts, np.ones(len(shifts))])
    inliers = _inliers(design, moves)
    solution, *_ = np.linalg.lstsq(design[inliers], moves[inliers], rcond=None)
    matrix = np.asarray(solution[:2].T, dtype=np.float64)
    residuals = moves[inliers] - design[inliers] @ solution
    rms = float(np.sqrt(np.mean(np.sum(residuals**2, axis=1))))
    check_consistent(matrix, rms, _length(moves[inliers]), int(inliers.sum()))
    freedom = 2 * int(inliers.sum()) - 2 * FIXED_BY
    spread = np.linalg.inv(design[inliers].T @ design[inliers])[:2, :2] * float(np.sum(residuals**2)) / freedom
    halves = student_t(freedom) * matrix_errors(matrix, spread)
    pixel_um, rotation_deg = pixel_and_rotation(matrix)
    return StageFit(
        matrix=matrix,
        pixel_um=around(pixel_um, float(halves[0])),
        rotation_deg=around(rotation_deg, float(halves[1])),
        residual_um_rms=rms,
        inliers=inliers,
    )


def pixel_and_rotation(matrix: ArrayLike) -> tuple[float, float]:
    """Pixel size in µm and rotation in degrees of S, after removing the nearest of the 8 upright orientations."""
    s = np.asarray(matrix, dtype=np.float64)
    pixel_um = float(np.sqrt(abs(np.linalg.det(s))))
    turned = max((s @ o.T for o in _ORIENTATIONS), key=lambda m: float(np.trace(m)))
    return pixel_um, float(np.rad2deg(np.arctan2(turned[1, 0] - turned[0, 1], turned[0, 0] + turned[1, 1])))


_ORIENTATIONS = tuple(
    np.array(axes, dtype=np.float64) * np.array([[a], [b]])
    for axes in ([[1, 0], [0, 1]], [[0, 1], [1, 0]])
    for a in (1, -1)
    for b in (1, -1)
)


def _checked(stage_moves_um: ArrayLike, picture_shifts_px: ArrayLike) -> tuple[Matrix2, Matrix2]:
    moves = np.asarray(stage_moves_um, dtype=np.float64)
    shifts = np.asarray(picture_shifts_px, dtype=np.float64)
    if moves.shape != shifts.shape or moves.shape[1:] != (2,) or not np.isfinite([moves, shifts]).all():
        raise MeasurementError(
            f"stage moves of shape {moves.shape} and picture shifts of shape {shifts.shape} were given: give one "
            "finite (x, y) each for every move"
        )
    if len(moves) < FEWEST_MOVES:
        raise MeasurementError(
            f"{len(moves)} stage move(s) could be measured and {FEWEST_MOVES} are needed: choose a place with more "
            "tissue, or make more moves"
        )
    for name, points in (("stage moves", moves), ("picture shifts", shifts)):
        long, across = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
        if across <= SMALLEST_SPREAD * long:
            raise MeasurementError(f"the {name} lie on one line: move the stage along both axes")
    return moves, shifts


def _inliers(design: Matrix2, moves: Matrix2) -> NDArray[np.bool_]:
    """Keep the moves that agree with the triple with which most others agree (least trimmed squares)."""
    n = len(moves)
    if n < FEWEST_TO_REJECT:
        return np.ones(n, dtype=bool)
    rng = np.random.default_rng(0)
    triples = np.array([rng.permutation(n)[:FIXED_BY] for _ in range(TRIALS)])
    triples = triples[abs(np.linalg.det(design[triples])) > np.finfo(np.float64).eps]
    fits = np.linalg.solve(design[triples], moves[triples])
    residuals = np.linalg.norm(moves - design @ fits, axis=-1)
    majority = (n + FIXED_BY + 1) // 2
    reached = np.partition(residuals, majority - 1, axis=1)[:, majority - 1]
    best = residuals[np.argmin(reached)]
    scale_um = max(float(reached.min()), NOISE_FLOOR_UM)
    return np.asarray(best <= REJECT_RATIO * scale_um)


def _length(moves: Matrix2) -> float:
    return float(np.sqrt(np.mean(np.sum((moves - moves.mean(axis=0)) ** 2, axis=1))))


def check_consistent(matrix: Matrix2, rms_um: float, length_um: float, used: int) -> None:
    """Refuse a fit that leaves too much of the moves, or whose axes have different scales.

    Parameters
    ----------
    matrix : ndarray, shape (2, 2)
        S in µm per pixel.
    rms_um, length_um : float
        What the fit leaves of the moves, and how long they are.
    used : int
        Moves that were used.

    Raises
    ------
    MeasurementError
        Naming all of them.
    """
    largest, smallest = np.linalg.svd(matrix, compute_uv=False)
    if used < FEWEST_MOVES or rms_um > LARGEST_MISFIT * length_um or largest > LARGEST_SKEW * smallest:
        raise MeasurementError(
            f"stage moves and picture shifts contradict each other: {used} moves of about {length_um:.0f} µm fit to "
            f"{rms_um:.2f} µm, with {smallest:.4f} and {largest:.4f} µm per pixel along the two axes: check that the "
            "stage is at rest in every frame, that light is even, and measure again"
        )


def matrix_errors(matrix: Matrix2, spread: Matrix2) -> NDArray[np.float64]:
    """Return the standard errors of pixel size and rotation, from the covariance that both rows of S share."""
    base = np.array(pixel_and_rotation(matrix))
    variance = np.zeros(2)
    for row in range(2):
        slopes = np.empty((2, 2))
        for column in range(2):
            nudged = matrix.copy()
            nudged[row, column] += STEP * base[0]
            slopes[:, column] = (np.array(pixel_and_rotation(nudged)) - base) / (STEP * base[0])
        variance += np.einsum("ij,jk,ik->i", slopes, spread, slopes)
    return np.sqrt(variance)
