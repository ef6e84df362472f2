import numpy as np
import pytest

from enhance.shelf import AT_HAND, Shelf

HEIGHT, WIDTH, COUNT = 40, 10, 9
TOPS = [0, 0, 0, 33, 35, 31, 70, 68, 71]


@pytest.fixture
def library():
    """Tiles, and a list of those that were read."""
    read = []
    tiles = np.random.default_rng(0).integers(0, 256, (COUNT, HEIGHT, WIDTH, 3)).astype(np.uint8)
    return tiles, read, lambda number: read.append(number) or tiles[number]


def drawn(shelf, tiles, side=16):
    """Ask for every row of every tile, from the top down, and compare it."""
    for top in range(0, max(TOPS) + HEIGHT, side):
        shelf.begin_band(top)
        for _ in range(2):
            for number, begin in enumerate(TOPS):
                first, last = max(top, begin), min(top + side, begin + HEIGHT)
                if first < last:
                    lines = shelf.rows(number, first, last)
                    np.testing.assert_array_equal(lines, tiles[number][first - begin : last - begin])


def test_where_there_is_room_every_tile_is_read_once(library):
    tiles, read, reader = library
    drawn(Shelf(reader, TOPS), tiles)
    assert sorted(read) == list(range(COUNT))


@pytest.mark.parametrize("room", [0, 1, 2, 5])
def test_where_there_is_little_room_the_rows_are_the_same(library, room):
    tiles, read, reader = library
    drawn(Shelf(reader, TOPS, budget_bytes=room * tiles[0].nbytes), tiles)
    assert len(read) >= COUNT


def test_no_more_is_held_than_the_budget_and_what_is_at_hand(library):
    tiles, _, reader = library
    shelf = Shelf(reader, [0] * COUNT, budget_bytes=2 * tiles[0].nbytes)
    shelf.begin_band(0)
    for number in range(COUNT):
        shelf.rows(number, 0, 16)
    assert len(shelf._kept) == 2
    assert len(shelf._at_hand) == AT_HAND


def test_what_lies_above_the_band_is_given_back(library):
    _, _, reader = library
    shelf = Shelf(reader, TOPS)
    shelf.begin_band(0)
    shelf.rows(0, 0, 16)
    shelf.begin_band(32)
    assert shelf._kept[0].shape[0] == HEIGHT - 32
    assert shelf._kept[0].base is None
    shelf.begin_band(48)
    assert not shelf._kept
