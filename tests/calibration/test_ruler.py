"""Pixel sizes by a drawn grating whose period is known, and what becomes of the ones by the stage."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from calibration.errors import MeasurementError
from calibration.grating import measure_grating
from calibration.record import Measured, ObjectiveCalibration
from calibration.ruler import Ruler, disagree, pixel_um_by, refined

SIDE = 256
LINE_SHARE = 0.15  # of the period, as on most micrometers
BLUR_PX = 2.0
WHITE = 220.0


def grating(period_px, turn_deg=0.0, *, shift_px=0.0, noise=0.0, shading=0.0, rng=None, lines=99):
    """Dark lines with blurred edges, uneven light over them if wanted."""
    y, x = np.indices((SIDE, SIDE)) - (SIDE - 1) / 2
    turn = np.deg2rad(turn_deg)
    along = x * np.cos(turn) + y * np.sin(turn) - shift_px
    number = np.rint(along / period_px)
    from_line = along - number * period_px
    half = LINE_SHARE * period_px / 2
    dark = 0.5 * (special.erf((from_line + half) / BLUR_PX) - special.erf((from_line - half) / BLUR_PX))
    plane = WHITE * (1 - 0.9 * dark * (np.abs(number) <= lines // 2)) * (1 + shading * x / SIDE)
    if rng is not None:
        plane = plane + rng.normal(0, noise, plane.shape)
    return plane.astype(np.float32)


def frame(plane):
    return np.clip(np.rint(np.stack([plane] * 3, axis=-1)), 0, 255).astype(np.uint8)


def measured(value, half):
    return Measured(value=value, interval95=(value - half, value + half))


def by_stage(pixel_um, half):
    nothing = measured(0.0, 0.0)
    return ObjectiveCalibration(
        stage_um_per_px=((0.0, -pixel_um), (pixel_um, 0.0)),
        pixel_um=measured(pixel_um, half),
        rotation_deg=nothing,
        parcentric_um=(nothing, nothing),
        parfocal_um=nothing,
    )


@settings(max_examples=25, deadline=None)
@given(st.floats(30, 75), st.floats(-90, 90), st.floats(-10, 10), st.integers(0, 99))
def test_a_period_is_found_to_a_ten_thousandth_at_any_angle_and_in_uneven_light(period, turn, shift, seed):
    plane = grating(period, turn, shift_px=shift, noise=1.5, shading=0.06, rng=np.random.default_rng(seed))
    found = measure_grating(plane, period * 1.02)
    assert found.period_px == pytest.approx(period, rel=2e-4)
    assert (found.angle_deg - turn + 90) % 180 - 90 == pytest.approx(0, abs=0.05)


def test_the_pitch_of_another_micrometer_is_refused():
    with pytest.raises(MeasurementError, match="--pitch-um"):
        measure_grating(grating(50.0), 41.0)


def test_two_lines_are_no_grating():
    with pytest.raises(MeasurementError, match=r"lines 50 px apart were found and 3 are needed"):
        measure_grating(grating(50.0, lines=1), 50.0)


def test_empty_glass_is_no_grating():
    rng = np.random.default_rng(0)
    with pytest.raises(MeasurementError):
        measure_grating(np.asarray(rng.normal(200, 1.5, (SIDE, SIDE)), np.float32), 50.0)


def test_the_interval_of_a_pixel_size_holds_the_truth_in_nine_of_ten():
    truth_um, held = 0.2, 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        frames = [frame(grating(10 / truth_um, 7, shift_px=rng.uniform(-9, 9), noise=1.5, rng=rng)) for _ in range(4)]
        found = pixel_um_by(Ruler(kind="micrometer"), frames, 0.203)
        held += found.interval95[0] <= truth_um <= found.interval95[1]
        assert found.value == pytest.approx(truth_um, rel=5e-4)
    assert held >= 9


def test_fewer_than_three_frames_give_no_interval():
    with pytest.raises(MeasurementError, match="2 of 2 frames show the micrometer and 3 are needed"):
        pixel_um_by(Ruler(kind="micrometer"), [frame(grating(50))] * 2, 0.2)


def test_a_frame_that_shows_too_little_of_the_ruler_is_passed_over():
    seen = [frame(grating(50, shift_px=shift)) for shift in (-7, 0, 5)]
    found = pixel_um_by(Ruler(kind="micrometer"), [*seen, frame(grating(50, lines=1))], 0.2)
    assert found == pixel_um_by(Ruler(kind="micrometer"), seen, 0.2)
    with pytest.raises(MeasurementError, match=r"2 of 3 frames show .*; 1 lines 50 px apart"):
        pixel_um_by(Ruler(kind="micrometer"), [*seen[:2], frame(grating(50, lines=1))], 0.2)


@pytest.mark.parametrize("pitch_um", [0.0, -10.0, float("nan")])
def test_a_pitch_that_is_none_is_refused(pitch_um):
    with pytest.raises(MeasurementError, match="above 0"):
        Ruler(kind="micrometer", pitch_um=pitch_um)


def test_a_ruler_that_agrees_gives_its_scale_to_the_stage_matrix_too():
    better = refined(by_stage(0.1850, 0.0002), measured(0.1851, 0.00002))
    assert better.pixel_um.value == 0.1851
    assert better.stage_um_per_px[1][0] == pytest.approx(0.1851)


def test_a_ruler_beyond_both_intervals_leaves_moves_in_the_um_of_the_stage():
    stage, ruler = by_stage(0.1850, 0.0001), measured(0.1860, 0.0001)
    assert disagree(stage.pixel_um, ruler)
    other = refined(stage, ruler)
    assert (other.pixel_um, other.stage_um_per_px) == (ruler, stage.stage_um_per_px)


@given(st.floats(0.1, 1), st.floats(0, 0.1), st.floats(0.1, 1), st.floats(0, 0.1))
def test_two_measurements_disagree_when_their_intervals_are_apart_whichever_comes_first(a, half_a, b, half_b):
    one, other = measured(a, half_a), measured(b, half_b)
    assert disagree(one, other) == disagree(other, one)
    assert not disagree(one, one)
