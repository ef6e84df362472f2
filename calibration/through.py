"""All objectives of a rig from what each saw at the same places: matrices, pixel sizes, offsets to the first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from calibration.errors import MeasurementError
from calibration.flatfield import Pixels
from calibration.optics import Objective
from calibration.record import Measured, ObjectiveCalibration
from calibration.register import Registration, register
from calibration.stage import StageFit
from calibration.turret import parcentric, parfocal, stage_through_turret

LARGEST_TERM = 100
"""Ratios of magnifications are written as fractions with denominators up to this."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seen:
    """What one objective saw at each place.

    Parameters
    ----------
    pictures : tuple of ndarray of uint8 or uint16, shape (rows, columns, 3)
        Corrected, in focus.
    z_um : tuple of float
        Focus at each place.
    positions_um : tuple of (float, float)
        Stage positions as read back.
    """

    pictures: tuple[Pixels, ...]
    z_um: tuple[float, ...]
    positions_um: tuple[tuple[float, float], ...]


def measure_objectives(
    objectives: Sequence[Objective], first: StageFit, seen: Mapping[str, Seen]
) -> tuple[dict[str, ObjectiveCalibration], dict[str, float]]:
    """Measure every objective against the first.

    Parameters
    ----------
    objectives : sequence of Objective
        The first is the reference.
    first : StageFit
        Camera-stage matrix of the reference.
    seen : mapping of str to Seen
        By objective, all at the same places in the same order.

    Returns
    -------
    (dict of str to ObjectiveCalibration, dict of str to float)
        By objective; and residuals by name with unit.

    Raises
    ------
    MeasurementError
        When fewer than two places register.
    """
    reference, *others = objectives
    measured = {reference.name: _reference(first)}
    residuals = {"camera_stage_um": first.residual_um_rms}
    for objective in others:
        factor = Fraction(objective.magnification / reference.magnification).limit_denominator(LARGEST_TERM)
        one, other = seen[reference.name], seen[objective.name]
        pairs = [register(low, high, factor=factor) for low, high in zip(one.pictures, other.pictures, strict=True)]
        measured[objective.name] = _against(first, one, other, pairs, objective.name)
        residuals[f"register_{objective.name}_px"] = float(np.median([p.residual_px for p in pairs if p.accepted]))
    return measured, residuals


def _reference(first: StageFit) -> ObjectiveCalibration:
    nothing = Measured(value=0.0, interval95=(0.0, 0.0))
    return ObjectiveCalibration(
        stage_um_per_px=_rows(first.matrix),
        pixel_um=first.pixel_um,
        rotation_deg=first.rotation_deg,
        parcentric_um=(nothing, nothing),
        parfocal_um=nothing,
    )


def _against(first: StageFit, one: Seen, other: Seen, pairs: Sequence[Registration], name: str) -> ObjectiveCalibration:
    good = [index for index, pair in enumerate(pairs) if pair.accepted]
    if len(good) < 2:  # noqa: PLR2004 - one place gives no interval
        reasons = "; ".join(sorted({pair.reason for pair in pairs if not pair.accepted}))
        raise MeasurementError(
            f"only {len(good)} of {len(pairs)} places register between {name} and the first objective ({reasons}): "
            "choose places with more tissue, and check that both are in focus"
        )
    matrices = [pairs[index].matrix for index in good]
    moves = np.subtract(other.positions_um, one.positions_um)[good]
    stage = stage_through_turret(matrices, first)
    return ObjectiveCalibration(
        stage_um_per_px=_rows(stage.matrix),
        pixel_um=stage.pixel_um,
        rotation_deg=stage.rotation_deg,
        parcentric_um=parcentric(
            matrices,
            first.matrix,
            low_shape=one.pictures[0].shape,
            high_shape=other.pictures[0].shape,
            stage_moves_um=moves,
        ),
        parfocal_um=parfocal([one.z_um[index] for index in good], [other.z_um[index] for index in good]),
    )


def _rows(matrix: NDArray[np.float64]) -> tuple[tuple[float, float], tuple[float, float]]:
    (a, b), (c, d) = matrix.tolist()
    return (a, b), (c, d)
