import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.errors import MeasurementError
from calibration.interval import measured_mean
from calibration.record import Measured
from calibration.stage import StageFit
from calibration.turret import SectionFocus, parfocal, stage_through_turret

S_LOW = np.array([[-0.1849, 0.002], [0.002, 0.1849]])
S_HIGH = S_LOW @ np.array([[0.41, -0.004], [0.004, 0.41]])
REGISTRATION = np.column_stack([np.linalg.solve(S_LOW, S_HIGH), [140.0, 171.5]])
"""HIGH to LOW: both name one specimen point, S_low u_low = S_high u_high + a constant."""


def low_fit(half_um=0.0001):
    pixel_um = float(np.sqrt(abs(np.linalg.det(S_LOW))))
    return StageFit(
        matrix=S_LOW,
        pixel_um=Measured(value=pixel_um, interval95=(pixel_um - half_um, pixel_um + half_um)),
        rotation_deg=Measured(value=0.6, interval95=(0.5, 0.7)),
        residual_um_rms=0.2,
        inliers=np.ones(8, dtype=bool),
    )


def test_the_matrix_of_the_next_objective_follows_from_the_registration():
    found = stage_through_turret([REGISTRATION] * 3, low_fit())
    np.testing.assert_allclose(found.matrix, S_HIGH)
    assert found.pixel_um.value == pytest.approx(np.sqrt(abs(np.linalg.det(S_HIGH))))


def test_the_next_objective_is_no_better_known_than_the_first():
    found = stage_through_turret([REGISTRATION] * 3, low_fit(half_um=0.001))
    low, high = found.pixel_um.interval95
    assert (high - low) / found.pixel_um.value == pytest.approx(0.002 / low_fit().pixel_um.value, rel=1e-3)


@given(parfocal_um=st.floats(-10, 10), middles_um=st.lists(st.floats(-5, 5), min_size=2, max_size=6))
def test_the_parfocal_offset_is_what_carries_one_middle_to_the_other(parfocal_um, middles_um):
    low, high = ([SectionFocus(z_um=z + moved) for z in middles_um] for moved in (0.0, parfocal_um))
    assert parfocal(low, high).value == pytest.approx(parfocal_um, abs=1e-6)


def test_the_interval_of_the_parfocal_offset_is_the_scatter_between_sites():
    low, high = ([SectionFocus(z_um=z) for z in zs] for zs in ([0.0, 1.0, 2.0], [3.0, 4.1, 4.9]))
    half = 4.303 * 0.1 / np.sqrt(3)
    assert parfocal(low, high).interval95 == pytest.approx((3.0 - half, 3.0 + half), abs=1e-3)


def test_what_drifts_between_the_two_objectives_is_taken_off():
    low = [SectionFocus(z_um=0.001 * time, time_s=time) for time in (0.0, 20.0)]
    high = [SectionFocus(z_um=2.5 + 0.001 * time, time_s=time) for time in (100.0, 130.0)]
    found = parfocal(low, high, drift_um_per_s=0.001)
    assert found.value == pytest.approx(2.5)


def test_foci_of_different_number_are_refused():
    one = SectionFocus(z_um=0.0)
    with pytest.raises(MeasurementError, match="2 foci through one objective and 1"):
        parfocal([one, one], [one])


def test_no_registration_gives_no_matrix():
    with pytest.raises(MeasurementError, match="0 usable"):
        stage_through_turret([], low_fit())


def test_the_interval_of_a_mean_is_students():
    found = measured_mean([1.0, 2.0, 3.0], what="length")
    assert found.value == pytest.approx(2)
    assert found.interval95 == pytest.approx((2 - 4.303 / np.sqrt(3), 2 + 4.303 / np.sqrt(3)), abs=1e-3)


def test_one_gross_value_among_six_is_left_out():
    assert measured_mean([5.0, 5.1, 4.9, 5.05, 4.95, 40], what="length").value == pytest.approx(5.0, abs=0.01)


def test_equal_values_are_all_kept():
    assert measured_mean([2.0] * 6 + [3.0], what="length").value == pytest.approx(15 / 7)


def test_values_that_are_not_finite_are_not_counted():
    with pytest.raises(MeasurementError, match="length: 1 usable"):
        measured_mean([1.0, float("nan"), float("inf")], what="length")
