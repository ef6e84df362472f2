import numpy as np
import pytest

from acquire.simulated.detector import WHITE_LEVEL, brightness, develop, light_field
from acquire.simulated.faults import Sensor

SENSOR = Sensor(gains=(1.0, 1.0, 1.0))
FRAME = (200, 160)
WHOLE = (0, 0, 200, 160)


def even(level, side=300):
    return np.full((side, side, 3), level, np.float32)


def exposed(level, *, sensor=SENSOR, filled=1.0, key="a"):
    return develop(even(level), even(1.0), sensor, filled=filled, noise_key=key)


def test_glass_is_as_bright_at_100x_in_50_ms_as_at_40x_in_8_ms():
    low, high = brightness(exposure_ms=8, magnification=40), brightness(exposure_ms=50, magnification=100)
    assert low == pytest.approx(0.85)
    assert high == pytest.approx(low)


def test_brightness_goes_with_the_exposure():
    assert brightness(exposure_ms=4, magnification=40) == pytest.approx(0.425)


@pytest.mark.parametrize("level", [0.2, 0.5, 0.8])
def test_the_variance_is_that_of_photons_and_reading(level):
    electrons = level * SENSOR.full_well_e
    step_e = SENSOR.full_well_e / WHITE_LEVEL
    rounding = step_e**2 / 12
    seen_e = exposed(level).astype(float) * step_e
    assert seen_e.mean() == pytest.approx(electrons, rel=2e-3)
    assert seen_e.var() == pytest.approx(electrons + SENSOR.read_noise_e**2 + rounding, rel=0.03)


def test_the_same_key_gives_the_same_noise_and_another_key_another():
    assert np.array_equal(exposed(0.5), exposed(0.5))
    assert not np.array_equal(exposed(0.5), exposed(0.5, key="b"))


def test_a_full_well_is_white():
    assert exposed(1.0, filled=1.5).min() == WHITE_LEVEL


def test_the_gains_tint_the_glass():
    means = exposed(1.0, sensor=Sensor(gains=(0.9, 1.0, 0.8)), filled=0.5).mean(axis=(0, 1)) / WHITE_LEVEL
    assert np.allclose(means, (0.45, 0.5, 0.4), atol=2e-3)


def test_shading_takes_the_stated_light_from_the_corners():
    light = light_field("7 40x", 0.07, frame=FRAME, roi=WHOLE, binning=1)
    assert light.max() <= 1
    assert 0.04 < 1 - light.min() < 0.15
    assert np.abs(np.diff(light, axis=0)).max() < 0.005


def test_without_loss_the_light_is_even():
    assert np.all(light_field("7 40x", 0.0, frame=FRAME, roi=WHOLE, binning=1) == 1)


def test_a_region_sees_its_part_of_the_light():
    whole = light_field("7 40x", 0.07, frame=FRAME, roi=WHOLE, binning=1)
    part = light_field("7 40x", 0.07, frame=FRAME, roi=(30, 20, 50, 40), binning=1)
    assert np.allclose(part, whole[20:60, 30:80])
