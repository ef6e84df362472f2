import cv2
import numpy as np
import pytest

from enhance.novelty import novel_fraction, ranges_of, tile_statistics
from tests.enhance.small_pairs import imaged, texture

SEEN = [imaged(texture(480, seed=seed), (5, 2), seed=seed) for seed in range(6)]
RANGES = ranges_of(tile_statistics(picture, white_level=255) for picture in SEEN)
UNSEEN = imaged(texture(960, seed=50), (5, 2), seed=50)


def test_a_picture_of_the_kind_trained_on_is_hardly_novel():
    assert novel_fraction(UNSEEN, RANGES, white_level=255) <= 0.2


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda p: 255 - p, id="inverted"),
        pytest.param(lambda p: p // 2, id="underexposed"),
        pytest.param(lambda p: cv2.GaussianBlur(p, (0, 0), 3), id="out of focus"),
        pytest.param(lambda p: np.ascontiguousarray(p[..., ::-1] // np.array([1, 2, 1], dtype=np.uint8)), id="stain"),
    ],
)
def test_a_picture_grossly_unlike_the_training_is_novel(change):
    assert novel_fraction(change(UNSEEN), RANGES, white_level=255) >= 0.9


def test_the_measure_goes_by_the_white_level_not_by_the_dtype():
    sixteen = UNSEEN.astype(np.uint16) * 16
    assert novel_fraction(sixteen, RANGES, white_level=255 * 16) == novel_fraction(UNSEEN, RANGES, white_level=255)


def test_a_model_without_ranges_gives_no_answer():
    assert novel_fraction(UNSEEN, {}, white_level=255) is None


@pytest.mark.parametrize("size", [(1, 1), (10, 200), (63, 64)])
def test_any_size_can_be_measured(size):
    statistics = tile_statistics(np.full((*size, 3), 100, dtype=np.uint8), white_level=255)
    assert np.isfinite(statistics).all()
