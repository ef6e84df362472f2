import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acquire.simulated.exposure import intensities
from acquire.simulated.imaging import GUARD_UM, Renderer
from acquire.simulated.specimens.glass import EmptyGlass
from acquire.simulated.specimens.kinds import make_specimen
from acquire.simulated.specimens.specimen import Slide
from acquire.simulated.specimens.stains import napierian
from acquire.simulated.spectra import sheets_of
from calibration.affine import apply, invert
from calibration.transfer import COLOURS_UM, TABLE_RADII, absorption, phase, transfer
from tests.acquire.simulated.conftest import DRY, OIL, Dot, Grating, centroid, grid_of

GREEN = 1
PIXEL_UM = 0.1


def rendered(specimen, grid, lens, depth_um=0.0):
    return Renderer(Slide(specimen)).render(grid, lens, depth_um)


def green_wave(specimen, lens, depth_um=0.0):
    """Amplitude of the grating in the density that the picture shows."""
    period_px = 1 / (specimen.frequency * PIXEL_UM)
    columns = round(round(200 / period_px) * period_px)
    density = -np.log(rendered(specimen, grid_of(PIXEL_UM, columns, 8), lens, depth_um)[4, :, GREEN])
    x_um = (np.arange(columns) - (columns - 1) / 2) * PIXEL_UM
    return 2 * np.mean(density * np.cos(2 * np.pi * specimen.frequency * x_um))


def expected(kind, lens, frequency, defocus_um):
    optics = lens.optics(GREEN)
    table = kind(transfer(optics, defocus_um))
    passed = np.interp(frequency, np.linspace(0, optics.cutoff, TABLE_RADII), table, right=0.0)
    return float(passed * np.sinc(frequency * PIXEL_UM))


def test_empty_glass_is_even_and_lets_all_light_through():
    assert np.allclose(rendered(EmptyGlass(), grid_of(0.2, 60, 40, turn_deg=30), DRY, 3.0), 1, atol=1e-6)


@pytest.mark.parametrize("lens", [DRY, OIL])
@pytest.mark.parametrize("frequency", [0.25, 1.0, 2.0, 2.5])
@pytest.mark.parametrize("depth_um", [0.0, 0.5])
def test_absorbance_shows_as_the_transfer_function_says(lens, frequency, depth_um):
    stained = napierian(("iron haematoxylin",))[0, GREEN]
    shown = green_wave(Grating(frequency, amplitude=0.02), lens, depth_um) / (0.02 * stained)
    assert shown == pytest.approx(expected(absorption, lens, frequency, -depth_um), abs=0.02)


@pytest.mark.parametrize("depth_um", [-0.5, 0.5])
def test_phase_shows_out_of_focus_with_the_sign_of_the_light_that_comes_from_the_slide(depth_um):
    shown = green_wave(Grating(1.0, path_um=0.002), OIL, depth_um)
    radians = 2 * np.pi / COLOURS_UM[GREEN] * 0.002
    assert shown == pytest.approx(-radians * expected(phase, OIL, 1.0, -depth_um), rel=0.05)


def test_a_deeper_sheet_is_sharp_when_the_focus_is_deeper():
    there = green_wave(Grating(1.5, amplitude=0.02, depth_um=0.8), OIL, 0.8)
    elsewhere = green_wave(Grating(1.5, amplitude=0.02, depth_um=0.8), OIL, -0.8)
    assert abs(elsewhere) < 0.3 * there


@pytest.mark.parametrize("lens", [DRY, OIL])
def test_nothing_is_shown_beyond_the_cutoff(lens):
    just_beyond = 1.02 * lens.optics(GREEN).cutoff
    assert abs(green_wave(Grating(just_beyond, amplitude=0.02), lens)) < 1e-5


@given(
    st.floats(-40, 40),
    st.floats(-40, 40),
    st.floats(-180, 180),
    st.sampled_from([0.074, 0.185]),
)
@settings(deadline=None, max_examples=10)
def test_a_dot_is_seen_where_the_grid_says(x_um, y_um, turn_deg, pixel_um):
    side = round(12 / pixel_um)
    grid = grid_of(pixel_um, side, side, centre_um=(x_um + 1.3, y_um - 0.9), turn_deg=turn_deg)
    found = centroid(rendered(Dot(x_um, y_um), grid, OIL))
    assert np.allclose(found, apply(invert(grid.matrix), (x_um, y_um)), atol=0.02)


def test_a_part_of_a_picture_is_rendered_as_in_the_whole():
    grid = grid_of(0.185, 160, 160, centre_um=(700.0, 300.0), turn_deg=0.5)
    renderer = Renderer(Slide(make_specimen({"seed": 2})))
    whole = renderer.render(grid, DRY, 0.4)
    part = Renderer(renderer.slide).render(grid.part(60, 90, 40, 30), DRY, 0.4)
    assert np.sqrt(np.mean((part - whole[90:120, 60:100]) ** 2)) < 3e-4


def test_a_picture_of_many_blocks_shows_no_seam():
    grid = grid_of(0.5, 300, 16, centre_um=(500.0, 500.0))
    renderer = Renderer(Slide(make_specimen({"seed": 2})))
    whole = renderer.render(grid, DRY, 0.0)
    middle = Renderer(renderer.slide).render(grid.part(120, 0, 60, 16), DRY, 0.0)
    assert np.abs(middle - whole[:, 120:180]).max() < 3e-3


@pytest.mark.parametrize("lens", [DRY, OIL])
def test_the_pitch_a_lens_gets_by_with_shows_what_a_fine_one_shows(lens):
    grid = grid_of(0.1, 96, 96, centre_um=(1050.0, 1050.0), turn_deg=0.4)
    slide = Slide(make_specimen({"seed": 1}))
    pictures = []
    for pitch_um in (lens.pitch_um, 0.035):
        window = grid.window(pitch_um).grown(GUARD_UM).whole_tiles()
        pictures.append(intensities(sheets_of(slide, window, lens.cutoff), grid, lens, slide.specimen.depths_um, 0.1))
    assert np.sqrt(np.mean((pictures[0] - pictures[1]) ** 2)) < 1e-3


def test_a_high_aperture_shows_finer_detail_of_the_same_tissue():
    grid = grid_of(0.074, 256, 256, centre_um=(1050.0, 1050.0))
    renderer = Renderer(Slide(make_specimen({"seed": 1})))
    low, high = (renderer.render(grid, lens, 0.0)[..., GREEN] for lens in (DRY, OIL))
    assert np.corrcoef(low.ravel(), high.ravel())[0, 1] > 0.95
    assert fine_energy(high) > 2 * fine_energy(low)


def fine_energy(picture):
    """Mean square between 1.6 and 2.6 cycles per µm."""
    windowed = (picture - picture.mean()) * np.hanning(256) * np.hanning(256)[:, None]
    frequency = np.hypot(np.fft.fftfreq(256, 0.074)[:, None], np.fft.rfftfreq(256, 0.074))
    return np.square(np.abs(np.fft.rfft2(windowed)))[(frequency > 1.6) & (frequency < 2.6)].sum()
