import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enhance.judged.bands import BANDS, COLOURS, band_correlation, cutoff, edges
from enhance.judged.colour import delta_e
from enhance.judged.density import density_view
from enhance.judged.marks import MARK_COLUMNS, Marks, from_row, mean_marks, spread
from enhance.judged.paired import compare, compare_all, least_chance
from enhance.judged.rings import resolution_um
from enhance.judged.tiles import TILE_PX, worst_decile_db
from enhance.trainingset import CardOptics
from tests.enhance.small_pairs import OPTICS

PIXEL_UM = 0.074
SIDE = 256
OPTICS_OF_CARD = CardOptics.model_validate(OPTICS)
EVERYWHERE = np.ones((SIDE, SIDE), dtype=bool)
VIEW = density_view(EVERYWHERE, white_level=255, pixel_um=PIXEL_UM)
RADIUS = np.hypot(np.fft.fftfreq(SIDE, PIXEL_UM), np.fft.fftfreq(SIDE, PIXEL_UM)[:, None])
TINY = 1e-4


def density(seed):
    """White noise of optical density, the same power at every frequency, shape (SIDE, SIDE, 3)."""
    return 0.05 * np.random.default_rng(seed).standard_normal((SIDE, SIDE, 3))


def picture_of(densities):
    return 255 * 10 ** -(0.3 + densities)


def passed(densities, keep):
    """Only what `keep` says of each frequency."""
    return np.real(np.fft.ifft2(np.fft.fft2(densities, axes=(0, 1)) * keep[..., None], axes=(0, 1)))


@pytest.mark.parametrize("limit_um", [0.25, 0.4, 0.8])
def test_the_ring_correlation_finds_where_a_picture_was_cut_off(limit_um):
    truth = density(1)
    seen = passed(truth, limit_um * RADIUS < 1) + TINY * density(2)
    found = resolution_um(VIEW.spectra(picture_of(seen)), VIEW.spectra(picture_of(truth)), VIEW)
    assert found == pytest.approx(limit_um, rel=0.06)  # three rings of 0.053 cycles/µm are averaged


def test_noise_as_strong_as_the_signal_is_beyond_a_half_and_stronger_noise_below():
    """The correlation with a noise-free truth is 1/√(1 + noise/signal): a half at noise three times the power."""
    truth = density(1)
    fine = 3.0 * RADIUS > 5
    results = [
        resolution_um(
            VIEW.spectra(picture_of(truth + level * passed(density(5), fine))), VIEW.spectra(picture_of(truth)), VIEW
        )
        for level in (1.0, 3.0)
    ]
    assert results[0] == 2 * PIXEL_UM
    assert results[1] == pytest.approx(3 / 5, rel=0.06)


def test_equal_pictures_agree_up_to_two_pixels():
    spectra = VIEW.spectra(picture_of(density(1)))
    assert resolution_um(spectra, spectra, VIEW) == 2 * PIXEL_UM


@pytest.mark.parametrize("band", range(len(BANDS)))
@pytest.mark.parametrize("colour", range(len(COLOURS)))
def test_a_band_of_other_content_loses_its_correlation_and_no_other_does(band, colour):
    limits = (0, *edges(OPTICS_OF_CARD)[colour])
    inside = (limits[band] <= RADIUS) & (limits[band + 1] > RADIUS)
    truth, other = density(1), density(2)
    seen = passed(truth, ~inside) + passed(other, inside)
    found = band_correlation(VIEW.spectra(picture_of(seen)), VIEW.spectra(picture_of(truth)), VIEW, OPTICS_OF_CARD)
    for number, name in enumerate(BANDS):
        value = found[COLOURS[colour]][name]
        assert abs(value) < 0.1 if number == band else value > 0.9


def test_bands_end_at_the_cutoffs_of_the_dry_lens():
    """FACTS 3: 2.46, 2.78, 3.26 cycles/µm for red, green, blue."""
    assert edges(OPTICS_OF_CARD)[:, 1] == pytest.approx([2.459, 2.778, 3.261], abs=0.001)
    assert edges(OPTICS_OF_CARD)[:, 0] == pytest.approx(0.6 * edges(OPTICS_OF_CARD)[:, 1])
    assert cutoff(OPTICS_OF_CARD.high, 0.55, 0.55) == pytest.approx(3.545, abs=0.001)


@pytest.mark.parametrize("contrast", [0.3, 2.0])
def test_correlation_does_not_see_contrast(contrast):
    truth = density(1)
    found = band_correlation(
        VIEW.spectra(picture_of(contrast * truth)), VIEW.spectra(picture_of(truth)), VIEW, OPTICS_OF_CARD
    )
    assert all(value > 0.999 for bands in found.values() for value in bands.values())


