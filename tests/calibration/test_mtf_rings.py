"""Fourier ring correlation: of pictures whose signal and noise are known ring by ring."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.errors import MeasurementError
from calibration.ringcorrelation import THRESHOLD, correlate_exposures

GAIN, FLOOR = 3000, 30000
SHAPE = (256, 300)


def exposures(strength, width, *, drift_px=(0.0, 0.0), seed=0, shape=SHAPE):
    """Two noisy pictures of one random field whose amplitude over the noise is strength * exp(-(f / width)²)."""
    rng = np.random.default_rng(seed)
    x, y = np.fft.rfftfreq(shape[1]), np.fft.fftfreq(shape[0])[:, None]
    field = np.fft.rfft2(rng.normal(size=shape)) * strength * np.exp(-((x**2 + y**2) / width**2))
    pictures = []
    for move_x, move_y in ((0.0, 0.0), drift_px):
        seen = np.fft.irfft2(field * np.exp(-2j * np.pi * (x * move_x + y * move_y)), s=shape)
        levels = np.rint(FLOOR + GAIN * (seen + rng.normal(size=shape)))
        pictures.append(np.repeat(np.clip(levels, 0, 65535).astype(np.uint16)[..., None], 3, axis=2))
    return pictures


def expected(frequency, strength, width):
    ratio = strength**2 * np.exp(-2 * (frequency / width) ** 2)
    return ratio / (1 + ratio)


def expected_cutoff(strength, width):
    return width * np.sqrt(0.5 * np.log(strength**2 * (1 / THRESHOLD - 1)))


@settings(max_examples=12)
@given(strength=st.floats(3.0, 10.0), width=st.floats(0.09, 0.15), seed=st.integers(0, 99))
def test_rings_correlate_by_signal_over_signal_and_noise(strength, width, seed):
    rings = correlate_exposures(*exposures(strength, width, seed=seed))
    wanted = expected(rings.frequency_cycles_per_px, strength, width)
    assert np.sqrt(np.mean((rings.frc - wanted) ** 2)) < 0.04
    assert rings.cutoff_cycles_per_px == pytest.approx(expected_cutoff(strength, width), rel=0.08)


def test_a_drift_between_the_exposures_is_found_and_undone():
    rings = correlate_exposures(*exposures(6.0, 0.12, drift_px=(1.3, -2.6)))
    assert rings.drift_px == pytest.approx((1.3, -2.6), abs=0.1)
    assert rings.cutoff_cycles_per_px == pytest.approx(expected_cutoff(6.0, 0.12), rel=0.08)


def test_the_order_of_the_exposures_does_not_matter():
    one, other = exposures(6.0, 0.12)
    forth, back = correlate_exposures(one, other), correlate_exposures(other, one)
    assert back.frc == pytest.approx(forth.frc, abs=0.02)


def test_exposures_without_noise_have_no_limit_but_the_pixels():
    one, _ = exposures(6.0, 0.12)
    other = one.copy()
    other[0, 0] += 1
    assert correlate_exposures(one, other).cutoff_cycles_per_px is None


def blank():
    return np.full((*SHAPE, 3), 400, np.uint16)


@pytest.mark.parametrize(
    ("one", "other", "says"),
    [
        (exposures(6.0, 0.1)[0], exposures(6.0, 0.1)[0], "one and the same"),
        (exposures(6.0, 0.1)[0], exposures(6.0, 0.1)[0][1:], "of one size"),
        (exposures(6.0, 0.1)[0], exposures(6.0, 0.1, seed=5)[0], "one field"),
        (exposures(6.0, 0.1)[0], np.rot90(exposures(6.0, 0.1)[1], 2), "one field"),
        (blank(), exposures(6.0, 0.1)[0], "blank"),
        (exposures(6.0, 0.1, shape=(40, 40))[0], exposures(6.0, 0.1, shape=(40, 40))[1], "at least 64 px"),
    ],
)
def test_what_are_no_two_exposures_of_a_field_is_refused_in_words(one, other, says):
    with pytest.raises(MeasurementError, match=says):
        correlate_exposures(one, other)
