import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.errors import MeasurementError
from calibration.neighbours import SMALLEST_SIDE_PX, neighbours


def grid(columns, rows, step):
    return np.array([(c * step, r * step) for r in range(rows) for c in range(columns)], dtype=float)


def test_at_a_tenth_of_overlap_every_tile_meets_those_beside_above_and_below_it_and_no_diagonal_one():
    found = {(pair.one, pair.other) for pair in neighbours(grid(3, 3, 461), (512, 512, 3))}
    assert found == {(0, 1), (1, 2), (3, 4), (4, 5), (6, 7), (7, 8), (0, 3), (1, 4), (2, 5), (3, 6), (4, 7), (5, 8)}


@pytest.mark.parametrize(("shared", "count"), [(SMALLEST_SIDE_PX, 1), (SMALLEST_SIDE_PX - 1, 0), (-100, 0)])
def test_a_common_strip_must_be_wide_enough(shared, count):
    assert len(neighbours([(0, 0), (512 - shared, 0)], (512, 512))) == count


@given(dx=st.integers(-150, 150), dy=st.integers(-70, 70))
def test_the_two_windows_show_the_same_pixels_of_the_world(dx, dy):
    world = np.arange(500 * 700).reshape(500, 700)
    first, second = world[200:300, 250:450], world[200 + dy : 300 + dy, 250 + dx : 450 + dx]
    for pair in neighbours([(0, 0), (dx, dy)], first.shape):
        one, other = (tile[pair.window(number, tile.shape)] for number, tile in enumerate((first, second)))
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("places", [[], [(0, 0, 0)], [(0, np.nan)], [1, 2]])
def test_positions_that_are_no_points_are_refused(places):
    with pytest.raises(MeasurementError, match="one finite"):
        neighbours(places, (64, 64))
