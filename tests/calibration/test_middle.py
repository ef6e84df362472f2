"""The middle of a section from the flanks of its through-focus energy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.errors import MeasurementError
from calibration.middle import band_energy, middle_um

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
    inside = band_energy(picture, pixel_um=0.1, band=(0.8, 1.2))
    outside = band_energy(picture, pixel_um=0.1, band=(1.3, 1.8))
    assert inside > 1000 * outside


def test_a_band_that_the_picture_does_not_hold_is_refused():
    with pytest.raises(MeasurementError, match="holds no frequency"):
        band_energy(np.full((16, 16, 3), 100, np.uint8), pixel_um=1.0, band=(2.0, 3.0))
