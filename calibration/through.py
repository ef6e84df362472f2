"""All objectives of a rig from what each saw at the same places: matrices, pixel sizes, offsets to the first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from calibration.errors import MeasurementError
from calibration.flatfield import Pixels
from calibration.match import Match, match_plane
from calibration.optics import Objective
from calibration.record import Measured, ObjectiveCalibration
from calibration.stage import StageFit
from calibration.turret import parcentric, parfocal, stage_through_turret

FEWEST_PLACES = 2
"""One place gives no interval."""
LARGEST_TERM = 100
"""Ratios of magnifications are written as fractions with denominators up to this."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seen:
    """What one objective saw at each place.

    Parameters
    ----------
    stacks : tuple of tuple of ndarray of uint8 or uint16, shape (rows, columns, 3)
        Corrected planes about the focus of each place, in the order of their Z; one plane for the first objective.
    z_um : tuple of tuple of float
        Z of each of them.
    positions_um : tuple of (float, float)
        Stage positions as read back.
    """

    stacks: tuple[tuple[Pixels, ...], ...]
    z_um: tuple[tuple[float, ...], ...]
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
    weaker = [o.name for o in others if o.magnification < reference.magnification]
    if weaker:
        raise MeasurementError(
            f"{weaker} magnify less than {reference.name}, which stands first in the rig file and is the reference of "
            "all offsets: name the weakest objective first"
        )
    measured = {reference.name: _reference(first)}
    residuals = {"camera_stage_um": first.residual_um_rms}
    for objective in others:
        factor = Fraction(objective.magnification / reference.magnification).limit_denominator(LARGEST_TERM)
        one, other = seen[reference.name], seen[objective.name]
        matches = [
            match_plane(low, high, factor=factor, start=len(high) // 2)
            for (low,), high in zip(one.stacks, other.stacks, strict=True)
        ]
        measured[objective.name] = _against(first, one, other, matches, objective.name)
        good = [m.registration.residual_px for m in matches if m.registration.accepted]
        residuals[f"register_{objective.name}_px"] = float(np.median(good))
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


def _against(first: StageFit, one: Seen, other: Seen, matches: Sequence[Match], name: str) -> ObjectiveCalibration:
    good = [index for index, match in enumerate(matches) if match.registration.accepted]
    if len(good) < FEWEST_PLACES:
        reasons = "; ".join(sorted({m.registration.reason for m in matches if not m.registration.accepted}))
        raise MeasurementError(
            f"only {len(good)} of {len(matches)} places register between {name} and the first objective ({reasons}): "
            "choose places with more tissue, and check that both are in focus"
        )
    matrices = [matches[index].registration.matrix for index in good]
    moves = np.subtract(other.positions_um, one.positions_um)[good]
    stage = stage_through_turret(matrices, first)
    return ObjectiveCalibration(
        stage_um_per_px=_rows(stage.matrix),
        pixel_um=stage.pixel_um,
        rotation_deg=stage.rotation_deg,
        parcentric_um=parcentric(
            matrices,
            first.matrix,
            low_shape=one.stacks[0][0].shape,
            high_shape=other.stacks[0][0].shape,
            stage_moves_um=moves,
        ),
        parfocal_um=parfocal(
            [one.z_um[index][0] for index in good], [matches[index].z_um(other.z_um[index]) for index in good]
        ),
    )


def _rows(matrix: NDArray[np.float64]) -> tuple[tuple[float, float], tuple[float, float]]:
    (a, b), (c, d) = matrix.tolist()
    return (a, b), (c, d)
