from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.affine import apply, invert, scaling, shifting
from calibration.errors import MeasurementError
from calibration.warp import Window, covered_window, warp_high_to_low_grid

HIGH, LOW = (512, 512), (358, 358)


def test_an_upright_pair_of_one_scale_is_only_cut(tissue, colour_of):
    high = colour_of(tissue)
    drawn = warp_high_to_low_grid(high, shifting(0, 0), low_shape=high.shape, factor=1, window=(10, 20, 300, 200))
    np.testing.assert_array_equal(drawn, high[10:310, 20:220])


def test_the_exact_grid_of_a_ratio_is_only_cut(tissue, colour_of):
    high = colour_of(tissue)[:500, :500]
    drawn = warp_high_to_low_grid(high, scaling(2.5), low_shape=(200, 200), factor=2.5, window=(4, 6, 100, 80))
    np.testing.assert_array_equal(drawn, high[10:260, 15:215])


def test_the_picture_drawn_is_what_the_specimen_shows_there(tissue, lay_centres, render_pair):
    turned = lay_centres(2.5, 0.7, 1.012, (5.3, -7.7), high=HIGH, low=LOW)
    upright = lay_centres(2.5, 0, 1, (0, 0), high=HIGH, low=LOW)
    _, seen = render_pair(tissue, 2.5, turned, high=HIGH, low=LOW, noise=0, high_sigma=1)
    _, truth = render_pair(tissue, 2.5, upright, high=HIGH, low=LOW, noise=0, high_sigma=1)
    window = Window(100, 100, 150, 150)
    one = warp_high_to_low_grid(seen, turned, low_shape=LOW, factor=2.5, window=window).astype(float)
    other = warp_high_to_low_grid(truth, upright, low_shape=LOW, factor=2.5, window=window).astype(float)
    assert one.shape == (375, 375, 3)
    assert np.sqrt(np.mean((one - other) ** 2)) < 1


@settings(max_examples=60)
@given(
    ratio=st.sampled_from([Fraction(5, 2), Fraction(7, 3), Fraction(2), Fraction(12, 5)]),
    rotation_deg=st.floats(-3, 3),
    scale=st.floats(0.97, 1.03),
    shift=st.tuples(st.floats(-150, 150), st.floats(-150, 150)),
)
def test_every_pixel_of_the_covered_window_lies_in_both_pictures(lay_centres, ratio, rotation_deg, scale, shift):
    matrix = lay_centres(float(ratio), rotation_deg, scale, shift, high=HIGH, low=LOW)
    window = covered_window(matrix, HIGH, LOW, ratio)
    step = np.lcm(2, ratio.denominator)
    assert all(side % step == 0 for side in window)
    assert window.row >= 0
    assert window.column >= 0
    assert window.row + window.rows <= LOW[0]
    assert window.column + window.columns <= LOW[1]
    left, top = window.column - 0.5, window.row - 0.5
    right, bottom = left + window.columns, top + window.rows
    corners = apply(invert(matrix), [[left, top], [right, top], [left, bottom], [right, bottom]])
    assert (corners >= -0.5).all()
    assert (corners <= np.array(HIGH[::-1]) - 0.5).all()


def test_the_covered_window_leaves_out_no_more_than_margin_and_alignment(lay_centres):
    matrix = lay_centres(2.5, 0, 1, (0, 0), high=(510, 510), low=LOW)
    window = covered_window(matrix, (510, 510), LOW, 2.5, margin_px=2)
    assert min(window.rows, window.columns) >= 204 - 2 * 2 - 2 * 2


def test_a_pair_without_common_area_is_refused(lay_centres):
    with pytest.raises(MeasurementError, match="covers no part"):
        covered_window(lay_centres(2.5, 0, 1, (600, 0), high=HIGH, low=LOW), HIGH, LOW, 2.5)


def test_a_window_outside_low_is_refused(tissue, colour_of):
    with pytest.raises(MeasurementError, match="outside LOW"):
        warp_high_to_low_grid(colour_of(tissue), scaling(2.5), low_shape=LOW, factor=2.5, window=(300, 0, 100, 100))


def test_a_window_that_is_no_whole_number_of_fine_pixels_is_refused(tissue, colour_of):
    with pytest.raises(MeasurementError, match="multiples of 2"):
        warp_high_to_low_grid(colour_of(tissue), scaling(2.5), low_shape=LOW, factor=2.5, window=(0, 0, 101, 100))
