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


def parfocal(z_low_um: Sequence[float], z_high_um: Sequence[float]) -> Measured:
    """Z to add after turning from LOW to HIGH, so that the same plane is in focus.

    Parameters
    ----------
    z_low_um, z_high_um : sequence of float
        Focus of each site through either objective.

    Returns
    -------
    Measured

    Raises
    ------
    MeasurementError
        With fewer than two sites, or lists of different length.
    """
    if len(z_low_um) != len(z_high_um):
        raise MeasurementError(
            f"{len(z_low_um)} foci through one objective and {len(z_high_um)} through the other were given: give one "
            "of each for every site"
        )
    return measured_mean(np.subtract(z_high_um, z_low_um), what="parfocal offset")


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
