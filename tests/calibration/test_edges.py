import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.edges import SCALE_UM, steepness
from calibration.errors import MeasurementError

PIXEL_UM = 0.074
SIDE_UM = 1024 * PIXEL_UM


def waves(length_um, *, pixel_um=PIXEL_UM, contrast=0.2, mean=30_000, side_um=18.944):
    side = round(side_um / pixel_um)
    x_um = (np.arange(side) + 0.5) * pixel_um
    row = mean * (1 + contrast * np.sin(2 * np.pi * x_um / length_um))
    return np.broadcast_to(row[None, :, None], (side, side, 3)).astype(np.uint16)


def expected(length_um, contrast=0.2, scale_um=SCALE_UM):
    """Mean slope of a blurred sine over one scale; the Sobel kernel's own blur is left out."""
    wave = 2 * np.pi / length_um
    return scale_um * wave * contrast * np.exp(-((wave * scale_um) ** 2) / 2) * 2 / np.pi


@pytest.mark.parametrize("length_um", [SIDE_UM / 8, SIDE_UM / 6, SIDE_UM / 5])
def test_the_slope_of_a_sine_is_what_theory_says(length_um):
    picture = waves(length_um, side_um=SIDE_UM)  # at its borders a picture is mirrored, and its slope lost
    assert steepness(picture, pixel_um=PIXEL_UM) == pytest.approx(expected(length_um), rel=0.05)


def test_detail_below_the_scale_does_not_count():
    assert steepness(waves(0.6), pixel_um=PIXEL_UM) < 0.01 * steepness(waves(4.0), pixel_um=PIXEL_UM)


def test_the_size_of_the_pixels_does_not_matter():
    fine, coarse = (steepness(waves(5.0, pixel_um=pixel), pixel_um=pixel) for pixel in (PIXEL_UM, 2.5 * PIXEL_UM))
    assert fine == pytest.approx(coarse, rel=0.05)


@given(factor=st.floats(0.1, 1.5))
def test_brightness_does_not_matter(factor):
    picture = waves(5.0)
    dimmed = (picture * factor).astype(np.uint16)
    assert steepness(dimmed, pixel_um=PIXEL_UM) == pytest.approx(steepness(picture, pixel_um=PIXEL_UM), rel=1e-3)


def test_noise_and_shading_of_empty_glass_count_for_less_than_the_faintest_tissue():
    rng = np.random.default_rng(1)
    rows, columns = np.indices((256, 256)) - 127.5
    light = 1 - 0.12 * (rows**2 + columns**2) / (2 * 127.5**2)
    electrons = rng.poisson(12_000 * light) + rng.normal(scale=10, size=light.shape)
    picture = np.repeat((electrons / 20_000 * 255).round().clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)
    assert steepness(picture, pixel_um=PIXEL_UM) < 0.008


def test_a_picture_smaller_than_the_scale_is_refused():
    with pytest.raises(MeasurementError, match="smaller than the 80 pixels"):
        steepness(np.ones((20, 20, 3), np.uint8), pixel_um=0.01)


def test_a_black_picture_is_refused():
    with pytest.raises(MeasurementError, match="black"):
        steepness(np.zeros((64, 64, 3), np.uint8), pixel_um=PIXEL_UM)
