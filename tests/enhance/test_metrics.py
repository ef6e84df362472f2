from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.io import imread

from enhance.metrics import psnr, score, ssim, ssim_map, tissue_mask

CAMERA = Path(__file__).parents[1] / "data" / "ssim_ref" / "camera.png"
RNG = np.random.default_rng(7)
TRUTH = RNG.integers(60, 200, (40, 50, 3), dtype=np.uint8)
PICTURE = np.clip(TRUTH.astype(int) + RNG.integers(-9, 10, TRUTH.shape), 0, 255).astype(np.uint8)
EVERYWHERE = np.ones((40, 50), dtype=bool)


def test_ssim_of_the_shared_reference_is_the_pinned_number():
    truth = imread(CAMERA)
    noise = np.random.RandomState(5).randn(*truth.shape)
    noisy = np.clip(truth + 20 * noise, 0, 255).astype(np.uint8)
    assert ssim(noisy, truth, data_range=255) == pytest.approx(0.3579642362, abs=1e-6)


def test_psnr_follows_its_definition():
    error = np.mean((PICTURE.astype(float) - TRUTH) ** 2)
    assert psnr(PICTURE, TRUTH, data_range=255) == pytest.approx(10 * np.log10(255**2 / error), abs=1e-12)


def test_equal_pictures_have_infinite_psnr_and_ssim_one():
    assert psnr(TRUTH, TRUTH, data_range=255) == np.inf
    assert ssim(TRUTH, TRUTH, data_range=255) == pytest.approx(1)


@settings(max_examples=20)
@given(scale=st.floats(0.01, 100))
def test_scores_do_not_change_with_the_unit_when_the_data_range_goes_with_it(scale):
    assert psnr(PICTURE * scale, TRUTH * scale, data_range=255 * scale) == pytest.approx(
        psnr(PICTURE, TRUTH, data_range=255)
    )
    assert ssim(PICTURE * scale, TRUTH * scale, data_range=255 * scale) == pytest.approx(
        ssim(PICTURE, TRUTH, data_range=255)
    )


def test_what_lies_outside_the_mask_counts_only_in_the_whole_frame():
    mask = np.zeros((40, 50), dtype=bool)
    mask[:20] = True
    spoilt = PICTURE.copy()
    spoilt[35:] = 0
    before = score(PICTURE, TRUTH, mask, data_range=255)
    after = score(spoilt, TRUTH, mask, data_range=255)
    assert (after.psnr_db, after.ssim) == (before.psnr_db, before.ssim)
    assert after.whole_psnr_db < before.whole_psnr_db
    assert after.whole_ssim < before.whole_ssim


def test_the_masked_ssim_is_the_mean_of_the_map_inside():
    mask = EVERYWHERE.copy()
    mask[:, 30:] = False
    expected = ssim_map(PICTURE, TRUTH, data_range=255)[:, :25].mean()  # the map begins 5 pixels in
    assert score(PICTURE, TRUTH, mask, data_range=255).ssim == pytest.approx(expected)


def test_an_empty_mask_scores_nothing_inside():
    nothing = score(PICTURE, TRUTH, ~EVERYWHERE, data_range=255)
    assert np.isnan(nothing.psnr_db)
    assert np.isfinite(nothing.whole_psnr_db)


def test_glass_is_no_tissue_and_stain_is():
    picture = np.full((100, 100, 3), 230, dtype=np.uint8)  # 0.9 of the white level: empty glass
    picture[:, :40] = 180
    mask = tissue_mask(picture, pixel_um=0.5, white_level=255)
    assert mask[:, :40].all()
    assert not mask[:, 40:].any()


def test_gaps_narrower_than_the_closing_are_tissue_and_wider_ones_are_not():
    picture = np.full((200, 200, 3), 150, dtype=np.uint8)
    picture[:, 50:56] = 230  # 1.2 µm
    picture[:, 100:160] = 230  # 12 µm
    mask = tissue_mask(picture, pixel_um=0.2, white_level=255)
    assert mask[:, 50:56].all()
    assert not mask[:, 110:150].any()


def test_without_correction_glass_is_expected_at_the_white_level():
    picture = np.full((20, 20, 3), 218, dtype=np.uint8)  # density 0.068 below white, 0.022 below corrected glass
    assert tissue_mask(picture, pixel_um=0.2, white_level=255, corrected=False).all()
    assert not tissue_mask(picture, pixel_um=0.2, white_level=255).any()
