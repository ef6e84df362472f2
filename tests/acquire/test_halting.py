"""Pause, stop and emergency are obeyed within the promised time by a real core, moving as well as focusing."""

import threading
import time

import pytest

from acquire.autofocus import autofocus
from acquire.control import Control
from acquire.errors import BrokenOffError, HaltedError
from acquire.open import open_microscope
from calibration.rig import load_rig
from tests.acquire.rigs import small_rig

pytestmark = pytest.mark.core
PROMISED_S = 0.2
FAR_UM = 10_000.0  # 1 s for the demo stage
WAIT_S = 30.0


class Wire:
    """A fake at the wire: passes every call to the core, and lets a person act at the n-th of a kind."""

    def __init__(self, core, name, *, at, act):
        self.core, self.name, self.left, self.act = core, name, at, act
        self.acted_s, self.calls = None, []

    def __getattr__(self, name):
        found = getattr(self.core, name)
        if not callable(found):
            return found

        def call(*given):
            self.calls.append((time.monotonic(), name))
            answer = found(*given)
            if name == self.name:
                self.left -= 1
                if self.left == 0:
                    self.acts()
            return answer

        return call

    def acts(self):
        """In a thread of its own, as a window would; the calls go on meanwhile."""
        person = threading.Thread(target=self.act)
        self.acted_s = time.monotonic()
        person.start()
        person.join(WAIT_S)

    def moved_after_s(self):
        moves = ("set_position", "set_xy_position", "set_property")
        return [when - self.acted_s for when, name in self.calls if name in moves and when > self.acted_s]


@pytest.fixture
def control():
    return Control()


def test_an_emergency_halts_a_long_move_on_the_way_and_within_the_promised_time(control):
    with open_microscope(load_rig("demo")) as microscope:
        wire = Wire(microscope.core, "device_busy", at=3, act=lambda: control.emergency(microscope))
        microscope.core = wire
        microscope.heed(control.stopped)
        with pytest.raises(HaltedError, match="halted by hand"):
            microscope.move_xy(FAR_UM, 0.0)
        assert time.monotonic() - wire.acted_s < PROMISED_S
        assert "stop" in [name for _, name in wire.calls]
        assert wire.moved_after_s() == []


def test_after_an_emergency_nothing_moves_any_more(control):
    with open_microscope(load_rig("demo")) as microscope:
        microscope.heed(control.stopped)
        control.emergency(microscope)
        before = microscope.position_um
        for move in (lambda: microscope.move_xy(50.0, 50.0), lambda: microscope.move_z(-1.0), microscope.retract):
            with pytest.raises(HaltedError):
                move()
        assert microscope.position_um == before


WISHES = {
    "pause": (lambda control, _microscope: control.pause(), BrokenOffError),
    "stop": (lambda control, _microscope: control.stop(), BrokenOffError),
    "emergency": (lambda control, microscope: control.emergency(microscope), HaltedError),
}


@pytest.mark.parametrize("wish", sorted(WISHES))
def test_every_wish_is_obeyed_during_an_autofocus_within_the_promised_time(control, wish):
    act, error = WISHES[wish]
    with open_microscope(small_rig(size_px=(32, 32), specimen={"kind": "empty"})) as microscope:
        wire = Wire(microscope.core, "snap_image", at=4, act=lambda: act(control, microscope))
        microscope.core = wire
        microscope.heed(control.stopped)
        with pytest.raises(error):
            autofocus(microscope, around_um=0.0, exposure_ms=8.0, between=control.between_planes)
        assert time.monotonic() - wire.acted_s < PROMISED_S
        assert wire.moved_after_s() == []
