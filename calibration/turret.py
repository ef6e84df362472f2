"""What turning the nosepiece changes: parcentric and parfocal offsets, and the camera-stage matrix."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from calibration.affine import Matrix, apply
from calibration.errors import MeasurementError
from calibration.interval import around, measured_mean
from calibration.record import Measured
from calibration.stage import StageFit, pixel_and_rotation

SEEMS_DEEPER_UM = 0.32
"""By how much refraction makes a stained section seem deeper, by the detail in `middle.BAND`: 0.24 to 0.42 µm at 16
sites of three simulated lung sections, 0.32 in the mean, through 40x/0.95 and 100x/1.4 alike."""

SEEMS_DEEPER_ERROR_UM = 0.2
"""What it may be wrong by in another tissue (95 %)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StageThroughTurret:
    """Camera-stage matrix of HIGH, by way of its registration on LOW.

    Parameters
    ----------
    matrix : ndarray, shape (2, 2)
        S of HIGH, µm per pixel.
    pixel_um, rotation_deg : Measured
        As in `StageFit`.
    """

    matrix: NDArray[np.float64]
    pixel_um: Measured
    rotation_deg: Measured


def parcentric(
    matrices: Sequence[ArrayLike],
    stage_low: ArrayLike,
    *,
    low_shape: tuple[int, ...],
    high_shape: tuple[int, ...],
    stage_moves_um: ArrayLike | None = None,
) -> tuple[Measured, Measured]:
    """Stage move to add after turning from LOW to HIGH, so that the same point stays centred.

    The point that HIGH sees at its centre is seen by LOW at the offset u. Both name the same specimen point:
    ``p_low + S_low u = p_high - parcentric``.

    Parameters
    ----------
    matrices : sequence of array_like, shape (2, 3)
        Accepted registrations of several sites, from HIGH to LOW pixel points.
    stage_low : array_like, shape (2, 2)
        S of LOW in µm per pixel.
    low_shape, high_shape : (int, int, ...)
        Rows and columns of the frames.
    stage_moves_um : array_like, shape (n, 2), optional
        Stage position of the HIGH frame less that of the LOW frame, as read back; zero when not given.

    Returns
    -------
    (Measured, Measured)
        Along x and y, relative to LOW.

    Raises
    ------
    MeasurementError
        With fewer than two sites.
    """
    offsets = np.array([apply(m, _centre(high_shape)) - _centre(low_shape) for m in matrices]).reshape(-1, 2)
    moves = np.zeros_like(offsets) if stage_moves_um is None else np.asarray(stage_moves_um, dtype=np.float64)
    if moves.shape != offsets.shape:
        raise MeasurementError(
            f"{len(offsets)} registrations and {len(moves)} stage moves were given: give one move for each registration"
        )
    found = moves - offsets @ np.asarray(stage_low, dtype=np.float64).T
    x, y = (measured_mean(found[:, axis], what=f"parcentric offset along {'xy'[axis]}") for axis in range(2))
    return x, y


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionFocus:
    """Where the middle of the section seems to be at one site through one objective, and when, in seconds."""

    z_um: float
    time_s: float = 0.0


def parfocal(
    low: Sequence[SectionFocus],
    high: Sequence[SectionFocus],
    *,
    ratios: tuple[float, float],
    toward_slide: int,
    drift_um_per_s: float = 0.0,
) -> Measured:
    """Z to add after turning from LOW to HIGH, so that the middle of the section is in focus again.

    The same detail seems as deep through both lenses, `SEEMS_DEEPER_UM` below the middle; one µm of depth is 1/r of Z
    through a lens of focus ratio r.

    Parameters
    ----------
    low, high : sequence of SectionFocus
        Of the same sites through either objective, from `middle.middle_um`.
    ratios : (float, float)
        `transfer.focus_ratio` of LOW and of HIGH.
    toward_slide : {+1, -1}
        Sign of Z towards the slide.
    drift_um_per_s : float
        Of the focus, seen through LOW; carried on to when HIGH was measured.

    Returns
    -------
    Measured
        Its interval is the scatter between the sites, and what `SEEMS_DEEPER_UM` may be wrong by.

    Raises
    ------
    MeasurementError
        With fewer than two sites, or lists of different length.
    """
    if len(low) != len(high):
        raise MeasurementError(
            f"{len(low)} foci through one objective and {len(high)} through the other were given: give one "
            "of each for every site"
        )
    found = [h.z_um - o.z_um - drift_um_per_s * (h.time_s - o.time_s) for o, h in zip(low, high, strict=True)]
    mean = measured_mean(found, what="parfocal offset")
    z_per_depth = 1 / ratios[1] - 1 / ratios[0]
    half = float(np.hypot(_half(mean), z_per_depth * SEEMS_DEEPER_ERROR_UM))
    return around(mean.value - toward_slide * z_per_depth * SEEMS_DEEPER_UM, half)


def stage_through_turret(matrices: Sequence[ArrayLike], low: StageFit) -> StageThroughTurret:
    """Camera-stage matrix of HIGH: S_high = S_low · M, with M the linear part of the registration.

    Parameters
    ----------
    matrices : sequence of array_like, shape (2, 3)
        Accepted registrations of several sites, from HIGH to LOW pixel points.
    low : StageFit
        Of LOW.

    Returns
    -------
    StageThroughTurret
        Its intervals join those of LOW and the scatter between sites.

    Raises
    ------
    MeasurementError
        With fewer than two sites.
    """
    each = [low.matrix @ np.asarray(m, dtype=np.float64)[:, :2] for m in matrices]
    pixels, rotations = zip(*(pixel_and_rotation(s) for s in each), strict=True) if each else ((), ())
    pixel = measured_mean(pixels, what="pixel size through the turret")
    rotation = measured_mean(rotations, what="rotation through the turret")
    scale = pixel.value / low.pixel_um.value
    return StageThroughTurret(
        matrix=np.asarray(np.median(each, axis=0)),
        pixel_um=around(pixel.value, float(np.hypot(_half(pixel), scale * _half(low.pixel_um)))),
        rotation_deg=around(rotation.value, float(np.hypot(_half(rotation), _half(low.rotation_deg)))),
    )


def _half(measured: Measured) -> float:
    return (measured.interval95[1] - measured.interval95[0]) / 2


def _centre(shape: tuple[int, ...]) -> Matrix:
    return np.array([(shape[1] - 1) / 2, (shape[0] - 1) / 2])
