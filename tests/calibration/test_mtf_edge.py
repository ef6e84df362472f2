"""The MTF of slanted edges: drawn ones whose MTF is a formula, and simulated ones."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.errors import MeasurementError
from calibration.slantededge import measure_edge
from tests.calibration.drawn_edge import BLACK, edge_mtf, edge_picture
from tests.calibration.seen_target import BLACK as SEEN_BLACK
from tests.calibration.seen_target import SeenEdge

LIMIT = 0.015


def rms(values):
    return float(np.sqrt(np.mean(np.square(values))))


@settings(max_examples=25)
@given(slant_deg=st.floats(2.0, 43.0), blur_px=st.floats(0.3, 2.5), turns=st.integers(0, 3))
def test_the_mtf_of_a_drawn_edge_is_that_of_its_formula(slant_deg, blur_px, turns):
    measured = measure_edge(edge_picture(slant_deg, blur_px, turns=turns), black_level=BLACK)
    wanted = edge_mtf(measured.frequency_cycles_per_px, slant_deg, blur_px)
    assert rms(measured.mtf - wanted) <= 0.005
    assert measured.slant_deg == pytest.approx(slant_deg, abs=0.05)


@pytest.mark.parametrize("slope", [1 / 8, 1 / 3, 1 / 2, 2 / 3, 3 / 4])
def test_slopes_whose_rows_repeat_are_no_exception(slope):
    slant_deg = np.rad2deg(np.arctan(slope))
    measured = measure_edge(edge_picture(slant_deg, 0.3), black_level=BLACK)
    assert rms(measured.mtf - edge_mtf(measured.frequency_cycles_per_px, slant_deg, 0.3)) <= 0.005


@pytest.mark.parametrize("slant_deg", [3.0, 10.0, 30.0])
@pytest.mark.parametrize("blur_px", [0.4, 1.2])
def test_one_percent_of_noise_leaves_the_mtf_within_its_limit(slant_deg, blur_px):
    measured = measure_edge(edge_picture(slant_deg, blur_px, noise=0.01), black_level=BLACK)
    wanted = edge_mtf(measured.frequency_cycles_per_px, slant_deg, blur_px)
    assert rms(measured.mtf - wanted) <= LIMIT


@pytest.mark.parametrize("slant_deg", [2.0, 15.0, 26.565, 43.0])
@pytest.mark.parametrize("blur_px", [0.3, 0.6, 1.2, 2.5])
def test_three_percent_of_noise_leave_the_mtf_within_its_limit(slant_deg, blur_px):
    measured = measure_edge(edge_picture(slant_deg, blur_px, noise=0.03), black_level=BLACK)
    wanted = edge_mtf(measured.frequency_cycles_per_px, slant_deg, blur_px)
    assert rms(measured.mtf - wanted) <= LIMIT


def test_the_stated_deviation_is_that_of_the_plain_transform_and_holds_the_truth():
    missed, sigmas = [], []
    for seed in range(12):
        measured = measure_edge(edge_picture(8.0, 0.8, noise=0.02, seed=seed), black_level=BLACK)
        missed.append(measured.mtf - edge_mtf(measured.frequency_cycles_per_px, 8.0, 0.8))
        sigmas.append(measured.sigma)
    assert np.mean(np.abs(missed) <= 2 * np.array(sigmas) + 1e-12) >= 0.95
    assert 0.01 < np.mean(sigmas) < 0.03  # 0.02 / √(32 pixels a bin), over 64 bins
    assert np.max(measure_edge(edge_picture(8.0, 0.8), black_level=BLACK).sigma) < 1e-3


def test_where_the_lens_passes_nothing_noise_is_not_taken_for_contrast():
    measured = measure_edge(edge_picture(8.0, 2.5, noise=0.03), black_level=BLACK)
    assert measured.mtf[measured.frequency_cycles_per_px > 0.35].mean() < 0.005


def test_a_lens_unlike_the_curve_is_believed_over_it():
    """Half of the light in a halo: no stretched exponential falls so."""
    sharp, halo = (edge_picture(8.0, blur_px, noise=0.003).astype(np.uint32) for blur_px in (0.5, 4.0))
    measured = measure_edge(((sharp + halo) // 2).astype(np.uint16), black_level=BLACK)
    frequency = measured.frequency_cycles_per_px
    assert rms(measured.mtf - (edge_mtf(frequency, 8.0, 0.5) + edge_mtf(frequency, 8.0, 4.0)) / 2) <= LIMIT


@pytest.mark.parametrize("objective", ["40x", "100x"])
def test_the_mtf_of_a_simulated_edge_is_that_of_its_noise_free_profile(objective):
    seen = SeenEdge(objective, side=192)
    measured = measure_edge(seen.picture(), black_level=SEEN_BLACK)
    wanted = seen.true_mtf(measured.frequency_cycles_per_px)
    assert rms(measured.mtf - wanted) <= LIMIT


def test_the_edge_spread_rises_from_0_to_1_through_a_half_at_the_edge():
    measured = measure_edge(edge_picture(6.0, 1.0), black_level=BLACK)
    assert measured.spread[0] == pytest.approx(0, abs=0.01)
    assert measured.spread[-1] == pytest.approx(1, abs=0.01)
    assert np.interp(0, measured.position_px, measured.spread) == pytest.approx(0.5, abs=0.01)


def test_the_frequency_at_a_contrast_is_where_the_formula_has_it():
    measured = measure_edge(edge_picture(6.0, 1.0), black_level=BLACK)
    assert edge_mtf(measured.frequency_at(0.5), 6.0, 1.0) == pytest.approx(0.5, abs=0.01)


def test_there_is_no_frequency_at_a_contrast_that_is_not_reached():
    assert measure_edge(edge_picture(6.0, 0.3), black_level=BLACK).frequency_at(0.1) is None


def bent():
    rows, columns = np.indices((100, 100))
    light = np.where(columns > 30 + (rows - 50) ** 2 / 60, 200, 20).astype(np.uint8)
    return np.repeat(light[..., None], 3, axis=2)


@pytest.mark.parametrize(
    ("pixels", "says"),
    [
        (np.full((64, 64, 3), 90, np.uint8), "blank"),
        (np.full((64, 64, 3), 255, np.uint8), "saturated"),
        (edge_picture(6.0, 1.0)[:10], "needs 20 along each side"),
        (edge_picture(0.0, 1.0), "turn target or camera"),
        (bent(), "straight line"),
        ((edge_picture(6.0, 1.0) // 10 + 40000).astype(np.uint16), "contrast of 0.0"),
        (np.ascontiguousarray(edge_picture(6.0, 1.0)[:, 49:]), "give a part"),
        (np.random.default_rng(1).integers(0, 255, (64, 64, 3)).astype(np.uint8), "straight"),
        (np.full((64, 64, 3), np.nan), "give uint8 or uint16"),
    ],
)
def test_what_is_no_slanted_edge_is_refused_in_words(pixels, says):
    with pytest.raises(MeasurementError, match=says):
        measure_edge(pixels)
