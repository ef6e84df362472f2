import numpy as np
import pytest

from enhance.fraction import moved_by_fraction


def wave(x, y):
    return 30000 + 12000 * np.sin(2 * np.pi * (0.22 * x + 0.13 * y))


@pytest.mark.parametrize("shift", [(0.3, -0.4), (0.5, 0.5), (-0.2, 0.0), (0.0, 0.45)])
def test_fine_structure_is_moved_without_losing_contrast(shift):
    y, x = np.mgrid[:60, :80].astype(float)
    picture = np.repeat(np.rint(wave(x, y))[..., None], 3, axis=2).astype(np.uint16)
    moved = moved_by_fraction(picture, *shift)
    assert moved.dtype == picture.dtype
    expected = wave(x - shift[0], y - shift[1])
    assert np.abs(moved[8:-8, 8:-8, 1] - expected[8:-8, 8:-8]).max() < 0.02 * 12000


def test_an_even_picture_stays_as_it_is():
    even = np.full((20, 20, 3), 213, np.uint8)
    np.testing.assert_array_equal(moved_by_fraction(even, 0.37, -0.21), even)


def test_a_picture_that_need_not_move_is_not_touched():
    picture = np.random.default_rng(0).integers(0, 256, (9, 9, 3)).astype(np.uint8)
    assert moved_by_fraction(picture, 0.001, -0.002) is picture
