import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acquire.simulated.specimens.lattice import hashed, key_of, noise, strewn, uniform
from acquire.simulated.specimens.window import Window

far = st.integers(-(10**6), 10**6)


@given(far, far, st.integers(0, 40), st.integers(0, 40), st.sampled_from([0.2, 0.5, 3.0]))
@settings(deadline=None, max_examples=30)
def test_the_noise_of_a_part_is_that_part_of_the_noise(column, row, across, down, spacing_um):
    whole = Window(column=column, row=row, columns=64, rows=64, pitch_um=0.09)
    part = Window(column=column + across, row=row + down, columns=20, rows=24, pitch_um=0.09)
    seen = noise(whole, spacing_um, 3)[0, down : down + 24, across : across + 20]
    assert noise(part, spacing_um, 3)[0].tobytes() == seen.tobytes()


def test_noise_has_mean_zero_and_variance_one():
    values = noise(Window(column=-700, row=90, columns=1024, rows=1024, pitch_um=0.1), 0.5, 1)
    assert values.mean() == pytest.approx(0, abs=0.02)
    assert values.std() == pytest.approx(1, abs=0.02)


def test_noises_of_different_keys_have_nothing_in_common():
    one, other = noise(Window(column=0, row=0, columns=512, rows=512, pitch_um=0.1), 0.3, 1, 2)
    assert np.corrcoef(one.ravel(), other.ravel())[0, 1] == pytest.approx(0, abs=0.03)


def test_noise_holds_next_to_no_power_beyond_one_cycle_per_spacing():
    values = noise(Window(column=0, row=0, columns=512, rows=512, pitch_um=0.05), 0.5, 1)[0]
    windowed = values * np.hanning(512) * np.hanning(512)[:, None]
    power = np.abs(np.fft.rfft2(windowed)) ** 2
    frequency = np.hypot(np.fft.fftfreq(512, 0.05)[:, None], np.fft.rfftfreq(512, 0.05))
    assert power[frequency > 2.2].sum() / power.sum() < 1e-3


def test_draws_of_one_word_are_even_and_independent():
    words = hashed(np.arange(100)[:, None], np.arange(-100, 0))
    draws = np.stack([uniform(words, n).ravel() for n in range(3)])
    assert np.allclose(np.histogram(draws[0], bins=10, range=(-1, 1))[0], 1000, atol=150)
    assert np.allclose(np.corrcoef(draws), np.eye(3), atol=0.04)


def test_seeds_share_no_key():
    assert len({key_of(seed, number) for seed in range(5) for number in range(1009)}) == 5 * 1009


@given(st.integers(-500, 500), st.integers(-500, 500))
@settings(deadline=None, max_examples=20)
def test_what_is_strewn_over_a_window_is_strewn_over_a_larger_one_as_well(column, row):
    part = Window(column=column, row=row, columns=40, rows=30, pitch_um=1.0)
    places, draws = strewn(part, 7.0, 0.3, (1, 5))
    others, other_draws = strewn(part.grown(20.0), 7.0, 0.3, (1, 5))
    larger = {(*place, *draw) for place, draw in zip(others.tolist(), other_draws.tolist(), strict=True)}
    assert {(*place, *draw) for place, draw in zip(places.tolist(), draws.tolist(), strict=True)} <= larger


def test_one_place_is_strewn_in_each_square_that_a_window_touches():
    places, _ = strewn(Window(column=-10, row=3, columns=41, rows=20, pitch_um=1.0), 7.0, 0.45, (1, 5))
    squares = {tuple(square) for square in np.floor(places / 7.0).astype(int).tolist()}
    assert squares == {(column, row) for column in range(-2, 5) for row in range(4)}
    assert len(places) == len(squares)
