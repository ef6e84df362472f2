"""What is compared with an input is as bright as the input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enhance.lamp import lit_as, truth_of
from enhance.trainingset import open_training_set
from tests.enhance.small_pairs import write_pairs

SIDE = 32
gains = st.tuples(*[st.floats(0.85, 1.15)] * 3)


def tissue(seed):
    return np.random.default_rng(seed).integers(60, 200, (SIDE, SIDE, 3), dtype=np.uint8)


@given(st.integers(0, 99), gains)
def test_a_lamp_that_was_brighter_for_one_of_both_leaves_no_trace(seed, gain):
    low = tissue(seed)
    lit = lit_as(low, (low * np.array(gain)).astype(np.float32))
    np.testing.assert_array_equal(lit, low)


def test_equal_light_changes_nothing():
    low = tissue(1)
    np.testing.assert_array_equal(lit_as(low, low.astype(np.float32)), low)


def test_the_two_may_differ_in_size_and_detail_keeps_its_place():
    low = np.full((4, 4, 3), 100, np.uint8)
    high = np.full((10, 10, 3), 80, np.float32)
    high[3, 7] = 0
    lit = lit_as(low, high)
    assert lit.shape == high.shape
    assert (lit[3, 7] == 0).all()
    assert lit.mean() == pytest.approx(100, abs=0.5)


def test_a_factor_of_less_than_half_a_level_is_not_lost_by_rounding():
    rng = np.random.default_rng(1)
    scene = rng.uniform(60, 200, (64, 64, 3))
    low = np.rint(scene).astype(np.uint8)
    lit = lit_as(low, (0.997 * scene).astype(np.float32))
    assert np.abs(lit.mean((0, 1)) - low.mean((0, 1))).max() < 0.02


def test_a_black_label_stays_black():
    assert not lit_as(tissue(2), np.zeros((SIDE, SIDE, 3), np.float32)).any()


@pytest.mark.parametrize("kind", ["truth", "other"])
def test_a_truth_has_the_light_of_its_input_and_keeps_the_parts_of_a_level(kind, tmp_path):
    folder = write_pairs(tmp_path / "PAIRS", splits=("test",))
    stored = np.load(folder / "pairs" / f"slide0_s0_{kind}.npy").astype(np.float64)
    data = open_training_set(folder)
    low = np.array(data.picture(data.sites[0], "low"))
    lit = truth_of(data, data.sites[0], kind)
    np.testing.assert_allclose(lit, stored * (low.mean((0, 1)) / stored.mean((0, 1))), rtol=1e-5)
    assert np.abs(lit - np.rint(lit)).max() > 0.01


def test_a_truth_in_16_bits_is_the_same_in_levels_of_a_byte_and_finer(tmp_path):
    folder = write_pairs(tmp_path / "PAIRS", splits=("test",))
    data = open_training_set(folder)
    in_bytes = truth_of(data, data.sites[0])
    path = folder / "pairs" / "slide0_s0_truth.npy"
    levels = np.load(path).astype(np.uint16) * 257
    np.save(path, levels)
    np.testing.assert_allclose(truth_of(data, data.sites[0]), in_bytes, rtol=1e-5)
    levels[::2] += 128
    np.save(path, levels)
    finer = truth_of(data, data.sites[0])
    assert np.abs((finer[0] - finer[1]) - (in_bytes[0] - in_bytes[1])).max() > 0.4
