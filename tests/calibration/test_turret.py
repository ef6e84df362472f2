import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.errors import MeasurementError
from calibration.interval import measured_mean
from calibration.record import Measured
from calibration.stage import StageFit
from calibration.turret import SEEMS_DEEPER_UM, SectionFocus, parcentric, parfocal, stage_through_turret

LOW, HIGH = (400, 512, 3), (480, 640, 3)
S_LOW = np.array([[-0.1849, 0.002], [0.002, 0.1849]])
S_HIGH = S_LOW @ np.array([[0.41, -0.004], [0.004, 0.41]])
PARCENTRIC = np.array([12.5, -7.25])


def centre(shape):
    return np.array([(shape[1] - 1) / 2, (shape[0] - 1) / 2])


def registration(p_low, p_high):
    """HIGH to LOW, from s = p_low + S_low u_low = p_high - parcentric + S_high u_high alone."""
    turn = np.linalg.solve(S_LOW, S_HIGH)
    origin = np.linalg.solve(S_LOW, np.asarray(p_high) - PARCENTRIC - np.asarray(p_low))
    return np.column_stack([turn, centre(LOW) + origin - turn @ centre(HIGH)])


def low_fit(half_um=0.0001):
    pixel_um = float(np.sqrt(abs(np.linalg.det(S_LOW))))
    return StageFit(
        matrix=S_LOW,
        pixel_um=Measured(value=pixel_um, interval95=(pixel_um - half_um, pixel_um + half_um)),
        rotation_deg=Measured(value=0.6, interval95=(0.5, 0.7)),
        residual_um_rms=0.2,
        inliers=np.ones(8, dtype=bool),
    )


def test_the_parcentric_offset_is_the_move_that_keeps_the_point_centred():
    found = parcentric([registration((0, 0), (0, 0))] * 3, S_LOW, low_shape=LOW, high_shape=HIGH)
    assert [m.value for m in found] == pytest.approx(PARCENTRIC)


def test_a_stage_that_did_not_come_back_exactly_is_allowed_for():
    low, high = [(0, 0), (100, 50), (20, 10)], [(0.4, -0.2), (99, 51), (32, 3)]
    matrices = [registration(*sites) for sites in zip(low, high, strict=True)]
    found = parcentric(matrices, S_LOW, low_shape=LOW, high_shape=HIGH, stage_moves_um=np.subtract(high, low))
    assert [m.value for m in found] == pytest.approx(PARCENTRIC)


def test_the_interval_of_the_parcentric_offset_is_the_scatter_between_sites():
    rng = np.random.default_rng(0)
    matrices = [registration((0, 0), rng.normal(0, 0.3, 2)) for _ in range(6)]
    for axis, found in enumerate(parcentric(matrices, S_LOW, low_shape=LOW, high_shape=HIGH)):
        low, high = found.interval95
        assert low < PARCENTRIC[axis] < high
        assert 0.1 < high - low < 1.5


def test_one_site_gives_no_parcentric_offset():
    with pytest.raises(MeasurementError, match="parcentric offset along x: 1 usable"):
        parcentric([registration((0, 0), (0, 0))], S_LOW, low_shape=LOW, high_shape=HIGH)


def test_moves_and_registrations_must_be_as_many():
    with pytest.raises(MeasurementError, match="one move for each"):
        parcentric([registration((0, 0), (0, 0))] * 2, S_LOW, low_shape=LOW, high_shape=HIGH, stage_moves_um=[(0, 0)])


def test_the_matrix_of_the_next_objective_follows_from_the_registration():
    found = stage_through_turret([registration((0, 0), (0, 0))] * 3, low_fit())
    np.testing.assert_allclose(found.matrix, S_HIGH)
    assert found.pixel_um.value == pytest.approx(np.sqrt(abs(np.linalg.det(S_HIGH))))


def test_the_next_objective_is_no_better_known_than_the_first():
    found = stage_through_turret([registration((0, 0), (0, 0))] * 3, low_fit(half_um=0.001))
    low, high = found.pixel_um.interval95
    assert (high - low) / found.pixel_um.value == pytest.approx(0.002 / low_fit().pixel_um.value, rel=1e-3)


@given(
    parfocal_um=st.floats(-10, 10),
    ratios=st.tuples(st.floats(1, 2), st.floats(1, 2)),
    toward=st.sampled_from([1, -1]),
    middles_um=st.lists(st.floats(-5, 5), min_size=2, max_size=6),
)
def test_the_parfocal_offset_holds_for_the_middle_though_it_seems_deeper(parfocal_um, ratios, toward, middles_um):
    deeper = [toward * SEEMS_DEEPER_UM / ratio for ratio in ratios]
    low = [SectionFocus(z_um=middle + deeper[0]) for middle in middles_um]
    high = [SectionFocus(z_um=middle + parfocal_um + deeper[1]) for middle in middles_um]
    found = parfocal(low, high, ratios=ratios, toward_slide=toward)
    assert found.value == pytest.approx(parfocal_um, abs=1e-6)
    assert found.interval95[0] <= parfocal_um + 1e-6
    assert found.interval95[1] >= parfocal_um - 1e-6


def test_what_drifts_between_the_two_objectives_is_taken_off():
    low = [SectionFocus(z_um=0.001 * time, time_s=time) for time in (0.0, 20.0)]
    high = [SectionFocus(z_um=2.5 + 0.001 * time, time_s=time) for time in (100.0, 130.0)]
    found = parfocal(low, high, ratios=(1.0, 1.0), toward_slide=1, drift_um_per_s=0.001)
    assert found.value == pytest.approx(2.5)


def test_foci_of_different_number_are_refused():
    one = SectionFocus(z_um=0.0)
    with pytest.raises(MeasurementError, match="2 foci through one objective and 1"):
        parfocal([one, one], [one], ratios=(1.0, 1.0), toward_slide=1)


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
