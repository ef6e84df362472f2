"""Consistency: truth agrees with what the weaker objective saw of it; what is invented below its cut-off does not."""

from dataclasses import replace

import numpy as np
import pytest

from acquire.simulated.detector import develop
from acquire.simulated.faults import Sensor
from acquire.simulated.imaging import Renderer
from acquire.simulated.specimens.kinds import make_specimen
from acquire.simulated.specimens.specimen import Slide
from acquire.simulated.truth import finer
from benchmarks.honesty_fields import DRY, OIL, PIXEL_UM, RATIO
from calibration.flatfield import GLASS_LEVEL
from enhance.trust.consistency import consistency
from enhance.trust.reimaging import gains, lenses_of
from tests.acquire.simulated.conftest import grid_of
from tests.enhance.models import checkpoint
from tests.enhance.small_pairs import OPTICS

SIDE = 160
WHITE = 255
NEAR_PERFECT = (0.85, 1.2)
MODEL = checkpoint(optics=OPTICS, pixel_um={"low": PIXEL_UM, "high": PIXEL_UM / 2.5})


@pytest.fixture(scope="module", params=["lung", "kidney", "breast"])
def pair(request):
    """A frame of the 40x, and the noise-free 100x picture of the same place."""
    renderer = Renderer(Slide(make_specimen({"kind": request.param, "seed": 77})))
    grid = grid_of(PIXEL_UM, SIDE, SIDE, centre_um=(900.0, 800.0))
    low, high = (GLASS_LEVEL * renderer.render(g, lens, 0.0) for g, lens in ((grid, DRY), (finer(grid, RATIO), OIL)))
    sensor = Sensor(gains=(1.0, 1.0, 1.0))
    return develop(low * np.float32(sensor.full_well_e), sensor, noise_key="consistency"), high


def bytes_of(picture):
    return np.rint(np.clip(WHITE * picture, 0, WHITE)).astype(np.uint8)


def waves(high, frequency, amplitude):
    """The picture with a grating of that many cycles per µm in its density."""
    x_um = np.arange(high.shape[1]) * PIXEL_UM / 2.5
    return high * np.exp(amplitude * np.sin(2 * np.pi * frequency * x_um))[None, :, None]


def score(low, high):
    return consistency(low, bytes_of(high), MODEL, white_level=WHITE).score


def test_truth_agrees_with_its_input(pair):
    assert NEAR_PERFECT[0] <= score(*pair) <= NEAR_PERFECT[1]


@pytest.mark.parametrize(("frequency", "amplitude"), [(0.8, 0.05), (1.5, 0.08)])
def test_structure_invented_below_the_cut_off_is_seen(pair, frequency, amplitude):
    low, high = pair
    assert consistency(low, bytes_of(waves(high, frequency, amplitude)), MODEL, white_level=WHITE).doubtful


def test_structure_invented_beyond_the_cut_off_is_not_seen(pair):
    low, high = pair
    assert score(low, waves(high, 3.6, 0.08)) == pytest.approx(score(low, high), abs=0.03)


def test_the_map_shows_where_something_was_pasted(pair):
    low, high = pair
    pasted = high.copy()
    pasted[:80, :80] = high[200:280, 200:280]
    cells = consistency(low, bytes_of(pasted), MODEL, white_level=WHITE).cells
    assert np.unravel_index(cells.argmax(), cells.shape) == (0, 0)
    assert cells[0, 0] > 2 > cells[3:, 3:].max()


def test_a_shift_by_one_pixel_of_the_input_is_seen(pair):
    low, high = pair
    assert score(low, np.roll(high, 3, axis=1)) > 1.5


def test_the_blocks_of_a_large_picture_do_not_show(pair, monkeypatch):
    low, high = pair
    whole = consistency(low, bytes_of(high), MODEL, white_level=WHITE)
    monkeypatch.setattr("enhance.trust.consistency.BLOCK_PX", 64)
    cut = consistency(low, bytes_of(high), MODEL, white_level=WHITE)
    assert cut.score == pytest.approx(whole.score, abs=0.02)


def test_a_model_without_lenses_gives_no_answer(pair):
    low, high = pair
    assert consistency(low, bytes_of(high), replace(MODEL, optics={}), white_level=WHITE) is None


def test_the_weaker_lens_passes_all_of_what_is_coarse_and_nothing_beyond_its_cut_off():
    for lenses in lenses_of(OPTICS):
        radii, gain, left = gains(lenses)
        assert gain[0] == pytest.approx(1, abs=1e-6)
        assert left[0] == pytest.approx(0, abs=1e-6)
        assert not gain[radii >= lenses.low.cutoff].any()
        assert ((left >= 0) & (left <= 1)).all()
