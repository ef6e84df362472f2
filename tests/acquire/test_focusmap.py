import json
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquire.focusmap import fit_surface, sound, spread, surface_from

SQUARE = [(0, 0), (1000, 0), (0, 1000), (1000, 1000)]
small = st.floats(-0.01, 0.01)


@given(z_um=st.floats(-50, 50), slope_x=small, slope_y=small)
def test_a_tilted_plane_is_found_back(z_um, slope_x, slope_y):
    surface = fit_surface([(x, y, z_um + slope_x * x + slope_y * y) for x, y in SQUARE])
    assert surface.at(300, 700) == pytest.approx(z_um + 300 * slope_x + 700 * slope_y, abs=1e-6)
    assert surface.residual_um == pytest.approx(0, abs=1e-6)


def test_sites_on_one_line_give_a_level_surface_at_their_mean():
    surface = fit_surface([(0, 0, 1.0), (100, 0, 2.0), (200, 0, 3.0)])
    assert surface.at(0, 0) == surface.at(200, 500) == 2.0


def test_a_tilt_that_no_cover_glass_has_is_not_believed():
    surface = fit_surface([(0, 0, 0.0), (10, 0, 5.0), (0, 10, 0.0), (10, 10, 5.0)])
    assert surface.at(0, 0) == surface.at(10, 10) == 2.5


def test_with_nodes_each_site_has_its_own_focus_and_others_that_of_the_nearest():
    points = [(x, y, float(z)) for z, (x, y) in enumerate(SQUARE)]
    surface = replace(fit_surface(points), nodes=tuple(points))
    assert [surface.at(x, y) for x, y in SQUARE] == [0.0, 1.0, 2.0, 3.0]
    assert surface.at(900, 100) == 1.0


@pytest.mark.parametrize("nodes", [(), ((1.0, 2.0, 3.0),)])
def test_a_surface_read_back_from_the_journal_is_the_same(nodes):
    surface = replace(fit_surface([(0, 0, 1.0), (100, 50, 2.0)]), nodes=nodes)
    assert surface_from(json.loads(json.dumps({"event": "focus", **asdict(surface)}))) == surface


def test_spread_sites_begin_with_the_corners():
    grid = [(x, y) for y in range(5) for x in range(5)]
    assert [grid[i] for i in spread(grid, 4)] == [(0, 0), (4, 0), (0, 4), (4, 4)]


def test_no_more_sites_are_chosen_than_there_are():
    assert spread([(0, 0), (5, 5)], 9) == [0, 1]


@given(
    wrong=st.integers(0, 8),
    off_um=st.floats(4, 40) | st.floats(-40, -4),
    slope_x=small,
    slope_y=small,
)
def test_a_point_far_from_the_plane_of_the_others_is_the_one_left_out(wrong, off_um, slope_x, slope_y):
    points = [(x * 500.0, y * 400.0, slope_x * x * 500 + slope_y * y * 400) for x in range(3) for y in range(3)]
    x, y, z = points[wrong]
    points[wrong] = (x, y, z + off_um)
    assert sound(points) == [number != wrong for number in range(9)]


@given(st.lists(st.tuples(st.floats(0, 1000), st.floats(0, 1000), st.floats(-50, 50)), max_size=4))
def test_too_few_points_to_tell_which_is_wrong_are_all_believed(points):
    assert all(sound(points))


def test_points_on_one_line_can_be_wrong_too():
    points = [(x * 100.0, 0.0, 0.001 * x * 100) for x in range(6)]
    points[2] = (200.0, 0.0, 9.0)
    assert sound(points) == [True, True, False, True, True, True]
