"""How fine the simulated objectives see, measured on their pictures, against what their apertures say."""

import numpy as np
import pytest

from acquire.simulated.imaging import Renderer
from acquire.simulated.specimen import Slide
from calibration.transfer import COLOURS_UM
from tests.acquire.simulated.conftest import DRY, OIL, Grating, grid_of

WEAK = 0.02  # absorbance of the grating: its contrast stays below 5 %
THRESHOLD = 1e-3
PIXELS, PIXEL_UM = 512, 0.04  # finer than any render pitch: the pixel takes 2 % at the cut-off


def response(lens, frequency, colour):
    """Share of a weak grating's contrast that reaches the picture in one colour."""
    grating = Grating(frequency=frequency, amplitude=WEAK)
    picture = Renderer(Slide(grating)).render(grid_of(PIXEL_UM, PIXELS, 8), lens, 0.0)
    density = -np.log(picture[4, :, colour].astype(np.float64))
    x_um = (np.arange(PIXELS) - (PIXELS - 1) / 2) * PIXEL_UM
    window = np.hanning(PIXELS)
    seen = 2 * abs(np.sum(window * (density - density.mean()) * np.exp(-2j * np.pi * frequency * x_um))) / window.sum()
    return seen / (WEAK * grating.absorbance[0, colour])


def measured_cutoff(lens, colour):
    """Highest frequency whose response is above the threshold, to 0.005 cycles per µm."""
    low, high = 1.0, 5.5
    while high - low > 0.005:
        middle = (low + high) / 2
        low, high = (middle, high) if response(lens, middle, colour) > THRESHOLD else (low, middle)
    return low


@pytest.mark.parametrize("colour", range(3), ids=["red", "green", "blue"])
@pytest.mark.parametrize("lens", [DRY, OIL], ids=["40x", "100x"])
def test_the_cut_off_of_a_weak_object_is_the_sum_of_the_apertures_over_the_wavelength(lens, colour):
    expected = (lens.na + lens.condenser_na) / COLOURS_UM[colour]
    measured = measured_cutoff(lens, colour)
    assert measured == pytest.approx(expected, rel=0.04)
