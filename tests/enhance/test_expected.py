"""What stage, offsets and focus say of a pair before its pictures are looked at."""

from dataclasses import replace

import numpy as np
import pytest

from calibration.affine import apply, rms_difference
from calibration.record import Measured
from enhance.expected import expected_transform, nearest_plane
from tests.enhance.small_run import SIDE_PX, capture, true_matrix


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return capture(tmp_path_factory.mktemp("run") / "a", "A", {"0001": 1})


def test_the_plane_nearest_the_low_focus_is_found_through_the_parfocal_offset(run):
    low, high = run.read("0001", "40x"), run.read("0001", "100x")
    moved = replace(low, z_um=(low.z_um[0] + 0.35,))
    assert nearest_plane(low, high, run.calibration) == 1
    assert nearest_plane(moved, high, run.calibration) == 2
    assert nearest_plane(moved, high, None) == 1


def test_the_expected_transform_follows_stage_parcentric_offset_and_camera(run):
    low, high = run.read("0001", "40x"), run.read("0001", "100x")
    turned = replace(
        run.calibration.objectives["100x"],
        stage_um_per_px=((0.0, -0.074), (0.074, 0.0)),
        parcentric_um=tuple(Measured(value=value, interval95=(value, value)) for value in (5.0, -3.0)),
    )
    calibration = replace(run.calibration, objectives={**run.calibration.objectives, "100x": turned})
    moved = replace(high, position=high.position._replace(x=high.position.x + 5.0 + 1.85))
    expected = expected_transform(low, moved, calibration)
    centre = np.full(2, (SIDE_PX - 1) / 2)
    right = np.array([10.0, 0.0])
    assert np.allclose(apply(expected, centre) - centre, [1.85 / 0.185, 3.0 / 0.185])
    assert np.allclose(apply(expected, centre + right) - apply(expected, centre), [0, 4])
    assert expected_transform(low, high, None) is None


def test_without_offsets_the_expected_transform_is_near_the_true_one(run):
    expected = expected_transform(run.read("0001", "40x"), run.read("0001", "100x"), run.calibration)
    assert rms_difference(expected, true_matrix(), width=SIDE_PX, height=SIDE_PX) < 4
