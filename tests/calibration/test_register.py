import re
from fractions import Fraction

import numpy as np
import pytest

from calibration.affine import compose, rms_difference, shifting
from calibration.errors import MeasurementError
from calibration.gates import Gates
from calibration.register import assess, register

HIGH, LOW = (512, 512), (358, 358)
PLACE = (0.5, 1.01, (12.3, -7.7))
CLOSE_PX = 0.05


@pytest.fixture(scope="module")
def pair(tissue, draw_pair):
    """A real section through both objectives, turned by 0.5°, 1 % larger, 12 and -7 px off."""
    return draw_pair(tissue, 2.5, PLACE, high=HIGH, low=LOW)


def off_px(found, matrix, shape=HIGH):
    return rms_difference(found.matrix, matrix, width=shape[1], height=shape[0])


def test_a_turned_scaled_and_shifted_pair_is_found_within_a_twentieth_of_a_pixel(pair):
    low, high, matrix = pair
    found = register(low, high, factor=2.5)
    assert off_px(found, matrix) < CLOSE_PX
    assert found.accepted
    assert found.reason == ""


@pytest.mark.parametrize(
    "place",
    [(-2, 1.03, (38, -40)), (2, 0.97, (-40, 40)), (2, 1.03, (-40, -40)), (-2, 0.97, (40, 12)), (0, 1, (0, 0))],
)
def test_registration_starts_from_the_worst_that_a_turret_does(tissue, draw_pair, place):
    low, high, matrix = draw_pair(tissue, 2.5, place, high=HIGH, low=LOW)
    found = register(low, high, factor=2.5)
    assert off_px(found, matrix) < CLOSE_PX
    assert found.accepted


@pytest.mark.parametrize(
    ("factor", "high", "low"),
    [
        (Fraction(7, 3), (512, 512), (380, 380)),
        (4, (512, 480), (240, 250)),
        (1.25, (500, 620), (480, 600)),
        (1, (400, 400), (400, 400)),
    ],
)
def test_any_ratio_registers(grain, draw_pair, factor, high, low):
    seen_low, seen_high, matrix = draw_pair(grain, factor, (-0.6, 0.99, (9.3, 14.2)), high=high, low=low)
    found = register(seen_low, seen_high, factor=factor)
    assert off_px(found, matrix, high) < CLOSE_PX
    assert found.accepted


def test_a_pair_of_which_a_tenth_lies_outside_registers_on_what_is_common(grain, draw_pair):
    low, high, matrix = draw_pair(grain, 2.5, (0.5, 1.01, (95, 0)), high=HIGH, low=(340, 340))
    found = register(low, high, factor=2.5)
    assert off_px(found, matrix) < CLOSE_PX
    assert found.accepted


def test_sixteen_bit_pictures_register_like_eight_bit_ones(pair):
    low, high, _ = pair
    twelve_bit = register(low.astype(np.uint16) * 16, high.astype(np.uint16) * 16, factor=2.5)
    np.testing.assert_allclose(twelve_bit.matrix, register(low, high, factor=2.5).matrix, atol=1e-3)


def test_an_eight_bit_low_and_a_sixteen_bit_high_register_like_eight_bit_ones(pair):
    low, high, matrix = pair
    found = register(low, high.astype(np.uint16) * 257, factor=2.5)
    assert off_px(found, matrix) < CLOSE_PX
    assert found.accepted
    assert found.energy_ratio == pytest.approx(register(low, high, factor=2.5).energy_ratio, rel=1e-3)


@pytest.mark.parametrize("twelve_bit", ["low", "high"])
def test_a_twelve_bit_picture_beside_an_eight_bit_one_registers_with_its_white_level(pair, twelve_bit):
    low, high, matrix = pair
    whites = (4095, 255) if twelve_bit == "low" else (255, 4095)
    seen_low, seen_high = (
        np.rint(picture * (white / 255)).astype(np.uint16) for picture, white in zip((low, high), whites, strict=True)
    )
    found = register(seen_low, seen_high, factor=2.5, white_levels=whites)
    assert off_px(found, matrix) < CLOSE_PX
    assert found.accepted


def test_a_white_level_of_nothing_is_an_error_of_the_caller(pair):
    low, high, _ = pair
    with pytest.raises(MeasurementError, match="white level 0 is not positive"):
        register(low, high, factor=2.5, white_levels=(255, 0))


def test_strong_noise_costs_little(tissue, draw_pair):
    low, high, matrix = draw_pair(tissue, 2.5, PLACE, high=HIGH, low=LOW, noise=6)
    found = register(low, high, factor=2.5)
    assert off_px(found, matrix) < CLOSE_PX
    assert found.accepted


def test_uneven_light_does_not_pull_the_fit(pair):
    low, high, matrix = pair
    y, x = np.mgrid[-0.5 : 0.5 : LOW[0] * 1j, -0.5 : 0.5 : LOW[1] * 1j]
    shaded = (low * (1 - 0.3 * x - 0.4 * x**2 - 0.2 * y**2)[..., None] * 0.85).astype(np.uint8)
    assert off_px(register(shaded, high, factor=2.5), matrix) < CLOSE_PX


