"""What every engine must do: an implementation's test inherits this class and gives the fixture `engine`."""

import numpy as np
import pytest

from enhance.errors import ImageError


class EngineContract:
    """The fixture `engine` is a ready engine of ratio 5/2."""

    @pytest.mark.parametrize("size", [(1, 1), (3, 40), (33, 20)])
    @pytest.mark.parametrize("passes", [1, 2])
    def test_any_size_comes_out_enlarged_in_its_own_dtype_whatever_the_passes(self, engine, size, passes):
        output = engine.enhance(picture(size), passes=passes)
        assert output.shape == (-(-5 * size[0] // 2), -(-5 * size[1] // 2), 3)
        assert output.dtype == np.uint8

    def test_growing_enlarges_twice(self, engine):
        assert engine.enhance(picture((5, 8)), passes=2, grow=True).shape == (33, 50, 3)

    def test_sixteen_bit_pictures_give_what_eight_bit_ones_give(self, engine):
        eight = picture((20, 24))
        sixteen = eight.astype(np.uint16) * 257
        output = engine.enhance(sixteen)
        assert output.dtype == np.uint16
        assert np.abs(output / 257 - engine.enhance(eight)).max() <= 0.51

    def test_twelve_bits_in_sixteen_give_the_same_picture_when_the_white_level_is_said(self, engine):
        twelve = np.random.default_rng(4).integers(0, 4096, (20, 24, 3), dtype=np.uint16)
        output = engine.enhance(twelve, white_level=4095)
        full = engine.enhance((twelve * 16.0037).round().astype(np.uint16), white_level=4095 * 16.0037)
        assert output.max() <= 4095
        assert np.abs(output - full / 16.0037).max() <= 1

    def test_the_input_is_left_as_it_was(self, engine):
        image = picture((12, 12))
        before = image.copy()
        image.setflags(write=False)
        engine.enhance(image)
        assert np.array_equal(image, before)

    def test_the_same_picture_gives_the_same_result_twice(self, engine):
        image = picture((30, 34))
        assert np.array_equal(engine.enhance(image), engine.enhance(image))

    @pytest.mark.parametrize(
        "wrong",
        [
            np.zeros((4, 4), dtype=np.uint8),
            np.zeros((4, 4, 4), dtype=np.uint8),
            np.zeros((4, 4, 3), dtype=np.float32),
            np.zeros((0, 4, 3), dtype=np.uint8),
        ],
    )
    def test_what_is_not_rgb_of_8_or_16_bits_is_refused(self, engine, wrong):
        with pytest.raises(ImageError, match="uint8 or uint16"):
            engine.enhance(wrong)

    def test_three_passes_are_refused(self, engine):
        with pytest.raises(ImageError, match="1 or 2"):
            engine.enhance(picture((4, 4)), passes=3)


def picture(size):
    return np.random.default_rng(3).integers(0, 256, (*size, 3), dtype=np.uint8)
