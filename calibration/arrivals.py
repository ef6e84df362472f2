"""Stage, camera, play and turret from many arrivals: where the stage read that it stood, and where the picture says."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
class Visits:
    """Arrivals of the stage, each with a picture.

    Parameters
    ----------
    read_um : ndarray, shape (n, 2)
        Stage positions as read back.
    content_px : ndarray, shape (n, 2)
        How far the content lies, in pixels of the first objective, from where it lay in the first picture; nan where
        nothing was seen. Of another objective: how far it would lie, were that objective's centre the first one's.
    from_above : ndarray of bool, shape (n,)
        Whether the stage came from higher x and y.
    lens : ndarray of int, shape (n,)
        Number of the objective in the light path; 0 is the first.
    """

    read_um: NDArray[np.float64]
    content_px: NDArray[np.float64]
    from_above: NDArray[np.bool_]
    lens: NDArray[np.int_]

    def __add__(self, other: "Visits") -> "Visits":
        """Join two series that share the first picture."""
        return Visits(
            read_um=np.vstack([self.read_um, other.read_um]),
            content_px=np.vstack([self.content_px, other.content_px]),
            from_above=np.append(self.from_above, other.from_above),
            lens=np.append(self.lens, other.lens),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arrivals:
    """What many arrivals say of stage, camera and turret.

    Parameters
    ----------
    stage : StageFit
        Camera-stage matrix of the first objective with its intervals; `inliers` tells the arrivals that were used.
    backlash_um : (Measured, Measured) or None
        Play of x and y; None when all came from one side.
    parcentric_um : tuple of (Measured, Measured)
        Of each later objective, along x and y: what the stage must move so that the same point stays centred.
    noise_um : float
        Standard deviation of where the stage rests, along one axis.
    """

    stage: StageFit
    backlash_um: tuple[Measured, Measured] | None
    parcentric_um: tuple[tuple[Measured, Measured], ...]
    noise_um: float


def estimate_arrivals(visits: Visits) -> Arrivals:
    """Fit S, the play of both axes, the offsets of the turret and the scatter of the stage, all at once.

    The content of a picture lies at d against that of the first, so the stage stands at ``-S d`` from there, whatever
    it reads; what it reads is that, an offset for the side it came from, one for the objective, and its scatter. The
    offsets of the sides differ by the play: coming from higher values the stage rests that much higher than it does
    coming from lower ones. Each arrival through any objective thus helps with the play, and from either side with the
    turret.

    Parameters
    ----------
    visits : Visits
        Of the first objective at least eight.

    Returns
    -------
    Arrivals
        All intervals are 95 %, from the residuals.

    Raises
    ------
    MeasurementError
        With fewer than eight arrivals seen, or when they contradict each other.
    """
    seen = _seen(visits)
    sides, turned = _sides(visits, seen), [visits.lens == lens for lens in range(1, int(visits.lens.max()) + 1)]
    design = np.column_stack([-visits.content_px, *sides, *turned]).astype(np.float64)
    kept, solution = _fitted(design, visits.read_um, seen)
    freedom = 2 * (int(kept.sum()) - design.shape[1])
    residual = visits.read_um[kept] - design[kept] @ solution
    noise_um = float(np.sqrt(np.sum(residual**2) / freedom))
    spread: NDArray[np.float64] = np.asarray(np.linalg.inv(design[kept].T @ design[kept]) * noise_um**2, np.float64)
    unit = np.eye(len(solution))
    offsets = unit[2 + len(sides) :]
    return Arrivals(
        stage=_stage(solution[:2].T, spread[:2, :2], kept, residual, freedom),
        backlash_um=_along_axes(unit[2] - unit[3], solution, spread, freedom) if len(sides) > 1 else None,
        parcentric_um=tuple(_along_axes(offset, solution, spread, freedom) for offset in offsets),
        noise_um=noise_um,
    )


def _seen(visits: Visits) -> NDArray[np.bool_]:
    seen: NDArray[np.bool_] = np.asarray(np.isfinite(visits.content_px).all(axis=1))
    first = visits.lens == 0
    if int(seen[first].sum()) < FEWEST:
        raise MeasurementError(
            f"{int(seen[first].sum())} of {int(first.sum())} arrivals of the stage can be followed in the pictures and "
            f"{FEWEST} are needed: choose a place with tissue all round it"
        )
    return seen


def _sides(visits: Visits, seen: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    above = visits.from_above
    both = above[seen].any() and not above[seen].all()
    return [~above, above] if both else [np.ones_like(above)]


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


def _along_axes(
    weights: NDArray[np.float64], solution: NDArray[np.float64], spread: NDArray[np.float64], freedom: int
) -> tuple[Measured, Measured]:
    """Give a linear combination of what was fitted, along x and y."""
    half_um = student_t(freedom) * float(np.sqrt(weights @ spread @ weights))
    x_um, y_um = (float(value) for value in weights @ solution)
    return around(x_um, half_um), around(y_um, half_um)
