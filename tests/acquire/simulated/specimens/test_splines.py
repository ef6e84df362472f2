import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquire.simulated.specimens.splines import cubic_weights, prefilter, spread
from acquire.simulated.specimens.window import Window


@given(st.floats(0, 1, exclude_max=True))
def test_the_weights_of_a_spline_sum_to_one_and_keep_a_straight_line(t):
    weights = np.array(cubic_weights(np.array(t)))
    assert weights.sum() == pytest.approx(1)
    assert weights @ [-1, 0, 1, 2] == pytest.approx(t)


def test_a_picture_that_is_filtered_beforehand_is_what_its_spline_shows():
    picture = np.random.default_rng(1).normal(size=32)
    coefficients = np.fft.irfft(np.fft.rfft(picture) * prefilter(np.fft.rfftfreq(32)))
    shown = (np.roll(coefficients, 1) + 4 * coefficients + np.roll(coefficients, -1)) / 6
    assert np.allclose(shown, picture)


def test_values_that_rise_evenly_are_joined_by_a_straight_slope():
    window = Window(column=70, row=-20, columns=50, rows=40, pitch_um=0.09)
    first = int(np.floor(window.x_um[0] / 0.5)) - 1
    last = int(np.floor(window.x_um[-1] / 0.5)) + 2
    down = int(np.floor(window.y_um[-1] / 0.5)) - int(np.floor(window.y_um[0] / 0.5)) + 4
    values = np.tile(0.5 * np.arange(first, last + 1), (down, 1))[None].astype(np.float32)
    assert np.allclose(spread(values, window, 0.5)[0], window.x_um, atol=1e-5)
