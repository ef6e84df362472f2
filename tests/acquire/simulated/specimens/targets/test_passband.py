import numpy as np
import pytest

from acquire.simulated.specimens.specimen import SPECIMEN_BAND
from acquire.simulated.specimens.targets.chrome import room, sheet
from acquire.simulated.specimens.targets.passband import kept, within

STEP_UM = 0.005
COUNT = 4096
FREQUENCY = np.fft.rfftfreq(COUNT, STEP_UM)
PASSBAND = FREQUENCY < 4.3
CHROME = -np.inf, room(2.7)[1]


def bars(line_pairs):
    """Three bars of so many line pairs per µm, as sharp as targets are."""
    width = 0.5 / line_pairs
    one = width * np.sinc(FREQUENCY * width) * np.exp(-1j * np.pi * FREQUENCY * COUNT * STEP_UM)
    spectrum = one * (1 + 2 * np.cos(4 * np.pi * FREQUENCY * width)) * kept(FREQUENCY)
    return np.fft.irfft(spectrum / STEP_UM).astype(np.float32)


def passed(values):
    return np.fft.rfft(values)[PASSBAND] * STEP_UM


def test_what_lenses_show_is_kept_whole():
    assert kept(np.linspace(0, 4.9, 50)).min() > 0.995


def test_what_the_lattice_cannot_hold_is_not_kept():
    assert kept(np.linspace(SPECIMEN_BAND, 20, 50)).max() < 0.005


@pytest.mark.parametrize("line_pairs", [0.3, 1.0, 2.6, 3.2])
def test_bars_are_made_to_fit_the_room_there_is(line_pairs):
    sharp = bars(line_pairs)
    assert sharp.max() > CHROME[1] + 0.03
    assert within(sharp, FREQUENCY, CHROME, axes=(0,)).max() < CHROME[1] + 0.01


@pytest.mark.parametrize("line_pairs", [0.3, 1.0, 2.6, 3.2])
def test_what_makes_bars_fit_is_hidden_from_lenses(line_pairs):
    sharp = bars(line_pairs)
    fitting = within(sharp, FREQUENCY, CHROME, axes=(0,))
    assert np.abs(passed(fitting - sharp)).max() < 1e-4 * np.abs(passed(sharp)).max()


def test_clear_bars_in_chrome_are_made_to_fit_as_well():
    least = room(2.7)[0]
    sharp = bars(1.0)
    assert sharp.min() < least - 0.03
    assert within(sharp, FREQUENCY, (least, np.inf), axes=(0,)).min() > least - 0.01


def test_values_that_fit_are_left_alone():
    sharp = bars(1.0)
    assert within(sharp, FREQUENCY, (-1.0, 2.0), axes=(0,)) is sharp


def test_the_amplitude_that_passes_is_a_straight_line_of_coverage():
    coverage = np.linspace(-0.1, 1.0, 12)[None]
    amount = sheet(coverage, 2.0)[0, 0].astype(np.float64)
    assert np.allclose(10 ** (-amount / 2), 1 - 0.9 * coverage, atol=1e-6)
