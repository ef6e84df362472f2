import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enhance.canvas import BLENDS, Canvas
from enhance.errors import ImageError

WORLD = np.random.default_rng(0).integers(0, 256, (200, 260, 3)).astype(np.uint8)
TILE = (64, 80)
EMPTY = 255


def cut(places):
    return [WORLD[y : y + TILE[0], x : x + TILE[1]] for x, y in places]


def whole(tiles, places, *, side_px=32, **options):
    """The mosaic in one piece."""
    canvas = Canvas(lambda number: tiles[number], places, TILE, empty=EMPTY, **options)
    rows, columns = canvas.shape
    across = -(-columns // side_px)
    blocks = list(canvas.blocks(tiles[0].dtype, side_px))
    bands = [np.concatenate(blocks[n : n + across], axis=1) for n in range(0, len(blocks), across)]
    joined = np.concatenate(bands)
    assert joined.shape == (rows, columns, 3)
    return joined


places = st.lists(st.tuples(st.integers(0, 180), st.integers(0, 136)), min_size=1, max_size=8)


@settings(max_examples=30)
@given(
    at=places, side_px=st.sampled_from([16, 50, 512]), blend=st.sampled_from(BLENDS), room=st.sampled_from([0, 10**9])
)
def test_tiles_cut_from_a_picture_at_whole_pixels_give_the_picture_back(at, side_px, blend, room):
    found = whole(cut(at), at, side_px=side_px, blend=blend, budget_bytes=room)
    left, top = np.min(at, axis=0)
    seen = np.zeros(WORLD.shape[:2], bool)
    for x, y in at:
        seen[y : y + TILE[0], x : x + TILE[1]] = True
    expected = np.where(seen[..., None], WORLD, EMPTY)
    np.testing.assert_array_equal(found, expected[top : top + len(found), left : left + found.shape[1]])


def test_two_tiles_of_different_light_pass_into_each_other_without_a_step():
    tiles = [np.full((*TILE, 3), level, np.uint8) for level in (100, 180)]
    row = whole(tiles, [(0, 0), (40, 0)], blend="feather")[30, :, 0].astype(int)
    assert (row[:40] == 100).all()
    assert (row[80:] == 180).all()
    steps = np.diff(row[39:81])
    assert (steps >= 0).all()
    assert steps.max() <= 3


def test_nearest_takes_each_pixel_from_one_tile_and_changes_in_the_middle_of_the_overlap():
    tiles = [np.full((*TILE, 3), level, np.uint8) for level in (100, 180)]
    row = whole(tiles, [(0, 0), (40, 0)], blend="nearest")[30, :, 0]
    assert set(row.tolist()) == {100, 180}
    assert np.flatnonzero(np.diff(row)).tolist() == [59]


def test_feather_places_tiles_to_a_fraction_of_a_pixel():
    y, x = np.mgrid[: TILE[0], : TILE[1]].astype(float)

    def seen(left, top):
        wave = 128 + 80 * np.sin(2 * np.pi * ((x + left) / 9 + (y + top) / 13))
        return np.repeat(np.rint(wave)[..., None], 3, axis=2).astype(np.uint8)

    at = [(0.0, 0.0), (40.4, 0.3)]
    found = whole([seen(*place) for place in at], at, blend="feather")
    wide = np.arange(found.shape[1])[None, :]
    expected = 128 + 80 * np.sin(2 * np.pi * (wide / 9 + np.arange(TILE[0])[:, None] / 13))
    assert np.abs(found[8:-8, 8:-8, 0] - expected[8:-8, 8:-8]).max() < 3


def test_sixteen_bits_stay_sixteen_bits():
    tiles = [np.full((*TILE, 3), 3000, np.uint16)] * 2
    found = whole(tiles, [(0, 0), (50, 3)])
    assert found.dtype == np.uint16
    assert set(np.unique(found)) == {EMPTY, 3000}


def test_a_tile_of_another_size_is_refused():
    tiles = [*cut([(0, 0)]), WORLD[:60, :80]]
    with pytest.raises(ImageError, match="tile 1 is 80×60 and the first 80×64"):
        whole(tiles, [(0, 0), (50, 0)])
