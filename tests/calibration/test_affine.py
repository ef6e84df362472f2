import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.affine import apply, compose, covered_bounds, invert, rms_difference, scaling, shifting

numbers = st.floats(-50, 50)


@st.composite
def maps(draw):
    angle, scale = draw(st.floats(-3.1, 3.1)), draw(st.floats(0.2, 5))
    mirror = draw(st.sampled_from([1, -1]))
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * [1, mirror]
    return np.column_stack([turn, [draw(numbers), draw(numbers)]])


points = st.lists(st.tuples(numbers, numbers), min_size=1, max_size=5).map(np.array)


@given(maps(), points)
def test_invert_undoes_a_map(matrix, given_points):
    np.testing.assert_allclose(apply(invert(matrix), apply(matrix, given_points)), given_points, atol=1e-9)


@given(maps(), maps(), points)
def test_compose_applies_the_first_then_the_second(second, first, given_points):
    np.testing.assert_allclose(
        apply(compose(second, first), given_points), apply(second, apply(first, given_points)), atol=1e-9
    )


@given(maps(), maps(), maps())
def test_compose_is_associative(one, two, three):
    np.testing.assert_allclose(compose(compose(one, two), three), compose(one, compose(two, three)), atol=1e-8)


@given(st.floats(1, 8), st.integers(1, 100))
def test_scaling_keeps_both_outer_edges(factor, coarse):
    edges = apply(scaling(factor), [[-0.5, -0.5], [coarse * factor - 0.5, -0.5]])
    np.testing.assert_allclose(edges, [[-0.5, -0.5], [coarse - 0.5, -0.5]], atol=1e-9)


@given(numbers, numbers)
def test_rms_difference_of_a_shift_is_its_length(x, y):
    assert rms_difference(shifting(x, y), shifting(0, 0), width=640, height=480) == pytest.approx(np.hypot(x, y))


@given(st.floats(-10, 10), st.sampled_from([0, 90, 180, 270]), st.floats(0.2, 5), numbers, numbers)
def test_every_corner_of_the_covered_rectangle_lies_inside_the_picture(turn_deg, upright_deg, scale, x, y):
    angle = np.deg2rad(turn_deg + upright_deg)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = np.column_stack([turn, [x, y]])
    left, top, right, bottom = covered_bounds(matrix, (300, 400, 3))
    back = apply(invert(matrix), [[left, top], [right, top], [left, bottom], [right, bottom]])
    assert left < right
    assert top < bottom
    assert (back >= -0.5 - 1e-6).all()
    assert (back <= np.array([399.5, 299.5]) + 1e-6).all()


def test_an_upright_picture_covers_its_whole_drawing():
    assert covered_bounds(shifting(3, -2), (10, 20)) == (2.5, -2.5, 22.5, 7.5)
