"""Gain, read noise and linearity from frames whose electrons are known."""

import numpy as np
import pytest

from calibration.errors import MeasurementError
from calibration.gain import ExposedPair, camera_noise

SIDE = 256
SHARES = (0.2, 0.35, 0.5, 0.65, 0.8)


def frame(share, rng, *, gain, read_e=10.0, white=255, black=0.0, flicker=0.0):
    shading = 1 - 0.1 * np.linspace(-1, 1, SIDE)[:, None, None] ** 2
    electrons = gain * white * share * shading * np.array([0.94, 1.0, 0.88]) * (1 + rng.normal(0, flicker))
    noisy = electrons + rng.normal(0, 1, (SIDE, SIDE, 3)) * np.sqrt(electrons + read_e**2)
    levels = np.clip(np.rint(noisy / gain + black), 0, white)
    return levels.astype(np.uint8 if white == 255 else np.uint16)


def pairs(rng, shares=SHARES, **camera):
    return [ExposedPair(exposure_ms=10 * s, one=frame(s, rng, **camera), other=frame(s, rng, **camera)) for s in shares]


@pytest.mark.parametrize(("gain", "white"), [(78.4, 255), (20.0, 255), (4.9, 4095)])
def test_the_gain_is_found_within_two_percent_and_by_its_interval(gain, white):
    rng = np.random.default_rng(0)
    found = camera_noise(pairs(rng, gain=gain, white=white, flicker=0.002), [], white_level=white)
    low, high = found.gain_e_per_level.interval95
    assert found.gain_e_per_level.value == pytest.approx(gain, rel=0.02)
    assert low <= gain <= high


def test_a_dark_level_is_taken_off():
    rng, black = np.random.default_rng(1), 8.0
    dark = [frame(0, rng, gain=20.0, black=black) for _ in range(2)]
    found = camera_noise(pairs(rng, gain=20.0, black=black), dark, white_level=255)
    assert found.gain_e_per_level.value == pytest.approx(20.0, rel=0.02)
    assert found.nonlinearity < 0.005


def test_the_read_noise_of_a_camera_of_many_bits_is_found():
    found = camera_noise(pairs(np.random.default_rng(2), gain=2.0, read_e=40.0, white=4095), [], white_level=4095)
    low, high = found.read_noise_e.interval95
    assert low <= 40 <= high
    assert high - low < 20


def test_a_camera_that_bends_is_told_by_its_linearity():
    rng = np.random.default_rng(3)
    bent = [
        ExposedPair(exposure_ms=10 * s, one=p.one, other=p.other) for s in SHARES for p in pairs(rng, [s**1.3], gain=20)
    ]
    assert camera_noise(bent, [], white_level=255).nonlinearity > 0.02


def test_overexposed_frames_are_refused():
    rng = np.random.default_rng(4)
    with pytest.raises(MeasurementError, match="two thirds of the white level"):
        camera_noise(pairs(rng, shares=(1.2, 1.5), gain=20.0), [], white_level=255)
