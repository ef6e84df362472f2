"""The complex wavelet transform: it loses nothing at any size, and its filters are those of the paper."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enhance.errors import ImageError
from enhance.wavelet import Pyramid, analyse, synthesise

SIDES = st.integers(min_value=1, max_value=70)


@settings(deadline=None)
@given(rows=SIDES, columns=SIDES, levels=st.integers(0, 6), seed=st.integers(0, 999))
def test_synthesis_undoes_analysis_at_any_size(rows, columns, levels, seed):
    picture = np.random.default_rng(seed).normal(size=(rows, columns))
    assert np.abs(synthesise(analyse(picture, levels)) - picture).max() <= 1e-12


@settings(deadline=None)
@given(rows=SIDES, columns=SIDES, levels=st.integers(1, 4), seed=st.integers(0, 999))
def test_synthesis_undoes_analysis_of_complex_pictures(rows, columns, levels, seed):
    rng = np.random.default_rng(seed)
    picture = rng.normal(size=(rows, columns)) + 1j * rng.normal(size=(rows, columns))
    assert np.abs(synthesise(analyse(picture, levels)) - picture).max() <= 1e-12


@settings(deadline=None)
@given(half_rows=st.integers(1, 20), half_columns=st.integers(1, 20), seed=st.integers(0, 999))
def test_one_level_of_an_even_picture_keeps_pixel_count_and_energy_inside(half_rows, half_columns, seed):
    picture = np.zeros((2 * half_rows + 12, 2 * half_columns + 12))
    picture[6:-6, 6:-6] = np.random.default_rng(seed).normal(size=(2 * half_rows, 2 * half_columns))
    pyramid = analyse(picture, 1)
    energy = (np.abs(pyramid.rest) ** 2).sum() + (np.abs(pyramid.details[0]) ** 2).sum()
    assert pyramid.rest.size + pyramid.details[0].size == picture.size
    assert energy == pytest.approx((picture**2).sum(), rel=1e-12)


def test_the_response_to_one_pixel_is_the_paper_s_filter():
    picture = np.zeros((16, 16))
    picture[8, :] = 1.0
    root15 = 15**0.5
    taps = 2**0.5 / 64 * np.array([-3 - 1j * root15, 5 - 1j * root15, 30 + 2j * root15])
    low = analyse(picture, 1).rest[3:6, 4] / 2**0.5
    assert np.allclose(low, np.conj([taps[1], taps[2], taps[0]]))


def test_a_constant_picture_has_no_detail():
    pyramid = analyse(np.full((21, 34), 7.0), 3)
    assert max(np.abs(detail).max() for detail in pyramid.details) < 1e-12


def test_a_stack_gives_what_its_planes_give():
    stack = np.random.default_rng(0).normal(size=(3, 17, 22))
    together = analyse(stack, 2)
    alone = [analyse(plane, 2) for plane in stack]
    assert np.array_equal(together.rest, np.stack([pyramid.rest for pyramid in alone]))
    assert np.array_equal(together.details[1], np.stack([pyramid.details[1] for pyramid in alone]))


def test_single_precision_stays_single_and_close():
    picture = np.random.default_rng(1).normal(size=(65, 47)).astype(np.float32)
    back = synthesise(analyse(picture, 4))
    assert back.dtype == np.complex64
    assert np.abs(back - picture).max() < 1e-5


def test_changed_coefficients_are_put_together():
    pyramid = analyse(np.zeros((8, 8)), 1)
    changed = Pyramid(details=pyramid.details, rest=pyramid.rest + 2.0, sizes=pyramid.sizes)
    assert np.allclose(synthesise(changed), 1.0)


@pytest.mark.parametrize(("shape", "levels"), [((5,), 1), ((0, 4), 1), ((4, 4), -1)])
def test_what_cannot_be_decomposed_is_refused_in_words(shape, levels):
    with pytest.raises(ImageError, match="wavelet transform"):
        analyse(np.zeros(shape), levels)
