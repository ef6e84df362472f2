from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.affine import apply, invert, scaling
from calibration.bandwidth import as_ratio, blur, decimate, green, high_pass
from calibration.errors import MeasurementError

ratios = st.fractions(min_value=1, max_value=5, max_denominator=12)


@settings(max_examples=50)
@given(ratios)
def test_decimate_puts_every_coarse_pixel_where_the_convention_says(ratio):
    fine = np.tile(np.arange(90, dtype=np.float32), (60, 1)) + 2 * np.arange(60, dtype=np.float32)[:, None]
    coarse = decimate(fine, ratio, sigma_px=0)
    rows, columns = coarse.shape
    x, y = np.meshgrid(np.arange(columns), np.arange(rows))
    lies = apply(invert(scaling(float(ratio))), np.stack([x, y], axis=-1))
    inner = np.s_[1:-1, 1:-1]
    np.testing.assert_allclose(coarse[inner], (lies[..., 0] + 2 * lies[..., 1])[inner], atol=1e-3)


@settings(max_examples=50)
@given(ratios, st.integers(10, 60), st.integers(10, 60))
def test_decimate_keeps_whole_coarse_pixels_only(ratio, rows, columns):
    coarse = decimate(np.ones((rows, columns), dtype=np.float32), ratio)
    assert coarse.shape == (int(rows / ratio), int(columns / ratio))
    np.testing.assert_allclose(coarse, 1, atol=1e-5)


def test_decimate_by_one_without_blur_changes_nothing():
    fine = np.random.default_rng(0).random((20, 30), dtype=np.float32)
    np.testing.assert_array_equal(decimate(fine, 1, sigma_px=0), fine)


def test_decimate_lets_nothing_through_above_the_coarse_nyquist():
    stripes = np.tile(np.cos(2 * np.pi * 0.35 * np.arange(300)).astype(np.float32), (300, 1))
    assert np.abs(decimate(stripes, Fraction(5, 2))[5:-5, 5:-5]).max() < 0.02


def test_decimate_refuses_a_picture_smaller_than_a_coarse_pixel():
    with pytest.raises(MeasurementError, match="cannot be made 5/2 times coarser"):
        decimate(np.ones((2, 90), dtype=np.float32), 2.5)


@pytest.mark.parametrize("factor", [0.5, 0, -2, float("nan"), float("inf")])
def test_a_ratio_below_one_or_not_a_number_is_refused(factor):
    with pytest.raises(MeasurementError, match="at least 1"):
        as_ratio(factor)


@pytest.mark.parametrize(("factor", "ratio"), [(2.5, Fraction(5, 2)), (7 / 3, Fraction(7, 3)), (4, Fraction(4))])
def test_a_float_becomes_the_fraction_it_stands_for(factor, ratio):
    assert as_ratio(factor) == ratio


def test_high_pass_takes_out_even_light_and_keeps_fine_structure():
    fine = np.tile(np.cos(2 * np.pi * np.arange(240) / 5).astype(np.float32), (240, 1))
    plane = fine + 100
    np.testing.assert_allclose(high_pass(plane)[20:-20, 20:-20], fine[20:-20, 20:-20], atol=0.01)


def test_blur_of_nothing_is_the_picture_itself():
    plane = np.ones((5, 5), dtype=np.float32)
    assert blur(plane, sigma_px=0) is plane


@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 4), (2, 8, 8, 3)])
def test_green_refuses_what_is_no_colour_picture(shape):
    with pytest.raises(MeasurementError, match=r"give uint8 or uint16 of shape"):
        green(np.zeros(shape, dtype=np.uint8))


def test_green_refuses_floats():
    with pytest.raises(MeasurementError, match="float64"):
        green(np.zeros((8, 8, 3)))
