"""All objectives of a rig from what each saw at the same places: matrices, pixel sizes, offsets to the first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from calibration.affine import apply
from calibration.arrivals import Arrivals, Visits, estimate_arrivals
from calibration.errors import MeasurementError
from calibration.flatfield import Pixels
from calibration.optics import Objective
from calibration.record import Measured, ObjectiveCalibration
from calibration.register import Registration, register
from calibration.session import session_complaints
from calibration.turret import SectionFocus, parfocal, stage_through_turret

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
    visits : Visits
        Arrivals of the stage, all through this objective.
    frames : tuple of ndarray of uint8 or uint16, shape (rows, columns, 3)
        Corrected, one of each site, in focus.
    at : tuple of int
        Which of the visits each of them shows.
    foci : tuple of SectionFocus
        Of each site.
    focus_drift_um_per_s : float
        How fast the focus of one site went away.
    """

    visits: Visits
    frames: tuple[Pixels, ...]
    at: tuple[int, ...]
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
        Stage positions of each as read back.
    from_above : tuple of bool
        Whether the stage came from higher x and y, of each.
    foci : tuple of SectionFocus
        At the sites of those of the reference.
    """

    frames: tuple[Pixels, ...]
    sites: tuple[int, ...]
    positions_um: tuple[tuple[float, float], ...]
    from_above: tuple[bool, ...]
    foci: tuple[SectionFocus, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Through:
    """All objectives of a rig, and the stage.

    Parameters
    ----------
    objectives : dict of str to ObjectiveCalibration
        By name.
    backlash_um : dict of str to Measured
        By axis, x and y; empty when all arrivals came from one side.
    residuals : dict of str to float
        By name with unit.
    """

    objectives: dict[str, ObjectiveCalibration]
    backlash_um: dict[str, Measured]
    residuals: dict[str, float]


def measure_objectives(objectives: Sequence[Objective], reference: Reference, seen: Mapping[str, Seen]) -> Through:
    """Measure every objective against the first.

    Parameters
    ----------
    objectives : sequence of Objective
        The first is the reference.
    reference : Reference
        What that saw.
    seen : mapping of str to Seen
        What each of the others saw, by name.

    Returns
    -------
    Through

    Raises
    ------
    MeasurementError
        When fewer than two arrivals register.
    """
    check_order(objectives)
    first, *others = objectives
    found = {one.name: _registered(one, first, reference, seen[one.name]) for one in others}
    visits = reference.visits
    for number, one in enumerate(others, start=1):
        visits += _visits(reference, seen[one.name], found[one.name], number)
    arrivals = estimate_arrivals(visits)
    measured = {first.name: _of_reference(arrivals)}
    for one, parcentric_um in zip(others, arrivals.parcentric_um, strict=True):
        matrices = [registration.matrix for registration in found[one.name].values()]
        measured[one.name] = _against(reference, seen[one.name], matrices, arrivals, parcentric_um)
    return Through(
        objectives=measured,
        backlash_um=dict(zip("xy", arrivals.backlash_um or (), strict=False)),
        residuals=_residuals(reference, arrivals, found),
    )


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


Found = dict[int, Registration]
"""Registrations that are believed, by the number of the frame."""


def _registered(objective: Objective, first: Objective, reference: Reference, other: Seen) -> Found:
    factor = Fraction(objective.magnification / first.magnification).limit_denominator(LARGEST_TERM)
    found = [
        register(reference.frames[site], frame, factor=factor)
        for site, frame in zip(other.sites, other.frames, strict=True)
    ]
    odd = session_complaints(found)
    good = {index: one for index, one in enumerate(found) if one.accepted and not odd[index]}
    if len(good) < FEWEST_PLACES:
        reasons = "; ".join(sorted({one.reason for one in found if not one.accepted}))
        raise MeasurementError(
            f"only {len(good)} of {len(found)} frames register between {objective.name} and the first objective "
            f"({reasons}): choose places with more tissue, and check that both are in focus"
        )
    return good


def _visits(reference: Reference, other: Seen, found: Found, lens: int) -> Visits:
    """Each frame as an arrival: what it shows at its centre lies at the offset u in the frame of its site."""
    low, high = (_centre(frames[0].shape) for frames in (reference.frames, other.frames))
    offsets = np.array([apply(one.matrix, high) - low for one in found.values()]).reshape(-1, 2)
    content = np.array([reference.visits.content_px[reference.at[other.sites[index]]] for index in found])
    return Visits(
        read_um=np.array([other.positions_um[index] for index in found]),
        content_px=content - offsets,
        from_above=np.array([other.from_above[index] for index in found]),
        lens=np.full(len(found), lens),
    )


def _of_reference(arrivals: Arrivals) -> ObjectiveCalibration:
    nothing = Measured(value=0.0, interval95=(0.0, 0.0))
    return ObjectiveCalibration(
        stage_um_per_px=_rows(arrivals.stage.matrix),
        pixel_um=arrivals.stage.pixel_um,
        rotation_deg=arrivals.stage.rotation_deg,
        parcentric_um=(nothing, nothing),
        parfocal_um=nothing,
    )


def _against(
    reference: Reference,
    other: Seen,
    matrices: Sequence[NDArray[np.float64]],
    arrivals: Arrivals,
    parcentric_um: tuple[Measured, Measured],
) -> ObjectiveCalibration:
    stage = stage_through_turret(matrices, arrivals.stage)
    return ObjectiveCalibration(
        stage_um_per_px=_rows(stage.matrix),
        pixel_um=stage.pixel_um,
        rotation_deg=stage.rotation_deg,
        parcentric_um=parcentric_um,
        parfocal_um=parfocal(reference.foci, other.foci, drift_um_per_s=reference.focus_drift_um_per_s),
    )


def _residuals(reference: Reference, arrivals: Arrivals, found: Mapping[str, Found]) -> dict[str, float]:
    apart_px = {f"register_{name}_px": [one.residual_px for one in each.values()] for name, each in found.items()}
    return {
        "camera_stage_um": arrivals.stage.residual_um_rms,
        "stage_noise_um": arrivals.noise_um,
        "focus_drift_um_per_h": SECONDS_PER_HOUR * reference.focus_drift_um_per_s,
    } | {name: float(np.median(each)) for name, each in apart_px.items()}


def _centre(shape: tuple[int, ...]) -> NDArray[np.float64]:
    return np.array([(shape[1] - 1) / 2, (shape[0] - 1) / 2])


def _rows(matrix: NDArray[np.float64]) -> tuple[tuple[float, float], tuple[float, float]]:
    (a, b), (c, d) = matrix.tolist()
    return (a, b), (c, d)
