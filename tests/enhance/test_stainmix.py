import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.flatfield import GLASS_LEVEL
from enhance.stainmix import draw_mixture, mixed

PICTURE = np.random.default_rng(0).integers(20, 240, (6, 7, 3), dtype=np.uint8)


def test_the_identity_changes_nothing():
    assert np.array_equal(mixed(PICTURE, np.eye(3), white_level=255, corrected=True), PICTURE)


@given(seed=st.integers(0, 1000), corrected=st.booleans())
def test_empty_glass_stays_empty_glass_whatever_the_mixture(seed, corrected):
    level = round(255 * (GLASS_LEVEL if corrected else 1.0))
    glass = np.full((2, 2, 3), level, dtype=np.uint8)
    mixture = draw_mixture(np.random.default_rng(seed))
    found = mixed(glass, mixture, white_level=255, corrected=corrected).astype(int)
    assert np.abs(found - level).max() <= 1


def test_a_mixture_that_swaps_two_colours_swaps_their_values():
    swap = np.array([[0.0, 1, 0], [1, 0, 0], [0, 0, 1]])
    assert np.array_equal(mixed(PICTURE, swap, white_level=255, corrected=True), PICTURE[..., [1, 0, 2]])


def test_doubled_density_squares_the_transmission():
    grey = np.full((1, 1, 3), 100, dtype=np.uint8)
    found = mixed(grey, 2 * np.eye(3), white_level=200, corrected=False)
    assert found.ravel().tolist() == [50, 50, 50]


def test_what_would_be_brighter_than_white_is_white():
    found = mixed(np.full((1, 1, 3), 255, dtype=np.uint8), 3 * np.eye(3), white_level=255, corrected=True)
    assert found.max() == 255


def test_mixtures_lie_about_the_identity():
    rng = np.random.default_rng(2)
    drawn = np.array([draw_mixture(rng) for _ in range(2000)])
    assert np.abs(drawn.mean(axis=0) - np.eye(3)).max() < 0.02
    assert drawn.std(axis=0) == pytest.approx(np.full((3, 3), 0.15), rel=0.1)
