import numpy as np
import pytest

from acquire.simulated.detector import brightness, develop, light_field, mosaic, stuck_pixels
from acquire.simulated.faults import Mount, Sensor

SENSOR = Sensor(gains=(1.0, 1.0, 1.0))
WHITE_LEVEL = 255
FRAME = (200, 160)
WHOLE = (0, 0, 200, 160)


def even(level, side=300):
    return np.full((side, side, 3), level, np.float32)


def exposed(level, *, sensor=SENSOR, filled=1.0, key="a"):
    electrons = even(level) * np.array(sensor.gains, np.float32) * np.float32(filled * sensor.full_well_e)
    return develop(electrons, sensor, noise_key=key)


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
    light = light_field("7 40x", Mount(shading=0.07), frame=FRAME, roi=WHOLE, binning=1)
    assert light.max() <= 1
    assert 0.04 < 1 - light.min() < 0.15
    assert np.abs(np.diff(light, axis=0)).max() < 0.005


def test_without_loss_the_light_is_even():
    assert np.all(light_field("7 40x", Mount(), frame=FRAME, roi=WHOLE, binning=1) == 1)


def test_a_region_sees_its_part_of_the_light():
    whole = light_field("7 40x", Mount(shading=0.07), frame=FRAME, roi=WHOLE, binning=1)
    part = light_field("7 40x", Mount(shading=0.07), frame=FRAME, roi=(30, 20, 50, 40), binning=1)
    assert np.allclose(part, whole[20:60, 30:80])


def test_vignetting_darkens_the_corners_and_leaves_the_middle():
    light = light_field("7 40x", Mount(vignetting=0.2), frame=FRAME, roi=WHOLE, binning=1)
    assert light[0, 0].min() == pytest.approx(0.8, abs=0.02)
    assert np.all(light[40:120, 50:150] == 1)


@pytest.mark.parametrize("bits", [10, 12, 14, 16])
def test_more_bits_come_in_sixteen_with_their_own_white(bits):
    pixels = exposed(0.5, sensor=Sensor(bits=bits, gains=(1.0, 1.0, 1.0)))
    assert pixels.dtype == np.uint16
    assert pixels.mean() == pytest.approx(0.5 * (2**bits - 1), rel=2e-3)


@pytest.mark.parametrize("corner", [(0, 0), (1, 0), (0, 1), (3, 5)])
def test_each_pixel_keeps_the_colour_of_its_filter_wherever_the_region_begins(corner):
    colours = np.broadcast_to(np.array([10.0, 20.0, 30.0], np.float32), (6, 8, 3))
    seen = mosaic(colours, "RGGB", (*corner, 8, 6))[..., 0]
    sensor = np.array([[10, 20], [20, 30]])
    rows, columns = np.indices((6, 8))
    assert np.array_equal(seen, sensor[(rows + corner[1]) % 2, (columns + corner[0]) % 2])


def test_stuck_pixels_stay_where_they_are_when_a_region_is_read():
    row, column, white = stuck_pixels(3, 0.01, frame=FRAME, roi=WHOLE)
    inside = (row >= 20) & (row < 60) & (column >= 30) & (column < 80)
    part = stuck_pixels(3, 0.01, frame=FRAME, roi=(30, 20, 50, 40))
    assert 200 < row.size < 450
    assert np.array_equal(part[0], row[inside] - 20)
    assert np.array_equal(part[1], column[inside] - 30)
    assert np.array_equal(part[2], white[inside])
