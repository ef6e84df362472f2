"""How long a stage rings, from shifts that are known; how well something returns; how steady a light is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.errors import MeasurementError
from calibration.flatfield import Correction
from calibration.lamp import light_change, relit
from calibration.scatter import scatter
from calibration.settling import AGREES_PX, settling

TIMES_MS = tuple(20.0 * number + 4 for number in range(30))


@given(st.floats(0.2, 5.0), st.floats(10.0, 60.0), st.floats(0, 2 * np.pi))
def test_a_stage_that_creeps_is_at_rest_with_the_first_frame_within_a_twentieth_of_a_pixel(start_px, decay_ms, turn):
    away = start_px * np.exp(-np.array(TIMES_MS) / decay_ms)
    shifts = [(px * np.cos(turn) + 1, px * np.sin(turn) - 2) for px in away]
    found = settling(TIMES_MS, shifts)
    expected = next(t for t, px in zip(TIMES_MS, away, strict=True) if px <= AGREES_PX)
    assert found.settle_ms == pytest.approx(expected, abs=21)
    assert found.at_once == (found.settle_ms == TIMES_MS[0])


def test_a_stage_that_rings_past_its_rest_is_not_at_rest_there():
    shifts = [(0.0, 0.0)] * 3 + [(0.3, 0.0)] + [(0.0, 0.0)] * 10
    assert settling(TIMES_MS[:14], shifts).settle_ms == TIMES_MS[4]


def test_a_stage_that_never_rests_is_told():
    shifts = [(0.1 * number, 0.0) for number in range(30)]
    with pytest.raises(MeasurementError, match="still moves"):
        settling(TIMES_MS, shifts)


def test_four_frames_do_not_tell():
    with pytest.raises(MeasurementError, match="give 5 or more"):
        settling(TIMES_MS[:4], [(0.0, 0.0)] * 4)


def test_the_interval_of_a_scatter_holds_the_truth_in_nine_of_ten():
    rng = np.random.default_rng(3)
    found = [scatter(rng.normal(0, 0.2, (5, 2)), what="returns") for _ in range(200)]
    held = np.mean([one.interval95[0] <= 0.2 <= one.interval95[1] for one in found])
    assert 0.91 <= held <= 0.99
    assert np.sqrt(np.mean([one.value**2 for one in found])) == pytest.approx(0.2, rel=0.05)


def test_two_returns_tell_no_scatter():
    with pytest.raises(MeasurementError, match="returns: 2 arrivals"):
        scatter([1.0, 2.0], what="returns")


@given(st.floats(-0.02, 0.02), st.floats(10, 250))
def test_a_light_that_changes_evenly_is_told_by_how_much(change, level):
    levels = tuple((t, level * (1 + change * (t - 10) / 10)) for t in np.linspace(0, 10, 21))
    assert light_change(levels, 5.0) == pytest.approx(change / 2, rel=0.02, abs=1e-6)


def test_too_few_levels_tell_nothing():
    assert np.isnan(light_change(((0.0, 1.0), (9.0, 1.0)), 5.0))
    assert np.isnan(light_change((), 5.0))


@given(st.floats(0.9, 1.1))
def test_a_relit_flat_field_is_so_much_higher_above_the_dark(share):
    dark = np.full((3, 4, 3), 0.02, np.float32)
    before = Correction(dark=dark, flat=np.full((3, 4, 3), 0.8, np.float32))
    after = relit(before, share)
    np.testing.assert_allclose(after.flat - dark, share * (before.flat - dark), rtol=1e-5)
    np.testing.assert_array_equal(after.dark, dark)
