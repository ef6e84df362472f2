import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from calibration.errors import MeasurementError
from calibration.flatfield import FINE_WHITE_LEVEL, GLASS_LEVEL, Correction, correct, correct_finely
from calibration.flatmaster import dark_from, flat_from_glass, flat_from_tissue

WHITE = 255
SHAPE = (128, 160)


def vignette(shape=SHAPE):
    """A decentred lamp, otherwise in each colour."""
    y, x = np.meshgrid(np.linspace(-1, 1, shape[0]), np.linspace(-1, 1, shape[1]), indexing="ij")
    channels = [
        a * np.exp(-b * (x - c) ** 2 - b * (y + c) ** 2)
        for a, b, c in ((0.85, 0.08, 0.2), (0.8, 0.1, 0), (0.7, 0.05, -0.1))
    ]
    return np.stack(channels, axis=-1)


def frame(transmission, rng, *, dark=0.02, noise=1.5, shape=SHAPE):
    light = WHITE * (vignette(shape) * transmission + dark)
    return np.clip(np.rint(light + rng.normal(0, noise, light.shape)), 0, WHITE).astype(np.uint8)


small = (4, 5, 3)
fields = arrays.arrays(np.float32, small, elements=st.floats(0.25, 0.9375, width=32))


@given(fields)
def test_the_flat_field_undoes_itself(flat):
    correction = Correction(dark=np.full(small, 0.05, dtype=np.float32), flat=flat)
    glass = np.rint(flat * 65535).astype(np.uint16)
    corrected = correct(glass, correction, white_level=65535)
    np.testing.assert_allclose(corrected, GLASS_LEVEL * 65535, atol=3)


@given(fields, st.floats(0.0, 1.0))
def test_a_grey_filter_looks_the_same_everywhere_after_correction(flat, transmission):
    dark = np.full(small, 0.05, dtype=np.float32)
    seen = np.rint(((flat - dark) * transmission + dark) * 65535).astype(np.uint16)
    corrected = correct(seen, Correction(dark=dark, flat=flat), white_level=65535)
    np.testing.assert_allclose(corrected / (GLASS_LEVEL * 65535), transmission, atol=1e-4)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_correction_keeps_shape_and_type_and_stays_within_the_white_level(dtype):
    correction = Correction(dark=np.zeros((1, 1, 3), np.float32), flat=np.full((1, 1, 3), 0.3, np.float32))
    corrected = correct(np.full((6, 7, 3), 200, dtype=dtype), correction, white_level=255)
    assert corrected.dtype == dtype
    assert corrected.shape == (6, 7, 3)
    assert corrected.max() == 255


def test_the_fine_correction_lies_within_half_a_level_of_the_rounded_one_and_keeps_what_that_rounds_away():
    rng = np.random.default_rng(3)
    correction = Correction(dark=np.full((1, 1, 3), 0.02, np.float32), flat=vignette().astype(np.float32))
    seen = frame(0.6, rng)
    fine = correct_finely(seen, correction, white_level=WHITE) / (FINE_WHITE_LEVEL / WHITE)
    wanted = GLASS_LEVEL * (seen - 0.02 * WHITE) / (vignette() - 0.02)
    assert np.abs(fine - wanted).max() < 0.01
    assert np.abs(fine - correct(seen, correction, white_level=WHITE)).max() <= 0.5


def test_the_fine_correction_stops_at_its_white_level():
    correction = Correction(dark=np.zeros((1, 1, 3), np.float32), flat=np.full((1, 1, 3), 0.3, np.float32))
    fine = correct_finely(np.full((6, 7, 3), 200, np.uint8), correction, white_level=WHITE)
    assert (fine.dtype, fine.max()) == (np.uint16, FINE_WHITE_LEVEL)


def test_a_flat_of_another_size_is_refused():
    correction = Correction(dark=np.zeros((4, 4, 3), np.float32), flat=np.ones((4, 4, 3), np.float32))
    with pytest.raises(MeasurementError, match="the flat field is 4×4 and the frame 6×5"):
        correct(np.zeros((5, 6, 3), np.uint8), correction, white_level=255)


