import numpy as np
import pytest

from calibration.errors import MeasurementError
from calibration.links import measure_links
from calibration.neighbours import neighbours

TILE = (160, 160)
PRIOR = np.array([(0, 0), (120, 0), (0, 120), (120, 120)], dtype=float)
TRUE = PRIOR + np.array([(0, 0), (4.3, -6.2), (-5.5, 3.1), (2.4, 1.8)])


@pytest.fixture(scope="module")
def tiles(tissue, view):
    return [view(tissue, (200 + x, 250 + y), TILE, seed=n) for n, (x, y) in enumerate(TRUE)]


def test_links_tell_where_tiles_lie_against_each_other(tiles):
    links = list(measure_links(enumerate(tiles), neighbours(PRIOR, TILE), search_px=20))
    assert {(link.one, link.other) for link in links} >= {(0, 1), (0, 2), (1, 3), (2, 3)}
    for link in links:
        assert link.shift_px == pytest.approx(TRUE[link.other] - TRUE[link.one], abs=0.05)


def test_the_order_in_which_tiles_come_by_does_not_matter(tiles):
    pairs = neighbours(PRIOR, TILE)
    forth = measure_links(enumerate(tiles), pairs, search_px=20)
    back = measure_links(reversed(list(enumerate(tiles))), pairs, search_px=20)
    assert sorted(forth, key=repr) == sorted(back, key=repr)


def test_a_link_is_there_as_soon_as_its_second_tile_is(tiles):
    seen = []
    stream = ((number, seen.append(number) or tile) for number, tile in enumerate(tiles))
    first = next(measure_links(stream, neighbours(PRIOR, TILE), search_px=20))
    assert (first.one, first.other) == (0, 1)
    assert seen == [0, 1]


def test_tiles_of_different_size_are_refused(tiles):
    stream = [(0, tiles[0]), (1, tiles[1][:-4])]
    with pytest.raises(MeasurementError, match="one size"):
        list(measure_links(stream, neighbours(PRIOR, TILE), search_px=20))
