"""Contrast of USAF bars: found anywhere on the simulated target, and as large as it truly is there."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from calibration.barcontrast import bar_contrast
from calibration.bars import Bars
from calibration.errors import MeasurementError
from calibration.mtf import Element, TargetContrast, measure_target
from calibration.targetplace import squares_of_template
from calibration.triplet import find_triplets
from calibration.usaf import STANDARD
from tests.calibration.seen_target import BLACK, GREEN, SeenTarget

LIMIT = 0.03
FEW_PHASES_PX = 3.3  # below that period, pixels along the rows stand at few phases of a wave
FEW_PHASES_LIMIT, FEW_PHASES_HIGH = 0.076, 0.005
FINER = 4  # drawn so much finer than the camera's pixels
FINEST_PX = 2.2  # nearer to the camera's Nyquist frequency a bar and its alias beat within the length of the bars


@pytest.fixture(scope="module")
def dry():
    return SeenTarget("40x", turn_deg=8.0)


@pytest.fixture(scope="module")
def oil():
    return SeenTarget("100x", turn_deg=98.0, mirrored=True, positive=False)


@pytest.fixture(scope="module")
def upright():
    return SeenTarget("40x", turn_deg=0.0)


def errors(seen, measured):
    """Contrast less the truth of all bars of enough pixels."""
    return [
        contrast - seen.true_contrast(element.group, element.element, horizontal=horizontal)
        for element in measured.elements
        for horizontal, contrast in ((True, element.horizontal), (False, element.vertical))
        if contrast is not None and 1000 / element.cycles_per_mm > FINEST_PX * seen.pixel_um
    ]


def test_contrast_through_the_dry_lens_is_the_true_one_for_a_turned_target(dry):
    measured = measure_target(dry.picture(), dry.pixel_um, black_level=BLACK)
    found = errors(dry, measured)
    assert len(found) == 40
    assert np.abs(found).max() <= LIMIT


def test_contrast_of_bars_that_lie_along_the_pixels_is_the_true_one(upright):
    measured = measure_target(upright.picture(), upright.pixel_um, black_level=BLACK)
    assert measured.place.turn_deg < 0.1
    found = errors(upright, measured)
    assert len(found) == 40
    assert np.abs(found).max() <= LIMIT


def test_contrast_of_bright_bars_in_a_mirrored_picture_through_oil_is_the_true_one(oil):
    measured = measure_target(oil.picture(), oil.pixel_um, black_level=BLACK)
    found = errors(oil, measured)
    assert not measured.dark
    assert len(found) > 25
    assert np.abs(found).max() <= LIMIT


def test_the_target_tells_the_pixel_size_and_where_it_lies(dry):
    place = measure_target(dry.picture(), dry.pixel_um * 1.04).place
    assert place.layout == "compact"
    assert place.pixel_um == pytest.approx(dry.pixel_um, rel=1e-3)
    for group, element in ((8, 1), (9, 6), (11, 6)):
        true = dry.bars(group, element, horizontal=True)
        square = next(s for s in place.squares if (s.group, s.element, s.horizontal) == (group, element, True))
        assert abs(place.point_px(square.centre_um) - true.centre_px) < 0.2


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("mirrored", [False, True])
def test_every_camera_orientation_gives_the_same_contrasts(dry, turns, mirrored):
    picture = dry.picture()
    seen = np.ascontiguousarray(np.rot90(picture[:, ::-1] if mirrored else picture, turns))
    upright, turned = (measure_target(pixels, dry.pixel_um, black_level=BLACK).elements for pixels in (picture, seen))
    for one, other in zip(upright, turned, strict=True):
        assert (one.group, one.element) == (other.group, other.element)
        assert other.horizontal == pytest.approx(one.horizontal, abs=0.02)
        assert other.vertical == pytest.approx(one.vertical, abs=0.02)


def test_a_whole_target_needs_no_pixel_size(dry):
    assert measure_target(dry.picture(), black_level=BLACK).place.pixel_um == pytest.approx(dry.pixel_um, rel=1e-3)


def test_a_picture_of_the_target_serves_as_template(dry, oil):
    triplets, _ = find_triplets(dry.picture()[..., GREEN].astype(np.float32))
    measured = measure_target(oil.picture(), oil.pixel_um, template=squares_of_template(triplets, 8))
    assert measured.place.layout == "template"
    assert measured.place.pixel_um == pytest.approx(oil.pixel_um, rel=0.01)


def drawn_standard_target(turn_deg, pixel_um, side=620):
    """Groups 6 and 7 of the standard layout, blurred, unevenly lit and with noise."""
    picture = np.full((side * FINER, side * FINER), 220, np.uint8)
    turn = np.exp(1j * np.deg2rad(turn_deg)) / pixel_um * FINER
    for square in (s for s in STANDARD.squares() if 6 <= s.group <= 7):
        along = 1.25 * square.across_um * 1j
        for bar in (-1, 0, 1):
            middle, half = square.centre_um + bar * square.across_um, 0.25 * square.across_um
            corners = [middle + a * along + b * half for a, b in ((-1, -1), (-1, 1), (1, 1), (1, -1))]
            points = [corner * turn + complex(side, side) * FINER / 2 for corner in corners]
            cv2.fillPoly(picture, [np.rint([[p.real, p.imag] for p in points]).astype(np.int32)], 20)
    light = cv2.GaussianBlur(cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA).astype(float), (0, 0), 1.2)
    light *= np.linspace(0.92, 1.08, side)
    levels = np.rint(light + np.random.default_rng(0).normal(0, 3, light.shape)).clip(0, 255).astype(np.uint8)
    return np.repeat(levels[..., None], 3, axis=2)


@pytest.mark.parametrize("turn_deg", [0.0, 12.0, 200.0])
def test_a_target_as_sold_is_found_in_uneven_light(turn_deg):
    measured = measure_target(drawn_standard_target(turn_deg, 0.5), 0.515)
    assert measured.place.layout == "standard"
    assert measured.place.pixel_um == pytest.approx(0.5, rel=2e-3)
    assert [(e.group, e.element) for e in measured.elements] == [(g, e) for g in (6, 7) for e in range(1, 7)]
    contrasts = [e.contrast for e in measured.elements]
    assert contrasts == sorted(contrasts, reverse=True) or max(np.diff(contrasts)) < 0.03
    assert min(contrasts) > 0.5


def test_a_wrong_pixel_size_is_said(dry):
    with pytest.raises(MeasurementError, match=r"with 0\.25 µm as pixel size they fit no USAF target"):
        measure_target(dry.picture(), 0.25)


@pytest.mark.parametrize("pixel_um", [0.0, -1.0, np.nan])
def test_a_pixel_size_that_is_none_is_refused(dry, pixel_um):
    with pytest.raises(MeasurementError, match="give a number above 0"):
        measure_target(dry.picture(), pixel_um)


def flat(level, dtype=np.uint8):
    return np.full((96, 96, 3), level, dtype)


@pytest.mark.parametrize(
    ("pixels", "says"),
    [
        (flat(120), "blank"),
        (flat(255), "saturated"),
        (flat(0), "not brighter than its black level"),
        (flat(0.5, np.float32), "give uint8 or uint16"),
        (np.full((96, 96), 7, np.uint8), "give uint8 or uint16"),
        (np.random.default_rng(0).integers(0, 255, (96, 96, 3)).astype(np.uint8), "0 triplets of bars"),
    ],
)
def test_a_picture_without_a_target_is_refused_in_words(pixels, says):
    with pytest.raises(MeasurementError, match=says):
        measure_target(pixels, 0.185)


def test_pixels_at_the_limit_are_counted(dry):
    picture = dry.picture()
    brightest = np.where(picture > np.percentile(picture, 75), 65535, picture).astype(np.uint16)
    assert measure_target(brightest, dry.pixel_um).clipped == pytest.approx(0.25, abs=0.05)


def three_bars(contrast, period_px, turn_rad, *, dark=True, side=160, aside_px=0.0):
    """Three cosine periods on their mean, which is what a blurred element shows."""
    rows, columns = np.indices((side, side))
    centre = complex(side / 2 - 0.3 + aside_px, side / 2 + 0.2 + aside_px)
    across = period_px * np.exp(1j * turn_rad)
    periods = ((columns + 1j * rows - centre) / across).real
    wave = np.cos(2 * np.pi * periods) * (-1 if dark else 1)
    return (1000 * (1 + contrast * wave)).astype(np.float32), Bars(centre_px=centre, across_px=across, dark=dark)


@settings(max_examples=40)
@given(
    contrast=st.floats(0.02, 0.95),
    period_px=st.floats(FEW_PHASES_PX, 30.0),
    turn_rad=st.floats(-np.pi, np.pi),
    dark=st.booleans(),
)
def test_the_contrast_of_a_wave_is_its_amplitude(contrast, period_px, turn_rad, dark):
    plane, bars = three_bars(contrast, period_px, turn_rad, dark=dark)
    assert bar_contrast(plane, bars) == pytest.approx(contrast, abs=LIMIT)


FINEST = {
    "contrast": st.floats(0.02, 0.95),
    "period_px": st.floats(3.0, FEW_PHASES_PX),
    "quarter": st.integers(0, 3),
    "dark": st.booleans(),
    "aside_px": st.floats(0.0, 1.0),
}


@settings(max_examples=30)
@given(turn_deg=st.floats(5.0, 85.0), **FINEST)
def test_so_is_that_of_the_finest_wave_across_the_pixel_rows(turn_deg, quarter, contrast, period_px, dark, aside_px):
    turn_rad = np.deg2rad(turn_deg + 90 * quarter)
    plane, bars = three_bars(contrast, period_px, turn_rad, dark=dark, aside_px=aside_px)
    assert bar_contrast(plane, bars) == pytest.approx(contrast, abs=LIMIT)


@settings(max_examples=30)
@example(turn_deg=0.0, quarter=0, contrast=0.95, period_px=3.0, dark=False, aside_px=0.3)
@given(turn_deg=st.floats(-5.0, 5.0), **FINEST)
def test_along_the_pixel_rows_it_is_read_low_but_by_no_more_than_measured(
    turn_deg, quarter, contrast, period_px, dark, aside_px
):
    """The worst of both kinds of light and all phases is -0.0757."""
    turn_rad = np.deg2rad(turn_deg + 90 * quarter)
    plane, bars = three_bars(contrast, period_px, turn_rad, dark=dark, aside_px=aside_px)
    assert -FEW_PHASES_LIMIT < bar_contrast(plane, bars) - contrast < FEW_PHASES_HIGH


@settings(max_examples=20)
@given(aside=st.floats(0.3, 0.5), turn_rad=st.floats(-np.pi, np.pi))
def test_bars_that_are_not_where_they_should_be_are_lost(aside, turn_rad):
    plane, bars = three_bars(0.5, 12.0, turn_rad)
    moved = Bars(centre_px=bars.centre_px + aside * bars.across_px, across_px=bars.across_px, dark=True)
    assert bar_contrast(plane, moved) == 0


def test_even_light_has_no_contrast():
    plane, bars = three_bars(0.0, 9.0, 0.4)
    assert bar_contrast(plane, bars) == 0


def test_bars_half_outside_the_picture_are_left_out(dry):
    picture = dry.picture()[:, :300]
    elements = measure_target(np.ascontiguousarray(picture), dry.pixel_um).elements
    assert {(e.group, e.element) for e in elements} < {(g, e) for g in range(8, 12) for e in range(1, 7)}


def test_fine_bars_are_called_uncertain_only_on_a_target_that_is_not_turned_and_tells_nothing_of_the_lens(dry, upright):
    measured = measure_target(upright.picture(), upright.pixel_um, black_level=BLACK)
    assert measured.learnt
    assert measured.uncertain == ()
    first = replace(measured, learnt=False).uncertain[0]
    assert (first.group, first.element) == (10, 3)
    turned = measure_target(dry.picture(), dry.pixel_um, black_level=BLACK)
    assert turned.place.turn_deg == pytest.approx(8.0, abs=0.1)
    assert replace(turned, learnt=False).uncertain == ()


def test_the_finest_element_is_the_last_before_the_first_that_is_lost(dry):
    told = [(0.9, 0.8), (0.5, None), (0.0, 0.4), (0.3, 0.3)]
    elements = tuple(
        Element(group=8, element=n, cycles_per_mm=256.0 * n, horizontal=h, vertical=v)
        for n, (h, v) in enumerate(told, start=1)
    )
    place = measure_target(dry.picture(), dry.pixel_um).place
    assert TargetContrast(elements=elements, place=place, dark=True, clipped=0.0, learnt=True).finest == elements[1]


def test_blur_lowers_the_contrast_of_every_fine_element(dry):
    picture = dry.picture()
    blurred = cv2.GaussianBlur(picture, (0, 0), 1.0)
    sharp, soft = (measure_target(p, dry.pixel_um, black_level=BLACK).elements for p in (picture, blurred))
    fine = [(a.contrast, b.contrast) for a, b in zip(sharp, soft, strict=False) if a.group >= 10]
    assert all(after < before for before, after in fine)
