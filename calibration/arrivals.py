"""Stage, camera and play from many arrivals: where the stage read that it stood, and where the picture says it did."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from calibration.errors import MeasurementError
from calibration.interval import around, student_t
from calibration.record import Measured
from calibration.stage import StageFit, check_consistent, matrix_errors, pixel_and_rotation

FEWEST = 8
"""Arrivals, over both sides: below it the scatter of the stage is not known."""

REJECT_SIGMA = 5.0
"""Beyond this many standard deviations an arrival is wrong: of 10 000 good ones none lies there."""

ROUNDS = 5
MAD_TO_SIGMA = 1.4826
NOISE_FLOOR_UM = 0.02


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arrivals:
    """What many arrivals say of stage and camera.

    Parameters
    ----------
    stage : StageFit
        Camera-stage matrix with its intervals; `inliers` tells the arrivals that were used.
    places_um : ndarray, shape (n, 2)
        Where each arrival from below came to rest by its picture, in the coordinates that the stage reads on average
        when it comes from lower x and y; nan without a picture. Arrivals from above lie on the same scale.
    place_error_um : float
        Standard error of that scale's origin, along one axis.
    backlash_um : (Measured, Measured) or None
        Play of x and y; None when all came from one side.
    noise_um : float
        Standard deviation of where the stage rests, along one axis.
    """

    stage: StageFit
    places_um: NDArray[np.float64]
    place_error_um: float
    backlash_um: tuple[Measured, Measured] | None
    noise_um: float


def estimate_arrivals(read_um: ArrayLike, content_px: ArrayLike, from_above: ArrayLike) -> Arrivals:
    """Fit S, the play of both axes and the scatter of the stage to arrivals from both sides at many places.

    The content of a picture lies at d against that of the first, so the stage stands at ``-S d`` from there, whatever
    it reads; what it reads is that, an offset for the side it came from, and its scatter. The offsets differ by the
    play: coming from higher values the stage rests that much higher than it does coming from lower ones.

    Parameters
    ----------
    read_um : array_like, shape (n, 2)
        Stage positions as read back.
    content_px : array_like, shape (n, 2)
        From `chain.picture_places`; nan where nothing was seen.
    from_above : array_like of bool, shape (n,)
        Whether the stage came from higher x and y.

    Returns
    -------
    Arrivals
        All intervals are 95 %, from the residuals.

    Raises
    ------
    MeasurementError
        With fewer than eight arrivals seen, or when they contradict each other.
    """
    read, content, above = np.asarray(read_um, float), np.asarray(content_px, float), np.asarray(from_above, bool)
    seen = np.isfinite(content).all(axis=1)
    if int(seen.sum()) < FEWEST:
        raise MeasurementError(
            f"{int(seen.sum())} of {len(read)} arrivals of the stage can be followed in the pictures and {FEWEST} are "
            "needed: choose a place with tissue all round it"
        )
    sides = [~above, above] if above[seen].any() and not above[seen].all() else [np.ones_like(above)]
    design = np.column_stack([-content, *sides]).astype(np.float64)
    kept, solution = _fitted(design, read, seen)
    freedom = 2 * (int(kept.sum()) - design.shape[1])
    residual = read[kept] - design[kept] @ solution
    noise_um = float(np.sqrt(np.sum(residual**2) / freedom))
    spread: NDArray[np.float64] = np.asarray(np.linalg.inv(design[kept].T @ design[kept]) * noise_um**2, np.float64)
    return Arrivals(
        stage=_stage(solution[:2].T, spread[:2, :2], kept, residual, freedom),
        places_um=-content @ solution[:2] + solution[2],
        place_error_um=float(np.sqrt(spread[2, 2])),
        backlash_um=_play(solution, spread, freedom) if len(sides) > 1 else None,
        noise_um=noise_um,
    )


def _fitted(
    design: NDArray[np.float64], read: NDArray[np.float64], seen: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Least squares without the arrivals that lie far from it; from the median of the residuals, again and again."""
    kept = seen
    for _ in range(ROUNDS):
        solution = np.linalg.lstsq(design[kept], read[kept], rcond=None)[0]
        distance = np.abs(read - np.nan_to_num(design) @ solution).max(axis=1)
        sigma_um = max(MAD_TO_SIGMA * float(np.median(distance[kept])), NOISE_FLOOR_UM)
        again = seen & (distance <= REJECT_SIGMA * sigma_um)
        if bool((again == kept).all()):
            break
        kept = again
    return kept, np.asarray(np.linalg.lstsq(design[kept], read[kept], rcond=None)[0])


def _stage(
    matrix: NDArray[np.float64],
    spread: NDArray[np.float64],
    kept: NDArray[np.bool_],
    residual: NDArray[np.float64],
    freedom: int,
) -> StageFit:
    rms_um = float(np.sqrt(np.mean(np.sum(residual**2, axis=1))))
    lever_um = float(np.sqrt(np.sum(residual**2) / freedom / max(np.trace(spread), 1e-30)) * np.linalg.norm(matrix))
    check_consistent(matrix, rms_um, lever_um / np.sqrt(max(int(kept.sum()), 1)), int(kept.sum()))
    pixel_um, rotation_deg = pixel_and_rotation(matrix)
    halves = student_t(freedom) * matrix_errors(matrix, spread)
    return StageFit(
        matrix=matrix,
        pixel_um=around(pixel_um, float(halves[0])),
        rotation_deg=around(rotation_deg, float(halves[1])),
        residual_um_rms=rms_um,
        inliers=kept,
    )


def _play(solution: NDArray[np.float64], spread: NDArray[np.float64], freedom: int) -> tuple[Measured, Measured]:
    error_um = float(np.sqrt(spread[2, 2] + spread[3, 3] - 2 * spread[2, 3]))
    x_um, y_um = (float(value) for value in solution[2] - solution[3])
    half_um = student_t(freedom) * error_um
    return around(x_um, half_um), around(y_um, half_um)
