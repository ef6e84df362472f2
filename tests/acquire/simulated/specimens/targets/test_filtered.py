import numpy as np
import pytest

from acquire.simulated.specimens.specimen import Slide
from acquire.simulated.specimens.targets.filtered import FilteredNoise
from acquire.simulated.specimens.window import Window
from calibration.errors import RigError

PITCH_UM = 0.0925
SIDE = 768
ACROSS = np.fft.fftfreq(SIDE, PITCH_UM)
FREQUENCY = np.hypot(ACROSS, ACROSS[:, None])


def absorbance(noise, column=0):
    window = Window(column=column, row=-700, columns=SIDE, rows=SIDE, pitch_um=PITCH_UM)
    return Slide(noise).render(window)[0, 0].astype(np.float64) * np.log(10)


def spectrum(noise):
    taper = np.hanning(SIDE)
    return np.abs(np.fft.fft2(absorbance(noise) * taper * taper[:, None])) ** 2


@pytest.mark.parametrize("noise", [FilteredNoise(), FilteredNoise(seed=7, low=1.0, high=2.0)])
def test_the_power_lies_within_the_band(noise):
    power = spectrum(noise)
    inside = (noise.low <= FREQUENCY) & (noise.high >= FREQUENCY)
    assert power[inside].sum() > 0.999 * power.sum()


def test_the_power_is_even_over_the_band():
    power = spectrum(FilteredNoise())
    rings = [power[(low <= FREQUENCY) & (low + 0.3 > FREQUENCY)].mean() for low in np.arange(0.4, 2.5, 0.3)]
    assert np.allclose(rings / np.mean(rings), 1, atol=0.1)


def test_the_power_is_the_same_in_all_directions():
    power = spectrum(FilteredNoise())
    angle = np.mod(np.arctan2(ACROSS[:, None], ACROSS), np.pi)
    inside = (FREQUENCY > 0.5) & (FREQUENCY < 2.6)
    sectors = [
        power[inside & (first <= angle) & (angle < first + np.pi / 6)].mean() for first in np.arange(6) * np.pi / 6
    ]
    assert np.allclose(sectors / np.mean(sectors), 1, atol=0.1)


@pytest.mark.parametrize("contrast", [0.1, 0.03])
def test_the_contrast_is_the_one_asked_for(contrast):
    values = absorbance(FilteredNoise(contrast=contrast))
    assert values.std() == pytest.approx(contrast, rel=0.02)
    assert values.mean() == pytest.approx(0, abs=0.01 * contrast)


def test_the_values_are_spread_as_those_of_gaussian_noise():
    values = absorbance(FilteredNoise()) / 0.1
    assert np.mean(values**4) == pytest.approx(3, abs=0.15)
    assert np.mean(np.abs(values) < 1) == pytest.approx(0.683, abs=0.01)


@pytest.mark.parametrize("other", [absorbance(FilteredNoise(seed=2)), absorbance(FilteredNoise(), column=5000)])
def test_another_seed_or_place_has_other_noise(other):
    assert np.corrcoef(absorbance(FilteredNoise()).ravel(), other.ravel())[0, 1] == pytest.approx(0, abs=0.03)


@pytest.mark.parametrize("told", [{"low": 3.0}, {"low": 0.0}, {"high": 8.0}, {"low": 0.05}])
def test_a_band_that_cannot_be_made_is_refused(told):
    with pytest.raises(RigError, match="cycles per µm"):
        FilteredNoise(**told)
