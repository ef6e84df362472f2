import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gui.pyramid import build_pyramid


def test_pixels_are_in_the_order_of_the_screen():
    pixels = np.full((4, 4, 3), (10, 20, 30), np.uint8)
    (level,) = build_pyramid(pixels, white_level=255).levels
    assert level[0, 0].tolist() == [30, 20, 10, 255]


def test_twelve_bit_white_is_white_on_the_screen():
    pixels = np.full((4, 4, 3), (4095, 2048, 0), np.uint16)
    (level,) = build_pyramid(pixels, white_level=4095).levels
    assert level[0, 0].tolist() == [0, 128, 255, 255]


def test_pixels_that_may_not_be_written_are_read():
    pixels = np.zeros((200, 200, 3), np.uint8)
    pixels.setflags(write=False)
    assert build_pyramid(pixels, white_level=255).rows == 200


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 700), st.integers(1, 700))
def test_each_level_is_half_the_one_before_rounded_up(rows, columns):
    levels = build_pyramid(np.zeros((rows, columns, 3), np.uint8), white_level=255).levels
    for number, level in enumerate(levels):
        assert level.shape == (-(-rows // 2**number), -(-columns // 2**number), 4)
        assert level.flags.c_contiguous


def test_smaller_levels_are_area_averages():
    pixels = np.random.default_rng(1).integers(0, 256, (512, 512, 3), np.uint8)
    levels = build_pyramid(pixels, white_level=255).levels
    averaged = pixels[..., ::-1].reshape(128, 4, 128, 4, 3).mean((1, 3))
    assert np.abs(levels[2][..., :3] - averaged).max() <= 1.5
    assert levels[-1].mean() == pytest.approx(levels[0].mean(), abs=0.6)
