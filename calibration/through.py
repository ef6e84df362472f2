"""All objectives of a rig from what each saw at the same places: matrices, pixel sizes, offsets to the first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from calibration.arrivals import Arrivals
from calibration.errors import MeasurementError
from calibration.flatfield import Pixels
from calibration.interval import around, student_t
from calibration.optics import Objective
from calibration.record import Measured, ObjectiveCalibration
from calibration.register import Registration, register
from calibration.session import session_complaints
from calibration.transfer import focus_ratio
from calibration.turret import SectionFocus, parcentric, parfocal, stage_through_turret

FEWEST_PLACES = 2
"""One place gives no interval."""
SECONDS_PER_HOUR = 3600.0
LARGEST_TERM = 100
"""Ratios of magnifications are written as fractions with denominators up to this."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reference:
    """What the first objective saw.

    Parameters
    ----------
    arrivals : Arrivals
        Stage and camera.
    frames : tuple of ndarray of uint8 or uint16, shape (rows, columns, 3)
        Corrected, one of each site, in focus.
    places_um : ndarray, shape (sites, 2)
        Where the stage stood for each of them, from `Arrivals.places_um`.
    foci : tuple of SectionFocus
        Of each site.
    focus_drift_um_per_s : float
        How fast the focus of one site went away.
    """

    arrivals: Arrivals
    frames: tuple[Pixels, ...]
    places_um: NDArray[np.float64]
    foci: tuple[SectionFocus, ...]
    focus_drift_um_per_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seen:
    """What another objective saw at the same sites.

    Parameters
    ----------
    frames : tuple of ndarray of uint8 or uint16, shape (rows, columns, 3)
        Corrected, at the depth at which the first objective saw them; one for each arrival of the stage.
    sites : tuple of int
        Site of each of them.
    positions_um : tuple of (float, float)
        Stage positions of each as read back, all arrived at from lower x and y.
    foci : tuple of SectionFocus
        At the sites of those of the reference.
    """

    frames: tuple[Pixels, ...]
    sites: tuple[int, ...]
    positions_um: tuple[tuple[float, float], ...]
    foci: tuple[SectionFocus, ...]


def measure_objectives(
    objectives: Sequence[Objective], reference: Reference, seen: Mapping[str, Seen], *, toward_slide: int
) -> tuple[dict[str, ObjectiveCalibration], dict[str, float]]:
    """Measure every objective against the first.

    Parameters
    ----------
    objectives : sequence of Objective
        The first is the reference.
    reference : Reference
        What that saw.
    seen : mapping of str to Seen
        What each of the others saw, by name.
    toward_slide : {+1, -1}
        Sign of Z towards the slide.

    Returns
    -------
    (dict of str to ObjectiveCalibration, dict of str to float)
        By objective; and residuals by name with unit.

    Raises
    ------
    MeasurementError
        When fewer than two arrivals register.
    """
    check_order(objectives)
    first, *others = objectives
    stage = reference.arrivals.stage
    measured = {first.name: _of_reference(reference)}
    residuals = {"camera_stage_um": stage.residual_um_rms, "stage_noise_um": reference.arrivals.noise_um}
    residuals["focus_drift_um_per_h"] = SECONDS_PER_HOUR * reference.focus_drift_um_per_s
    for objective in others:
        factor = Fraction(objective.magnification / first.magnification).limit_denominator(LARGEST_TERM)
        other = seen[objective.name]
        found = [
            register(reference.frames[site], frame, factor=factor)
            for site, frame in zip(other.sites, other.frames, strict=True)
        ]
        good = _believed(found, objective.name)
        ratios = focus_ratio(first), focus_ratio(objective)
        measured[objective.name] = _against(reference, other, [(i, found[i]) for i in good], ratios, toward_slide)
        residuals[f"register_{objective.name}_px"] = float(np.median([found[i].residual_px for i in good]))
    return measured, residuals


def check_order(objectives: Sequence[Objective]) -> None:
    """Refuse a rig whose first objective is not the weakest, before anything is captured.

    Raises
    ------
    MeasurementError
        Naming those that are weaker.
    """
    reference, *others = objectives
    weaker = [o.name for o in others if o.magnification < reference.magnification]
    if weaker:
        raise MeasurementError(
            f"{weaker} magnify less than {reference.name}, which stands first in the rig file and is the reference of "
            "all offsets: name the weakest objective first"
        )


def _of_reference(reference: Reference) -> ObjectiveCalibration:
    nothing = Measured(value=0.0, interval95=(0.0, 0.0))
    stage = reference.arrivals.stage
    return ObjectiveCalibration(
        stage_um_per_px=_rows(stage.matrix),
        pixel_um=stage.pixel_um,
        rotation_deg=stage.rotation_deg,
        parcentric_um=(nothing, nothing),
        parfocal_um=nothing,
    )


def _believed(found: Sequence[Registration], name: str) -> list[int]:
    odd = session_complaints(found)
    good = [index for index, one in enumerate(found) if one.accepted and not odd[index]]
    if len(good) < FEWEST_PLACES:
        reasons = "; ".join(sorted({one.reason for one in found if not one.accepted}))
        raise MeasurementError(
            f"only {len(good)} of {len(found)} frames register between {name} and the first objective ({reasons}): "
            "choose places with more tissue, and check that both are in focus"
        )
    return good


def _against(
    reference: Reference,
    other: Seen,
    good: Sequence[tuple[int, Registration]],
    ratios: tuple[float, float],
    toward_slide: int,
) -> ObjectiveCalibration:
    matrices = [registration.matrix for _, registration in good]
    moves = [np.subtract(other.positions_um[index], reference.places_um[other.sites[index]]) for index, _ in good]
    stage = stage_through_turret(matrices, reference.arrivals.stage)
    x_um, y_um = parcentric(
        matrices,
        reference.arrivals.stage.matrix,
        low_shape=reference.frames[0].shape,
        high_shape=other.frames[0].shape,
        stage_moves_um=np.array(moves),
    )
    error_um = reference.arrivals.place_error_um
    return ObjectiveCalibration(
        stage_um_per_px=_rows(stage.matrix),
        pixel_um=stage.pixel_um,
        rotation_deg=stage.rotation_deg,
        parcentric_um=(_widened(x_um, error_um, len(good)), _widened(y_um, error_um, len(good))),
        parfocal_um=parfocal(
            reference.foci,
            other.foci,
            ratios=ratios,
            toward_slide=toward_slide,
            drift_um_per_s=reference.focus_drift_um_per_s,
        ),
    )


def _widened(measured: Measured, error_um: float, count: int) -> Measured:
    """Add the standard error of the origin of the reference's places, which all arrivals share."""
    half = (measured.interval95[1] - measured.interval95[0]) / 2
    return around(measured.value, float(np.hypot(half, student_t(count - 1) * error_um)))


def _rows(matrix: NDArray[np.float64]) -> tuple[tuple[float, float], tuple[float, float]]:
    (a, b), (c, d) = matrix.tolist()
    return (a, b), (c, d)
