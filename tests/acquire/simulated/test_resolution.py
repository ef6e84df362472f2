"""How fine the simulated objectives see, measured on their pictures, against what their apertures say."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from acquire.simulated.imaging import Renderer
from acquire.simulated.lens import Grid, Lens
from acquire.simulated.specimens.specimen import Slide
from acquire.simulated.specimens.targets import usaf
from acquire.simulated.specimens.targets.usaf import Usaf
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


USAF_UM = 0.55
EXPECTED_CONTRAST = {1.0: {1: 0.68, 2: 0.45, 3: 0.19, 4: 0.0}, 1.4: {4: 0.65}}
"""Of group 11 by numerical aperture and element; 0 is lost."""


@dataclass(frozen=True)
class GreenLens(Lens):
    """A lens whose three colours are all that of the USAF table."""

    def optics(self, colour):
        return replace(super().optics(colour), wavelength_um=USAF_UM)


def bar_contrast(na, element):
    """Contrast of the three bars: (max of 2 - min of 3) / sum; 0 when an extremum lies over a fifth of a period off."""
    target = Usaf()
    bars = target.bars(11, element)[:3]
    period_um = 1 / usaf.frequency(11, element)
    middle = np.array(bars[1].centre_um)
    across = np.array(bars[2].centre_um) - middle
    across /= np.hypot(*across)
    step_um, count = period_um / 40, 161
    start = middle - across * step_um * (count - 1) / 2
    aside = np.array([-across[1], across[0]])
    matrix = np.column_stack([across * step_um, aside * step_um, start])
    grid = Grid(matrix=matrix, columns=count, rows=1)
    line = Renderer(Slide(target)).render(grid, GreenLens(na=na, condenser_na=0.55), 0.0)[0, :, 1]
    places = {
        name: (count - 1) / 2 + 40 * np.array(at) for name, at in {"dark": (-1, 0, 1), "bright": (-0.5, 0.5)}.items()
    }
    dark, bright = (
        [extremum(sign * line, place) for place in places[name]] for name, sign in (("dark", -1), ("bright", 1))
    )
    if None in dark or None in bright:
        return 0.0
    high, low = max(bright), min(-value for value in dark)
    return (high - low) / (high + low)


def extremum(line, place):
    """Largest value within half a period of a place, or None when it lies more than a fifth of a period from it."""
    first = round(place) - 20
    at = first + int(np.argmax(line[first : first + 41]))
    return line[at] if abs(at - place) <= 40 / 5 else None


@pytest.mark.parametrize(
    ("na", "element"), [(na, element) for na, table in EXPECTED_CONTRAST.items() for element in table]
)
def test_the_finest_usaf_bars_show_the_contrast_of_the_table(na, element):
    assert bar_contrast(na, element) == pytest.approx(EXPECTED_CONTRAST[na][element], abs=0.05)


def test_ten_micrometres_of_cover_glass_cost_a_dry_lens_a_third_of_its_mid_band():
    sound = Lens(na=0.95, condenser_na=0.55, immersion_index=1.0)
    thick = replace(sound, cover_error_um=10.0)
    middle = sound.optics(1).cutoff / 2
    assert response(sound, middle, 1) == pytest.approx(0.65, abs=0.03)
    assert response(thick, middle, 1) == pytest.approx(0.46, abs=0.05)
