"""Stage, camera, play and turret from arrivals from both sides."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.arrivals import Visits, estimate_arrivals
from calibration.errors import MeasurementError
from tests.calibration.test_stage import UPRIGHT, stage_matrix

PLAY_UM = np.array([2.3, 0.7])
PARCENTRIC_UM = np.array([12.5, -7.25])
LENS = np.repeat([0, 1], [64, 32])
ABOVE = np.arange(LENS.size) % 2 == 1


def ring(count, radius_um=220.0):
    angle = 2 * np.pi * np.arange(count) / count
    return radius_um * np.column_stack([np.cos(angle), np.sin(angle)])


def arrivals(matrix, *, noise_um=0.0, rng=None):
    """A ring of 32 places seen from either side through one objective, and every second one through another."""
    read = np.vstack([np.repeat(ring(32), 2, axis=0), np.repeat(ring(32)[::2], 2, axis=0)])
    true = read + np.where(ABOVE[:, None], PLAY_UM / 2, -PLAY_UM / 2) - np.where(LENS[:, None], PARCENTRIC_UM, 0)
    if rng is not None:
        true = true + rng.normal(0, noise_um, true.shape)
    content = -np.linalg.solve(matrix, (true - true[0]).T).T
    return Visits(read_um=read, content_px=content, from_above=ABOVE, lens=LENS)


def chosen(visits, which):
    """Only some of the arrivals."""
    return Visits(**{name: getattr(visits, name)[which] for name in ("read_um", "content_px", "from_above", "lens")})


@given(pixel_um=st.floats(0.05, 1), rotation_deg=st.floats(-40, 40), upright=st.sampled_from(UPRIGHT))
def test_exact_arrivals_give_the_exact_matrix_and_play_in_every_orientation(pixel_um, rotation_deg, upright):
    matrix = stage_matrix(pixel_um, rotation_deg, upright)
    found = estimate_arrivals(arrivals(matrix))
    np.testing.assert_allclose(found.stage.matrix, matrix, rtol=1e-6, atol=1e-9)
    assert [axis.value for axis in found.backlash_um] == pytest.approx(PLAY_UM, abs=1e-6)
    assert [axis.value for axis in found.parcentric_um[0]] == pytest.approx(PARCENTRIC_UM, abs=1e-6)


def test_the_intervals_hold_the_truth_and_the_errors_are_those_of_the_scatter():
    rng, matrix = np.random.default_rng(0), stage_matrix(0.185, 0.7, UPRIGHT[5])
    found = [estimate_arrivals(arrivals(matrix, noise_um=0.3, rng=rng)) for _ in range(200)]
    truths = {"pixel": 0.185, "rotation": 0.7, "play": PLAY_UM[0], "parcentric": PARCENTRIC_UM[0]}
    measured = {
        "pixel": [one.stage.pixel_um for one in found],
        "rotation": [one.stage.rotation_deg for one in found],
        "play": [one.backlash_um[0] for one in found],
        "parcentric": [one.parcentric_um[0][0] for one in found],
    }
    for name, values in measured.items():
        held = np.mean([m.interval95[0] <= truths[name] <= m.interval95[1] for m in values])
        assert 0.9 < held < 0.99, name
    assert np.std([m.value / 0.185 for m in measured["pixel"]]) < 3e-4
    assert np.mean([one.noise_um for one in found]) == pytest.approx(0.3, rel=0.03)


def test_arrivals_through_another_objective_help_to_tell_the_play():
    rng, matrix = np.random.default_rng(2), stage_matrix(0.185, 0.7, UPRIGHT[2])
    visits = arrivals(matrix, noise_um=0.3, rng=rng)
    both, one = (estimate_arrivals(each).backlash_um[0].interval95 for each in (visits, chosen(visits, LENS == 0)))
    assert both[1] - both[0] < 0.9 * (one[1] - one[0])


def test_another_objective_that_always_comes_from_above_is_not_shifted_by_the_play():
    visits = arrivals(stage_matrix(0.185, 0.2, UPRIGHT[1]))
    found = estimate_arrivals(chosen(visits, (LENS == 0) | ABOVE))
    assert [axis.value for axis in found.parcentric_um[0]] == pytest.approx(PARCENTRIC_UM, abs=1e-6)


def test_two_series_are_joined_in_their_order():
    visits = arrivals(stage_matrix(0.185, 0.2, UPRIGHT[1]))
    joined = chosen(visits, LENS == 0) + chosen(visits, LENS == 1)
    for name in ("read_um", "content_px", "from_above", "lens"):
        np.testing.assert_array_equal(getattr(joined, name), getattr(visits, name))


def test_arrivals_that_went_wrong_are_left_out():
    rng, matrix = np.random.default_rng(1), stage_matrix(0.185, 0.2, UPRIGHT[0])
    visits = arrivals(matrix, noise_um=0.3, rng=rng)
    visits.content_px[[3, 40, 70]] += (60, -25)
    found = estimate_arrivals(visits)
    assert list(np.flatnonzero(~found.stage.inliers)) == [3, 40, 70]
    assert found.stage.pixel_um.value == pytest.approx(0.185, rel=1e-3)


def test_arrivals_without_a_picture_are_passed_over():
    visits = arrivals(stage_matrix(0.185, 0.2, UPRIGHT[0]))
    visits.content_px[5:20] = np.nan
    found = estimate_arrivals(visits)
    assert found.stage.pixel_um.value == pytest.approx(0.185)
    assert not found.stage.inliers[5:20].any()


def test_arrivals_from_one_side_tell_no_play():
    visits = chosen(arrivals(stage_matrix(0.185, 0.2, UPRIGHT[0])), ~ABOVE)
    assert estimate_arrivals(visits).backlash_um is None


def test_too_few_arrivals_through_the_first_objective_are_refused():
    visits = arrivals(stage_matrix(0.185, 0.2, UPRIGHT[0]))
    visits.content_px[7:64] = np.nan
    with pytest.raises(MeasurementError, match="7 of 64 arrivals"):
        estimate_arrivals(visits)


def test_pictures_that_contradict_the_stage_are_refused():
    visits = arrivals(stage_matrix(0.185, 0.2, UPRIGHT[0]))
    content = np.random.default_rng(0).uniform(-900, 900, visits.read_um.shape)
    with pytest.raises(MeasurementError, match="contradict"):
        estimate_arrivals(replace(visits, content_px=content))
