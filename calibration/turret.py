"""What turning the nosepiece changes: the parfocal offset and the camera-stage matrix."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

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


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionFocus:
    """Where the middle of the section seems to be at one site through one objective, and when, in seconds."""

    z_um: float
    time_s: float = 0.0


def parfocal(low: Sequence[SectionFocus], high: Sequence[SectionFocus], *, drift_um_per_s: float = 0.0) -> Measured:
    """Z to add after turning from LOW to HIGH, so that the middle of the section is in focus again.

    Parameters
    ----------
    low, high : sequence of SectionFocus
        Of the same sites through either objective, from `middle.middle_um`.
    drift_um_per_s : float
        Of the focus, seen through LOW; carried on to when HIGH was measured.

    Returns
    -------
    Measured
        Its interval is the scatter between the sites.

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
    return measured_mean(found, what="parfocal offset")


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
