"""Stage, camera and play from arrivals from both sides."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.arrivals import estimate_arrivals
from calibration.errors import MeasurementError
from tests.calibration.test_stage import UPRIGHT, stage_matrix

PLAY_UM = np.array([2.3, 0.7])


def ring(count, radius_um=220.0):
    angle = 2 * np.pi * np.arange(count) / count
    return radius_um * np.column_stack([np.cos(angle), np.sin(angle)])


def arrivals(matrix, *, count=32, noise_um=0.0, rng=None):
    """What the stage reads, what the picture shows, and the side, of a ring travelled from both sides."""
    read = np.vstack([ring(count), ring(count)])
    above = np.arange(2 * count) >= count
    true = read + np.where(above[:, None], PLAY_UM / 2, -PLAY_UM / 2)
    if rng is not None:
        true = true + rng.normal(0, noise_um, true.shape)
    return read, -np.linalg.solve(matrix, (true - true[0]).T).T, above


@given(pixel_um=st.floats(0.05, 1), rotation_deg=st.floats(-40, 40), upright=st.sampled_from(UPRIGHT))
def test_exact_arrivals_give_the_exact_matrix_and_play_in_every_orientation(pixel_um, rotation_deg, upright):
    matrix = stage_matrix(pixel_um, rotation_deg, upright)
    found = estimate_arrivals(*arrivals(matrix))
    np.testing.assert_allclose(found.stage.matrix, matrix, rtol=1e-6, atol=1e-9)
    assert [axis.value for axis in found.backlash_um] == pytest.approx(PLAY_UM, abs=1e-6)


def test_places_are_where_the_stage_reads_when_nothing_scatters():
    read, content, above = arrivals(stage_matrix(0.185, 0.5, UPRIGHT[3]))
    places = estimate_arrivals(read, content, above).places_um
    np.testing.assert_allclose(places[~above], read[~above], atol=1e-6)


def test_the_intervals_hold_the_truth_and_the_errors_are_those_of_the_scatter():
    rng, matrix = np.random.default_rng(0), stage_matrix(0.185, 0.7, UPRIGHT[5])
    found = [estimate_arrivals(*arrivals(matrix, noise_um=0.3, rng=rng)) for _ in range(200)]
    truths = {"pixel": 0.185, "rotation": 0.7, "play": PLAY_UM[0]}
    measured = {
        "pixel": [one.stage.pixel_um for one in found],
        "rotation": [one.stage.rotation_deg for one in found],
        "play": [one.backlash_um[0] for one in found],
    }
    for name, values in measured.items():
        held = np.mean([m.interval95[0] <= truths[name] <= m.interval95[1] for m in values])
        assert 0.9 < held < 0.99, name
    assert np.std([m.value / 0.185 for m in measured["pixel"]]) < 3e-4
    assert np.mean([one.noise_um for one in found]) == pytest.approx(0.3, rel=0.03)


def test_arrivals_that_went_wrong_are_left_out():
    rng, matrix = np.random.default_rng(1), stage_matrix(0.185, 0.2, UPRIGHT[0])
    read, content, above = arrivals(matrix, noise_um=0.3, rng=rng)
    content[[3, 40]] += (60, -25)
    found = estimate_arrivals(read, content, above)
    assert list(np.flatnonzero(~found.stage.inliers)) == [3, 40]
    assert found.stage.pixel_um.value == pytest.approx(0.185, rel=1e-3)


def test_arrivals_without_a_picture_are_passed_over():
    read, content, above = arrivals(stage_matrix(0.185, 0.2, UPRIGHT[0]))
    content[5:20] = np.nan
    found = estimate_arrivals(read, content, above)
    assert found.stage.pixel_um.value == pytest.approx(0.185)
    assert np.isnan(found.places_um[5:20]).all()


def test_arrivals_from_one_side_tell_no_play():
    read, content, _ = arrivals(stage_matrix(0.185, 0.2, UPRIGHT[0]))
    assert estimate_arrivals(read[:32], content[:32], np.zeros(32, bool)).backlash_um is None


def test_too_few_arrivals_are_refused():
    read, content, above = arrivals(stage_matrix(0.185, 0.2, UPRIGHT[0]))
    content[7:] = np.nan
    with pytest.raises(MeasurementError, match="7 of 64 arrivals"):
        estimate_arrivals(read, content, above)


def test_pictures_that_contradict_the_stage_are_refused():
    read, _, above = arrivals(stage_matrix(0.185, 0.2, UPRIGHT[0]))
    content = np.random.default_rng(0).uniform(-900, 900, read.shape)
    with pytest.raises(MeasurementError, match="contradict"):
        estimate_arrivals(read, content, above)
