"""The middle of a section from the flanks of its through-focus energy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.errors import MeasurementError
from calibration.middle import band_energy, centroid_um, middle_um
from calibration.transfer import COLOURS_UM, Optics, absorption, phase, transfer

Z_UM = np.arange(-4.5, 4.6, 0.5)


def plateau(middle, half=2.0, soft=0.4):
    return 1 / (1 + np.exp(-(Z_UM - middle + half) / soft)) / (1 + np.exp((Z_UM - middle - half) / soft))


@given(st.floats(-1.2, 1.2), st.integers(0, 1000))
def test_the_middle_stays_where_the_flanks_are_whatever_the_layers_between_hold(middle, seed):
    teeth = np.where(plateau(middle) > 0.97, np.random.default_rng(seed).uniform(0.97, 1.03, Z_UM.size), 1.0)
    assert middle_um(Z_UM, plateau(middle) * teeth) == pytest.approx(middle, abs=0.06)


@given(st.floats(-1.2, 1.2), st.floats(-50, 50))
def test_the_middle_moves_with_the_drive_and_does_not_mind_its_direction(middle, offset):
    moved = middle_um((Z_UM + offset)[::-1], plateau(middle)[::-1])
    assert moved == pytest.approx(middle_um(Z_UM, plateau(middle)) + offset)


@pytest.mark.parametrize("middle", [-3.0, 3.0])
def test_a_stack_that_ends_inside_the_section_is_refused(middle):
    with pytest.raises(MeasurementError, match="as sharp at one end"):
        middle_um(Z_UM, plateau(middle))


def test_energy_is_counted_in_its_band_only():
    x = np.arange(256)
    grating = np.broadcast_to(128 + 60 * np.cos(2 * np.pi * 0.1 * x), (256, 256))
    picture = np.repeat(np.rint(grating)[..., None], 3, axis=-1).astype(np.uint8)
    picture[..., 0] = 128
    inside = band_energy(picture, pixel_um=0.1, band=(0.8, 1.2))
    outside = band_energy(picture, pixel_um=0.1, band=(1.3, 1.8))
    assert inside > 1000 * outside


def test_what_all_colours_show_alike_has_no_energy():
    picture = np.repeat(np.random.default_rng(0).integers(60, 200, (64, 64, 1), np.uint8), 3, axis=-1)
    assert band_energy(picture, pixel_um=0.1, band=(0.5, 4.0)) == pytest.approx(0.0, abs=1e-9)


PIXEL_UM, SIDE, CUTOFF = 0.185, 192, (0.95 + 0.55) / 0.54
LAYERS_UM = (-1.5, -0.5, 0.5, 1.5)
ABSORBS = (0.16, 0.85, 0.50)
"""Eosin in red, green and blue."""


def section_stack(path_um):
    """A section of 4 µm through 40x/0.95, whose optical path goes with its stain, in 16 bits without noise."""
    rng = np.random.default_rng(3)
    stain = 0.15 * np.fft.rfft2(rng.normal(0, 1, (len(LAYERS_UM), SIDE, SIDE)))
    radius = np.hypot(np.fft.fftfreq(SIDE, PIXEL_UM)[:, None], np.fft.rfftfreq(SIDE, PIXEL_UM))
    stack = np.zeros((Z_UM.size, SIDE, SIDE, 3))
    for colour, wavelength_um in enumerate(COLOURS_UM):
        optics = Optics(na=0.95, condenser_na=0.55, wavelength_um=wavelength_um)
        radii, wavenumber = np.linspace(0, optics.cutoff, 257), 2 * np.pi / wavelength_um
        for plane, z_um in enumerate(Z_UM):
            for layer, depth_um in enumerate(LAYERS_UM):
                table = transfer(optics, depth_um - z_um)
                passed = ABSORBS[colour] * absorption(table) - path_um * wavenumber * phase(table)
                stack[plane, ..., colour] += np.fft.irfft2(stain[layer] * np.interp(radius, radii, passed, right=0))
    return np.rint(30_000 * np.exp(-stack)).astype(np.uint16)


def seen_middle_um(stack):
    band = (0.18 * CUTOFF, 0.36 * CUTOFF)
    return middle_um(Z_UM, [band_energy(pixels, pixel_um=PIXEL_UM, band=band) for pixels in stack])


def test_refraction_does_not_move_the_middle_and_would_move_that_of_green_alone():
    stack = section_stack(path_um=0.02)
    green_alone = stack.copy()
    green_alone[..., 0] = 30_000
    assert seen_middle_um(stack) == pytest.approx(seen_middle_um(section_stack(path_um=0.0)), abs=0.05)
    assert abs(seen_middle_um(green_alone) - seen_middle_um(stack)) > 0.15


def test_a_band_that_the_picture_does_not_hold_is_refused():
    with pytest.raises(MeasurementError, match="holds no frequency"):
        band_energy(np.full((16, 16, 3), 100, np.uint8), pixel_um=1.0, band=(2.0, 3.0))


@given(st.floats(-4.5, 4.5))
def test_the_centroid_of_what_a_stack_holds_lies_inside_the_section(middle):
    assert abs(centroid_um(Z_UM, plateau(middle)) - middle) < 2.0
    assert centroid_um(Z_UM, np.ones(Z_UM.size)) == pytest.approx(0.0)
