import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from acquire.simulated.specimens.specimen import SPECIMEN_BAND, Slide
from acquire.simulated.specimens.targets.edge import SlantedEdge
from acquire.simulated.specimens.targets.filtered import FilteredNoise
from acquire.simulated.specimens.targets.micrometer import StageMicrometer
from acquire.simulated.specimens.targets.points import Points
from acquire.simulated.specimens.targets.star import SiemensStar
from acquire.simulated.specimens.targets.usaf import Usaf
from acquire.simulated.specimens.window import TILE_PX, Window
from acquire.simulated.told import overridden
from calibration.errors import RigError

PITCH_UM = 0.092
ONE_TILE = Window(column=21 * TILE_PX, row=21 * TILE_PX, columns=TILE_PX, rows=TILE_PX, pitch_um=PITCH_UM)
OPAQUE = (
    Usaf(rotation_deg=20.0),
    Usaf(positive=False),
    SlantedEdge(),
    SiemensStar(),
    StageMicrometer(rotation_deg=0.5),
    Points(),
)
TARGETS = (*OPAQUE, FilteredNoise())
HASHES = """
from tests.acquire.simulated.specimens.targets.test_targets import hashes
print(*hashes())
"""


def hashes():
    return [hashlib.sha256(target.tile(ONE_TILE).tobytes()).hexdigest() for target in TARGETS]


def around_centre(pitch_um, side_um):
    """Window round (500, 500) µm, where the targets are, with its corner on a point of all pitches of 1/16 µm / n."""
    side = round(side_um / pitch_um)
    first = round((500 - side_um / 2) / pitch_um)
    return Window(column=first, row=first, columns=side, rows=side, pitch_um=pitch_um)


def amplitude(target, window):
    """What gets through the sheet, as a share of the amplitude of the light."""
    return 10 ** (-0.5 * Slide(target).render(window)[0, 0].astype(np.float64))


@pytest.mark.parametrize("target", TARGETS, ids=repr)
def test_a_window_is_the_same_bytes_as_that_area_of_a_larger_one(target):
    whole = Slide(target).render(around_centre(PITCH_UM, 36.8))
    part = around_centre(PITCH_UM, 7.36)
    offset = part.row - around_centre(PITCH_UM, 36.8).row
    seen = whole[:, :, offset : offset + part.rows, offset : offset + part.columns]
    assert Slide(target).render(part).tobytes() == seen.tobytes()


def test_another_process_computes_the_same_bytes():
    root = Path(__file__).resolve().parents[5]
    there = subprocess.run([sys.executable, "-c", HASHES], cwd=root, capture_output=True, check=True, text=True)
    assert there.stdout.split() == hashes()


@pytest.mark.parametrize("target", TARGETS, ids=repr)
def test_two_pitches_whose_tiles_end_at_different_places_show_the_same(target):
    coarse = amplitude(target, around_centre(0.125, 34.0))
    fine = amplitude(target, around_centre(0.0625, 34.0))
    assert np.abs(fine[::2, ::2] - coarse).max() < 1e-5


@pytest.mark.parametrize("target", TARGETS, ids=repr)
def test_next_to_no_power_lies_beyond_the_band_of_specimens(target):
    passed = amplitude(target, around_centre(0.0625, 24.0))
    taper = np.hanning(passed.shape[0])
    power = np.abs(np.fft.fft2((passed - passed.mean()) * taper * taper[:, None])) ** 2
    across = np.fft.fftfreq(passed.shape[0], 0.0625)
    beyond = np.hypot(across, across[:, None]) > SPECIMEN_BAND
    assert power[beyond].sum() / power.sum() < 5e-4


@pytest.mark.parametrize("target", OPAQUE, ids=repr)
def test_nothing_is_much_darker_than_chrome_and_the_glass_is_clear(target):
    amounts = target.tile(ONE_TILE)[0, 0]
    assert amounts.max() <= target.optical_density + 2.0001
    assert np.abs(amounts).min() < 1e-4


@pytest.mark.parametrize("target", TARGETS, ids=repr)
def test_a_target_absorbs_all_colours_alike_in_one_thin_sheet(target):
    assert target.depths_um == (0.0,)
    assert np.allclose(target.absorbance, np.log(10))
    assert not target.tile(ONE_TILE)[:, 1].any()


@pytest.mark.parametrize("target", TARGETS, ids=repr)
def test_opaque_targets_are_imaged_as_such_and_weak_ones_as_tissue(target):
    assert target.fidelity == ("product" if target in OPAQUE else "log")


@pytest.mark.parametrize("target", OPAQUE, ids=repr)
def test_a_target_that_does_not_absorb_is_refused(target):
    with pytest.raises(RigError, match="optical_density is -1"):
        overridden(target, {"optical_density": -1}, "simulated.specimen")
