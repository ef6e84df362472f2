"""What the elements of a target say of the lens together: bars drawn by a lens and pixels that are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import erf

from calibration.barcontrast import bar_contrast
from calibration.barmodel import learn_bars
from calibration.bars import Bars

SIDE_PX = 40
WITHIN = 5  # points along a pixel's side
PERIODS_PX = (5.6, 5.0, 4.45, 3.97, 3.54, 3.15, 2.81, 2.5)


def amplitude(bars, x, y, blur_px):
    """Of an incoherent or coherent Gaussian lens, 1 on bright ground."""
    place = ((x + 1j * y - bars.centre_px) / bars.across_px).real * bars.period_px
    edges = [(bar * bars.period_px + side * bars.period_px / 4, -side) for bar in (-1, 0, 1) for side in (-1, 1)]
    drawn = sum(0.5 * sign * erf((place - at) / (np.sqrt(2) * blur_px)) for at, sign in edges)
    return 1 - drawn if bars.dark else drawn


def element(period_px, phase, *, turn_rad=0.0, dark=True):
    return Bars(
        centre_px=complex(SIDE_PX / 2 + phase, SIDE_PX / 2), across_px=period_px * np.exp(1j * turn_rad), dark=dark
    )


def picture(elements, blur_px, power):
    """Elements side by side, each long enough for its ends not to matter, averaged over square pixels."""
    aside = (np.arange(WITHIN) + 0.5) / WITHIN - 0.5
    rows, columns = np.indices((SIDE_PX, SIDE_PX))
    cells, placed = [], []
    for number, bars in enumerate(elements):
        seen = [amplitude(bars, columns + u, rows + v, blur_px) ** power for u in aside for v in aside]
        cells.append(np.mean(seen, axis=0))
        placed.append(Bars(centre_px=bars.centre_px + number * SIDE_PX, across_px=bars.across_px, dark=bars.dark))
    return (1000 * np.hstack(cells)).astype(np.float32), placed


def true_contrast(bars, blur_px, power):
    """Of the light after lens and pixel, between the pixels' centres too."""
    fine = np.linspace(-1.25, 1.25, 501) * bars.period_px
    aside = (np.arange(25) + 0.5) / 25 - 0.5
    along = bars.across_px / bars.period_px
    points = bars.centre_px + fine[:, None] * along + aside  # not turned: only across counts
    light = (amplitude(bars, points.real, points.imag, blur_px) ** power).mean(axis=1)
    inner = np.abs(fine) <= 0.7 * bars.period_px
    high, low = (light[inner].max(), light.min()) if bars.dark else (light.max(), light[inner].min())
    return (high - low) / (high + low)


@settings(max_examples=15, deadline=None)
@given(
    phase=st.floats(-0.5, 0.5),
    blur_px=st.floats(0.5, 0.8),
    power=st.sampled_from([1, 2]),
    dark=st.booleans(),
)
def test_bars_along_the_pixels_are_read_as_the_lens_draws_them_in_either_kind_of_light(phase, blur_px, power, dark):
    plane, placed = picture([element(period, phase, dark=dark) for period in PERIODS_PX], blur_px, power)
    model = learn_bars(plane, placed)
    for bars in placed:
        wanted = true_contrast(bars, blur_px, power)
        assert bar_contrast(plane, bars, model) == pytest.approx(wanted, abs=0.02)


def test_where_the_target_has_no_bars_none_are_seen():
    plane, placed = picture([element(period, 0.2) for period in PERIODS_PX], 0.6, 2)
    plane[:, -SIDE_PX:] = 1000
    model = learn_bars(plane, placed)
    assert not model.knows(placed[-1], placed[-1].shown(plane))
    assert bar_contrast(plane, placed[-1], model) == 0
    assert bar_contrast(plane, placed[0], model) == pytest.approx(true_contrast(placed[0], 0.6, 2), abs=0.02)


@pytest.mark.parametrize("periods_px", [(), (5.0, 4.0), (12.0, 10.0, 9.0, 8.0, 7.0)])
def test_few_or_coarse_elements_say_too_little_of_the_lens(periods_px):
    plane, placed = picture([element(period, 0.1) for period in periods_px], 0.6, 2) if periods_px else (None, [])
    assert learn_bars(plane, placed) is None


def test_empty_ground_says_nothing_of_the_lens():
    plane, placed = picture([element(period, 0.1) for period in PERIODS_PX], 0.6, 2)
    assert learn_bars(np.full_like(plane, 900), placed) is None


def test_without_a_model_the_same_bars_err():
    """The model is needed: a curve through the pixels alone misses the limit."""
    plane, placed = picture([element(period, 0.25) for period in PERIODS_PX], 0.6, 2)
    errors = [bar_contrast(plane, bars) - true_contrast(bars, 0.6, 2) for bars in placed]
    assert np.abs(errors).max() > 0.03