def test_a_prior_40_px_off_is_good_enough(pair):
    low, high, matrix = pair
    found = register(low, high, factor=2.5, prior=compose(shifting(40, -40), matrix))
    assert off_px(found, matrix) < CLOSE_PX
    assert found.accepted


def test_nothing_is_found_farther_from_the_prior_than_was_asked_for(pair):
    low, high, matrix = pair
    found = register(low, high, factor=2.5, prior=compose(shifting(60, 0), matrix), search_px=20)
    assert not found.accepted


def test_the_block_residual_measured_is_near_the_true_one(pair):
    low, high, _ = pair
    assert register(low, high, factor=2.5).residual_px < CLOSE_PX


def test_a_specimen_that_bent_between_the_frames_is_refused(pair, tissue):
    low, high, _ = pair
    rows = np.arange(high.shape[0])
    bent = np.stack([np.roll(high[row], round(2 * np.sin(row / 60)), axis=0) for row in rows])
    found = register(low, bent, factor=2.5)
    assert not found.accepted
    assert "distorted" in found.reason


def test_other_tissue_is_refused(pair):
    low, high, _ = pair
    found = register(low, np.ascontiguousarray(high[::-1, ::-1]), factor=2.5)
    assert not found.accepted
    assert found.reason


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_blank_picture_is_refused_as_blank(pair, level):
    low, high, _ = pair
    found = register(low, np.full_like(high, level), factor=2.5)
    assert not found.accepted
    assert "100% of HIGH has one value" in found.reason


def test_empty_glass_is_refused_for_want_of_structure(pair):
    _, high, _ = pair
    glass = np.rint(np.random.default_rng(0).normal(230, 1.5, (*LOW, 3))).astype(np.uint8)
    found = register(glass, high, factor=2.5)
    assert not found.accepted
    assert "LOW shows no structure" in found.reason


def test_a_picture_out_of_focus_is_refused(tissue, draw_pair):
    low, high, _ = draw_pair(tissue, 2.5, PLACE, high=HIGH, low=LOW, high_sigma=9)
    found = register(low, high, factor=2.5)
    assert not found.accepted
    assert "focus" in found.reason


def test_pictures_with_too_little_in_common_are_refused(pair):
    low, high, _ = pair
    found = register(low, high[:60, :60], factor=2.5)
    assert not found.accepted
    assert found.reason


def test_a_stricter_gate_refuses_what_the_default_accepts(pair):
    low, high, _ = pair
    found = register(low, high, factor=2.5, gates=Gates(residual_p95_px=0.001))
    assert not found.accepted
    assert "0.00 px is allowed" in found.reason


@pytest.mark.parametrize("off", [(0.25, 0.0), (0.0, -0.5), (0.7, 0.7)])
def test_a_transform_that_is_off_is_refused_as_such(pair, off):
    low, high, matrix = pair
    assert assess(low, high, matrix, factor=2.5).accepted
    judged = assess(low, high, compose(shifting(*off), matrix), factor=2.5)
    assert not judged.accepted
    said_px = float(re.search(r"the transform is off by ([\d.]+) px", judged.reason)[1])
    assert said_px == pytest.approx(np.hypot(*off), rel=0.1)


def test_a_transform_that_lays_high_beside_low_is_refused_in_words(pair):
    low, high, matrix = pair
    judged = assess(low, high, compose(shifting(1000, 0), matrix), factor=2.5)
    assert "outside LOW" in judged.reason


def test_the_place_of_high_in_a_larger_low_does_not_change_what_is_found(grain, draw_pair):
    low, high, matrix = draw_pair(grain, 2.5, (0.3, 1.0, (60, -50)), high=HIGH, low=(380, 380))
    found = register(low, high, factor=2.5)
    assert off_px(found, matrix) < CLOSE_PX
    assert found.accepted


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_camera_turned_by_quarters_is_named(pair, quarters):
    low, high, _ = pair
    found = register(low, np.ascontiguousarray(np.rot90(high, -quarters)), factor=2.5)
    assert not found.accepted
    assert f"turned by {90 * quarters}°" in found.reason


def test_a_mirrored_picture_is_named(pair):
    low, high, _ = pair
    assert "mirrored" in register(low, np.ascontiguousarray(high[:, ::-1]), factor=2.5).reason


def test_swapped_pictures_are_named(grain, draw_pair):
    low, high, _ = draw_pair(grain, 2.5, (0, 1, (5, 5)), high=HIGH, low=(400, 400))
    found = register(high, low, factor=2.5)
    assert not found.accepted
    assert "the wrong way round" in found.reason


def test_the_papers_method_finds_the_pair_less_well(pair):
    low, high, matrix = pair
    as_in_paper = register(low, high, factor=2.5, method="paper")
    assert off_px(as_in_paper, matrix) < 0.3
    assert off_px(as_in_paper, matrix) > off_px(register(low, high, factor=2.5), matrix)


def test_a_wrong_factor_is_refused(pair):
    low, high, _ = pair
    assert not register(low, high, factor=2.0).accepted


def test_a_grey_picture_is_an_error_of_the_caller(pair):
    low, high, _ = pair
    with pytest.raises(MeasurementError, match="rows, columns, 3"):
        register(low[..., 1], high, factor=2.5)
