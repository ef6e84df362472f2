"""The one microscope implementation over the stock demo configuration, unchanged."""

import numpy as np
import pytest

from acquire.errors import DeviceError, InterlockError
from acquire.open import open_microscope
from calibration.rig import load_rig
from tests.acquire.turns import rig_with_slide, z_before_each_turn
from tests.contracts.microscope import MicroscopeContract

pytestmark = pytest.mark.core
BAND_ROWS = 64
BANDS = {"blue": 0, "green": 1, "red": 2}


@pytest.fixture
def microscope():
    with open_microscope(load_rig("demo")) as opened:
        yield opened


class TestStockDemoConfiguration(MicroscopeContract):
    pass


@pytest.mark.parametrize("channel", ["red", "green", "blue"])
def test_the_colour_test_pattern_arrives_with_its_colours_in_place(microscope, channel):
    """The camera paints full-width ramps in bands of 64 rows: blue, green, red, none, then their mixtures."""
    pixels = microscope.snap(5).pixels
    band = pixels[BANDS[channel] * BAND_ROWS + BAND_ROWS // 2]
    index = ["red", "green", "blue"].index(channel)
    others = [i for i in range(3) if i != index]
    assert band[-1, index] > 200
    assert not band[:, others].any()
    assert np.all(np.diff(band[:, index].astype(int)) >= 0)


@pytest.mark.parametrize("toward", [1, -1])
def test_the_turret_turns_only_with_z_at_z_safe_as_the_core_logs_it(tmp_path, toward):
    rig = rig_with_slide(toward)
    log = tmp_path / "core.log"
    with open_microscope(rig) as microscope:
        microscope.log_to(log)
        for name in ("40x", "10x", "20x"):
            microscope.expect_focus(0)
            microscope.move_z(toward * 5.0)
            microscope.select_objective(name)
    assert z_before_each_turn(log.read_text()) == [rig.z_safe_um] * 3


@pytest.mark.parametrize("toward", [1, -1])
def test_a_drive_that_does_not_retract_keeps_the_turret_from_turning(toward):
    with open_microscope(rig_with_slide(toward)) as microscope:
        microscope.move_z(toward * 5.0)
        stuck = StuckDrive(microscope.core)
        microscope.core = stuck
        with pytest.raises(InterlockError, match=r"was not retracted .*was sent to") as caught:
            microscope.select_objective("40x")
        assert isinstance(caught.value.__cause__, DeviceError)
        assert microscope.objective.name == "10x"
        microscope.core = stuck.core


class StuckDrive:
    """A fake at the wire: a real core whose focus drive accepts every move and makes none."""

    def __init__(self, core):
        self.core = core

    def __getattr__(self, name):
        return getattr(self.core, name)

    def set_position(self, *_target):
        return None
