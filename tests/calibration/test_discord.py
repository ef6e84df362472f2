import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.blocks import Residual
from calibration.discord import Discord

x, y = np.meshgrid(np.arange(24.0, 200, 24), np.arange(24.0, 200, 24))
CENTRES = np.column_stack([x.ravel(), y.ravel()])


def parts(shifts, centres=CENTRES):
    return Discord.of(Residual(centres_px=centres, shifts_px=shifts, step_px=24, textured_fraction=1.0))


@given(dx=st.floats(-2, 2), dy=st.floats(-2, 2), turn=st.floats(-0.01, 0.01), stretch=st.floats(-0.01, 0.01))
def test_an_affine_displacement_is_all_misplacement(dx, dy, turn, stretch):
    shifts = CENTRES @ np.array([[stretch, turn], [-turn, 0]]) + [dx, dy]
    found = parts(shifts)
    assert found.misplaced_px == pytest.approx(np.sqrt(np.mean(np.sum(shifts**2, axis=1))), abs=1e-6)
    assert found.bend_px == pytest.approx(0, abs=1e-6)
    assert found.scatter_px == pytest.approx(0, abs=1e-6)


def test_a_bump_is_a_bend():
    bump = np.exp(-np.sum((CENTRES - [96, 96]) ** 2, axis=1) / (2 * 35**2))
    found = parts(0.5 * bump[:, None] * [[0.6, 0.8]])
    assert 0.15 < found.bend_px < 0.5
    assert found.bend_px > 2.5 * found.scatter_px
    assert found.bend_px > found.misplaced_px


def test_blocks_that_disagree_with_their_neighbours_scatter():
    found = parts(np.random.default_rng(0).normal(0, 0.3, CENTRES.shape))
    assert 2.5 * found.scatter_px > found.bend_px
    assert found.scatter_px > 2 * found.misplaced_px


def test_one_block_wrong_by_pixels_is_no_misplacement():
    shifts = np.zeros_like(CENTRES)
    shifts[30] = [3, 0]
    assert parts(shifts).misplaced_px < 0.02


def test_a_block_alone_shows_no_bend():
    centres = np.vstack([CENTRES, [[1000.0, 1000.0]]])
    shifts = np.vstack([np.zeros_like(CENTRES), [[0.0, 0.5]]])
    assert parts(shifts, centres).bend_px < 0.1


def test_too_few_blocks_have_no_parts():
    assert np.isnan(parts(np.zeros((5, 2)), CENTRES[:5]).bend_px)
