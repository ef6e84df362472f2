"""What a calibration expects of a pair unseen: where HIGH lies on LOW, and which plane shares LOW's focus."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from acquire.store import Stack
from calibration.affine import Matrix
from calibration.record import Calibration

Array = NDArray[Any]


def nearest_plane(low: Stack, high: Stack, calibration: Calibration | None) -> int:
    """Return the number of the plane of `high` nearest to the focus of `low`; the middle one without a calibration."""
    middle = len(high.z_um) // 2
    if calibration is None:
        return middle
    one, other = (calibration.objectives[stack.objective].parfocal_um.value for stack in (low, high))
    wanted_um = low.z_um[len(low.z_um) // 2] + other - one
    return int(np.argmin(np.abs(np.array(high.z_um) - wanted_um)))


def expected_transform(low: Stack, high: Stack, calibration: Calibration | None) -> Matrix | None:
    """Return where `high` lies on `low` by stage and calibration, from HIGH to LOW pixel points.

    The specimen point seen at pixel offset u from the centre of a frame taken at stage position p is p - c + S u, with
    the parcentric offset c and the matrix S of its objective; it is one point in both frames.

    Parameters
    ----------
    low, high : Stack
        Of one site.
    calibration : Calibration or None
        Without one nothing is expected.

    Returns
    -------
    ndarray of shape (2, 3), or None
    """
    if calibration is None:
        return None
    (linear_low, seen_low), (linear_high, seen_high) = (_pose(stack, calibration) for stack in (low, high))
    back = np.linalg.inv(linear_low)
    linear = back @ linear_high
    offset = back @ (seen_high - seen_low) + _centre(low.pixels[0]) - linear @ _centre(high.pixels[0])
    return np.column_stack([linear, offset])


def _pose(stack: Stack, calibration: Calibration) -> tuple[Matrix, Matrix]:
    """Matrix S of a stack's objective, and the specimen point at the centre of its frames."""
    measured = calibration.objectives[stack.objective]
    parcentric_um = np.array([axis.value for axis in measured.parcentric_um])
    return np.array(measured.stage_um_per_px), np.array([stack.position.x, stack.position.y]) - parcentric_um


def _centre(picture: Array) -> Matrix:
    return np.array([(picture.shape[1] - 1) / 2, (picture.shape[0] - 1) / 2])