def test_what_lies_outside_the_tissue_does_not_count():
    tissue = EVERYWHERE.copy()
    tissue[:, 150:] = False
    view = density_view(tissue, white_level=255, pixel_um=PIXEL_UM)
    truth, spoilt = density(1), density(1)
    spoilt[:, 190:] = density(9)[:, 190:]
    found = band_correlation(view.spectra(picture_of(spoilt)), view.spectra(picture_of(truth)), view, OPTICS_OF_CARD)
    assert all(value > 0.999 for bands in found.values() for value in bands.values())


def test_glass_is_white_and_what_is_brighter_is_no_whiter():
    glass, brighter = np.full((8, 8, 3), 229.5), np.full((8, 8, 3), 250.0)
    mask = np.ones((8, 8), dtype=bool)
    assert delta_e(glass, brighter, mask, white_level=255, corrected=True) == 0
    assert delta_e(glass, brighter, mask, white_level=255, corrected=False) > 1


def test_a_difference_of_colour_counts_only_inside_the_mask():
    mask = np.zeros((8, 8), dtype=bool)
    mask[:4] = True
    truth = np.full((8, 8, 3), 120, dtype=np.uint8)
    other = truth.copy()
    other[4:] = (200, 30, 30)
    assert delta_e(other, truth, mask, white_level=255, corrected=True) == 0
    assert delta_e(other, truth, ~mask, white_level=255, corrected=True) > 20
    assert np.isnan(delta_e(other, truth, mask & ~mask, white_level=255, corrected=True))


def test_the_worst_tenth_is_that_of_the_tiles_with_the_largest_error():
    side = 10 * TILE_PX
    truth = np.full((side, side, 3), 100.0)
    seen = truth + 1.0
    seen[:TILE_PX] += 9.0  # ten of a hundred tiles
    mask = np.ones((side, side), dtype=bool)
    assert worst_decile_db(seen, truth, mask, data_range=255) == pytest.approx(20 * np.log10(255 / 10))
    mask[:TILE_PX] = False
    assert worst_decile_db(seen, truth, mask, data_range=255) == pytest.approx(20 * np.log10(255))


def test_without_a_tile_in_tissue_there_is_no_worst_tenth():
    nothing = np.zeros((64, 64), dtype=bool)
    assert np.isnan(worst_decile_db(np.zeros((64, 64, 3)), np.ones((64, 64, 3)), nothing, data_range=255))


@given(sites=st.integers(2, 12), seed=st.integers(0, 100))
def test_winning_every_site_gives_the_least_p_that_so_many_sites_can_give(sites, seed):
    gains = np.random.default_rng(seed).uniform(0.1, 1, sites)
    found = compare(30 + gains, np.full(sites, 30.0))
    assert (found.won, found.of) == (sites, sites)
    assert found.p == pytest.approx(least_chance(sites))


def test_a_tie_is_not_won_and_one_site_proves_nothing():
    assert compare([30.0, 31.0], [30.0, 31.0]) == compare([1.0, 2.0], [1.0, 2.0])
    assert compare([30.0, 31.0], [30.0, 31.0]).won == 0
    assert compare([30.0, 31.0], [30.0, 31.0]).p == 1
    assert np.isnan(compare([31.0], [30.0]).p)


def marks(psnr_db, ssim=0.9):
    values = dict.fromkeys(MARK_COLUMNS, 0.5) | {"psnr_db": psnr_db, "ssim": ssim}
    return from_row(values)


def test_a_row_of_marks_reads_back_as_the_marks():
    made = from_row({name: float(number) for number, name in enumerate(MARK_COLUMNS)})
    assert isinstance(made, Marks)
    assert from_row(made.as_row()) == made
    assert tuple(made.as_row()) == MARK_COLUMNS


def test_mean_and_spread_are_over_the_sites():
    assert mean_marks([marks(30), marks(34)]).psnr_db == 32
    assert spread([marks(30), marks(34)])["psnr_db"] == pytest.approx(np.sqrt(8))
    assert np.isnan(spread([marks(30)])["psnr_db"])


def test_the_network_is_compared_with_every_other_method():
    sites = [{"network": marks(32, 0.8), "bicubic": marks(30)}, {"network": marks(33), "bicubic": marks(30, 0.8)}]
    found = compare_all(sites)
    assert set(found) == {"bicubic"}
    assert (found["bicubic"]["psnr_db"].won, found["bicubic"]["ssim"].won) == (2, 1)
