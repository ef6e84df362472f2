"""Compare the registrations of one session with each other: one rig gives one transform, whatever the site."""

from collections.abc import Sequence

import numpy as np

from calibration.affine import Matrix
from calibration.gates import departure
from calibration.register import Registration

ENERGY_RATIO = (0.9, 1.15)
"""Energy of LOW over HIGH, relative to the median of the session: outside, the site was out of focus."""

ROTATION_DEG = 0.5
SCALE = 0.01
"""Departures from the median transform: the turret and the camera do not turn between sites."""

FEWEST = 3
"""Accepted registrations below which there is no median to compare with."""


def session_complaints(registrations: Sequence[Registration]) -> tuple[str, ...]:
    """Return why each registration does not fit its session, in one sentence; empty where it does.

    Medians are taken over the accepted ones; those not accepted, and all of a session with fewer than `FEWEST`
    accepted, are left without complaint.

    Parameters
    ----------
    registrations : sequence of Registration
        Of one pair of objectives, calibration and day.

    Returns
    -------
    tuple of str
        One for each registration, in their order.
    """
    accepted = [r for r in registrations if r.accepted]
    if len(accepted) < FEWEST:
        return ("",) * len(registrations)
    matrix = np.median([r.matrix for r in accepted], axis=0)
    energy = float(np.median([r.energy_ratio for r in accepted]))
    return tuple(_complaint(r, matrix, energy) if r.accepted else "" for r in registrations)


def _complaint(registration: Registration, matrix: Matrix, energy: float) -> str:
    rotation, (smallest, largest) = departure(registration.matrix, matrix)
    if abs(rotation) > ROTATION_DEG or smallest < 1 - SCALE or largest > 1 + SCALE:
        return (
            f"the transform departs from the session's median by {rotation:.2f}° and a scale of {smallest:.3f} to "
            f"{largest:.3f}, where {ROTATION_DEG}° and {SCALE:.0%} are believed: capture the site again"
        )
    low, high = ENERGY_RATIO
    relative = registration.energy_ratio / energy
    if not low <= relative <= high:
        return (
            f"LOW holds {relative:.2f} times the fine structure usual in this session relative to HIGH, where {low} to "
            f"{high} is believed: one of the two is out of focus, capture the site again"
        )
    return ""
