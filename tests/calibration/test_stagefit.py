import numpy as np
import pytest

from calibration.stagefit import CALIBRATED_STRAIN, FLOOR_PX, fit_stage_prior

STEP = 460.0


def grid(columns, rows):
    return np.array([(c * STEP, r * STEP) for r in range(rows) for c in range(columns)])


def steps(columns, rows):
    """Numbers of the tiles beside and below each other."""
    number = np.arange(columns * rows).reshape(rows, columns)
    beside = np.stack([number[:, :-1], number[:, 1:]], axis=-1).reshape(-1, 2)
    below = np.stack([number[:-1], number[1:]], axis=-1).reshape(-1, 2)
    return np.concatenate([beside, below])


def test_the_stage_s_scale_and_turn_are_found_among_false_overlaps():
    prior, ends, rng = grid(8, 8), steps(8, 8), np.random.default_rng(0)
    turn = 0.99 * np.array([[np.cos(0.012), -np.sin(0.012)], [np.sin(0.012), np.cos(0.012)]])
    true = prior @ turn.T + rng.normal(scale=2, size=prior.shape)
    shifts = true[ends[:, 1]] - true[ends[:, 0]]
    shifts[::6] += rng.uniform(-40, 40, shifts[::6].shape)
    found = fit_stage_prior(prior, ends, shifts)
    assert found.scale == pytest.approx(0.99, abs=0.003)
    assert found.rotation_deg == pytest.approx(np.rad2deg(0.012), abs=0.15)
    assert found.scatter_px == pytest.approx(2, rel=0.5)


def test_without_overlaps_the_stage_is_believed():
    found = fit_stage_prior(grid(2, 2), np.zeros((0, 2), int), np.zeros((0, 2)))
    np.testing.assert_array_equal(found.matrix, np.eye(2))
    assert found.scatter_px == FLOOR_PX


def test_a_direction_without_overlaps_is_not_corrected():
    prior, ends = grid(6, 1), steps(6, 1)
    found = fit_stage_prior(prior, ends, 1.01 * (prior[ends[:, 1]] - prior[ends[:, 0]]))
    assert found.matrix[0, 0] == pytest.approx(1.01, abs=1e-3)
    np.testing.assert_array_equal(found.matrix[:, 1], [0, 1])


@pytest.mark.parametrize("seed", range(10))
def test_the_stated_error_of_the_scale_holds(seed):
    prior, ends = grid(5, 5), steps(5, 5)
    true = prior + np.random.default_rng(seed).normal(scale=3, size=prior.shape)
    found = fit_stage_prior(prior, ends, true[ends[:, 1]] - true[ends[:, 0]])
    assert abs(found.scale - 1) < 3 * found.scale_sigma
    assert found.scale_sigma < 0.003


def test_few_overlaps_of_a_noisy_stage_do_not_outvote_a_calibration():
    prior, ends = grid(2, 2), steps(2, 2)
    true = prior + np.random.default_rng(1).normal(scale=4, size=prior.shape)
    shifts = true[ends[:, 1]] - true[ends[:, 0]]
    free, held = (fit_stage_prior(prior, ends, shifts, strain=strain) for strain in (0.02, CALIBRATED_STRAIN))
    assert abs(held.scale - 1) < 0.3 * abs(free.scale - 1)
