"""The independent band: where it lies, that it follows from nothing, and that only a 100x sees it."""

from dataclasses import replace

import numpy as np
import pytest

from acquire.simulated.imaging import Renderer
from acquire.simulated.specimens.band import BAND, band_noise
from acquire.simulated.specimens.kinds import make_specimen
from acquire.simulated.specimens.specimen import Slide
from acquire.simulated.specimens.window import Window
from tests.acquire.simulated.conftest import DRY, OIL, grid_of

GREEN, BLUE = 1, 2
SEEDS = range(1, 25)
PITCH_UM = 0.085
CHANCE = 1.96  # half of the 95 % interval, in standard errors


def window(side=512, column=4000, row=-3000):
    return Window(column=column, row=row, columns=side, rows=side, pitch_um=PITCH_UM)


def projected(seed):
    return band_noise(window(), seed, 5).sum(axis=0)


def correlation(one, other):
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def inside_chance(correlations):
    """Whether the mean of signed correlations lies inside the interval that their own spread gives to chance."""
    values = np.array(correlations)
    return abs(values.mean()) <= CHANCE * values.std(ddof=1) / np.sqrt(values.size)


def test_all_of_it_lies_between_the_two_objectives():
    picture = band_noise(window(1024), 3, 1)[0] * np.hanning(1024) * np.hanning(1024)[:, None]
    power = np.abs(np.fft.rfft2(picture)) ** 2
    frequency = np.hypot(np.fft.fftfreq(1024, PITCH_UM)[:, None], np.fft.rfftfreq(1024, PITCH_UM))
    assert power[(frequency > BAND[0]) & (frequency < BAND[1])].sum() > 0.999 * power.sum()


def test_its_variance_is_one():
    assert np.mean([np.var(band_noise(window(), seed, 5)) for seed in range(6)]) == pytest.approx(1, abs=0.15)


def test_a_part_of_a_window_is_that_part_of_its_band():
    whole, part = band_noise(window(), 2, 3), band_noise(window(64, 4100, -2900), 2, 3)
    assert np.allclose(part, whole[:, 100:164, 100:164], atol=2e-4)


def test_bands_of_different_seeds_have_nothing_in_common():
    bands = [projected(seed) for seed in SEEDS]
    assert inside_chance([correlation(bands[n], bands[n - 1]) for n in range(len(bands))])


@pytest.fixture(scope="module")
def seen():
    """For each seed: what the 40x sees of a tissue, in density, and the band that it holds, on one grid."""
    grid = grid_of(0.1, 192, 192, centre_um=(1000.0, 700.0))
    pairs = []
    for seed in SEEDS:
        specimen = make_specimen({"seed": seed})
        bare = replace(specimen, mounting=replace(specimen.mounting, band=0.0))
        low = -np.log(Renderer(Slide(specimen)).render(grid, DRY, 0.0))
        high = [-np.log(Renderer(Slide(one)).render(grid, OIL, 0.0)) for one in (specimen, bare)]
        pairs.append((low[..., GREEN], low[..., BLUE], high[0][..., GREEN] - high[1][..., GREEN], high[1][..., GREEN]))
    return pairs


@pytest.mark.truth
@pytest.mark.parametrize("what", [0, 1, 3], ids=["40x green", "40x blue", "100x without the band"])
def test_the_band_follows_from_nothing_else_that_is_seen(seen, what):
    assert inside_chance([correlation(picture[what], picture[2]) for picture in seen])


@pytest.mark.truth
def test_the_100x_sees_the_band(seen):
    """In the linear fidelity what the lens passes of it is the difference that it makes, and correlates with it."""
    assert min(float(np.std(picture[2])) for picture in seen) > 1e-4


def test_the_40x_sees_nothing_of_the_band():
    grid = grid_of(0.1, 96, 96, centre_um=(1000.0, 700.0))
    specimen = make_specimen({"seed": 1})
    bare = replace(specimen, mounting=replace(specimen.mounting, band=0.0))
    one, other = (Renderer(Slide(tissue)).render(grid, DRY, 0.0) for tissue in (specimen, bare))
    assert np.abs(one - other).max() < 1e-5