def test_a_flat_that_is_not_brighter_than_the_dark_is_refused():
    with pytest.raises(MeasurementError, match="not brighter than the dark"):
        Correction(dark=np.full((2, 2, 3), 0.5, np.float32), flat=np.full((2, 2, 3), 0.5, np.float32))


@settings(max_examples=10)
@given(st.integers(1, 6), st.integers(0, 1000))
def test_a_flat_of_glass_makes_new_glass_even(frames, seed):
    rng = np.random.default_rng(seed)
    correction = flat_from_glass([frame(1, rng) for _ in range(frames)], white_level=WHITE, black=0.02 * WHITE)
    corrected = correct(frame(1, rng, noise=0), correction, white_level=WHITE) / WHITE
    assert np.abs(corrected - GLASS_LEVEL).max() < 0.015


def test_dust_in_one_of_several_frames_is_left_out():
    rng = np.random.default_rng(0)
    frames = [frame(1, rng) for _ in range(5)]
    frames[2][40:70, 50:80] //= 2
    flat = flat_from_glass(frames, white_level=WHITE).flat
    np.testing.assert_allclose(flat[40:70, 50:80], (vignette() + 0.02)[40:70, 50:80], atol=0.01)


@pytest.mark.parametrize("level", [0, WHITE])
def test_a_stuck_pixel_neither_darkens_nor_lights_its_neighbours(level):
    rng = np.random.default_rng(0)
    dark, glass = [frame(0, rng) for _ in range(4)], [frame(1, rng) for _ in range(16)]
    for taken in (*dark, *glass):
        taken[60, 80] = level
    correction = flat_from_glass(glass, dark_from(dark, white_level=WHITE), white_level=WHITE)
    np.testing.assert_allclose(correction.flat[55:66, 75:86], (vignette() + 0.02)[55:66, 75:86], atol=0.006)


def test_the_dark_frame_is_the_mean_without_light():
    rng = np.random.default_rng(0)
    dark = dark_from([frame(0, rng) for _ in range(30)], white_level=WHITE)
    assert dark.dtype == np.float32
    assert np.abs(dark - 0.02).max() < 0.006


def test_a_dark_frame_with_light_is_refused():
    with pytest.raises(MeasurementError, match="switch the light off"):
        dark_from([frame(1, np.random.default_rng(0))], white_level=WHITE)


def test_overexposed_glass_is_refused():
    with pytest.raises(MeasurementError, match="change the exposure"):
        flat_from_glass([frame(1.3, np.random.default_rng(0))], white_level=WHITE)


def test_tissue_is_refused_as_glass(tissue, colour_of):
    with pytest.raises(MeasurementError, match="move to a place without tissue"):
        flat_from_glass([colour_of(tissue * 0.9)], white_level=WHITE)


@pytest.mark.parametrize("estimate", [flat_from_glass, flat_from_tissue, dark_from])
def test_no_frames_are_refused(estimate):
    with pytest.raises(MeasurementError, match="none were given"):
        estimate([], white_level=WHITE)


def test_frames_of_different_size_are_refused():
    with pytest.raises(MeasurementError, match="one size"):
        dark_from([np.zeros((4, 4, 3), np.uint8), np.zeros((4, 5, 3), np.uint8)], white_level=WHITE)


def test_many_places_with_dense_tissue_give_the_shading_within_three_percent(tissue):
    rng, shape = np.random.default_rng(0), (400, 400)
    frames = []
    for _ in range(16):
        seen = np.roll(tissue / 245, rng.integers(0, 896, 2), axis=(0, 1))[: shape[0], : shape[1], None]
        frames.append(frame(np.clip(seen, 0, 1), rng, shape=shape))
    dark = np.full((*shape, 3), 0.02, dtype=np.float32)
    correction = flat_from_tissue(frames, dark, white_level=WHITE)
    ratio = (correction.flat - dark) / vignette(shape)
    assert ratio.std(axis=(0, 1)) / ratio.mean(axis=(0, 1)) == pytest.approx([0, 0, 0], abs=0.03)


def test_few_places_with_tissue_are_refused(tissue):
    rng = np.random.default_rng(0)
    with pytest.raises(MeasurementError, match="8 are needed"):
        flat_from_tissue([frame(1, rng)] * 7, white_level=WHITE)
