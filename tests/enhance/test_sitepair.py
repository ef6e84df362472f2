"""A label is as bright as its input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enhance.sitepair import lit_as

SIDE = 32
gains = st.tuples(*[st.floats(0.85, 1.15)] * 3)


def tissue(seed):
    return np.random.default_rng(seed).integers(60, 200, (SIDE, SIDE, 3), dtype=np.uint8)


@given(st.integers(0, 99), gains)
def test_a_lamp_that_was_brighter_for_one_of_both_leaves_no_trace(seed, gain):
    low = tissue(seed)
    lit = lit_as(low, np.rint(low * np.array(gain)).astype(np.uint8))
    assert np.abs(lit.mean((0, 1)) - low.mean((0, 1))).max() < 0.1
    assert np.abs(lit.astype(int) - low).max() <= 1


def test_equal_light_changes_nothing():
    low = tissue(1)
    np.testing.assert_array_equal(lit_as(low, low), low)


def test_the_two_may_differ_in_size_and_detail_keeps_its_place():
    low = np.full((4, 4, 3), 100, np.uint8)
    high = np.full((10, 10, 3), 80, np.uint8)
    high[3, 7] = 0
    lit = lit_as(low, high)
    assert lit.shape == high.shape
    assert (lit[3, 7] == 0).all()
    assert lit.mean() == pytest.approx(100, abs=0.5)


def test_a_black_label_stays_black():
    assert not lit_as(tissue(2), np.zeros((SIDE, SIDE, 3), np.uint8)).any()
