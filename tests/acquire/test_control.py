"""Wishes are heard in words and in time, the strongest one holds, and an emergency halts from any thread."""

import os
import signal
import threading
import time
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquire.control import STRENGTH, Control
from acquire.errors import BrokenOffError, DeviceError, HaltedError
from acquire.keyboard import interruptible, keyboard

PROMISED_S = 0.2


@dataclass
class Axes:
    """What can be halted: counts how often, and from which thread."""

    fails: bool = False
    halted_by: list = field(default_factory=list)

    def stop(self):
        self.halted_by.append(threading.current_thread())
        if self.fails:
            raise DeviceError("Z could not be halted: use the switch of the stand")


@dataclass
class VirtualTime:
    now_s: float = 0.0
    steps_s: list = field(default_factory=list)

    def clock(self):
        return self.now_s

    def sleep(self, seconds):
        self.steps_s.append(seconds)
        self.now_s += seconds


ACTS = {
    "pause": Control.pause,
    "stop": Control.stop,
    "resume": Control.resume,
    "emergency": lambda control: control.emergency(Axes()),
}


@given(st.lists(st.sampled_from(sorted(ACTS))))
def test_the_strongest_wish_holds_and_only_a_pause_is_taken_back(acts):
    control = Control()
    for act in acts:
        before = control.wish
        ACTS[act](control)
        if act == "resume":
            assert control.wish == ("go" if before == "pause" else before)
        else:
            assert control.wish == max(before, act, key=STRENGTH.index)


def test_an_emergency_halts_from_the_thread_that_calls_it_and_every_time():
    control, axes = Control(), Axes()
    control.emergency(axes)
    control.emergency(axes)
    assert axes.halted_by == [threading.current_thread()] * 2


def test_after_an_emergency_all_that_asks_is_told_what_to_do():
    control = Control()
    control.emergency(Axes())
    assert control.stopped()
    with pytest.raises(HaltedError, match=r"halted by hand.*retract if need be"):
        control.check()


def test_an_axis_that_could_not_be_halted_is_told_to_caller_and_loop():
    control = Control()
    with pytest.raises(DeviceError, match="switch of the stand"):
        control.emergency(Axes(fails=True))
    with pytest.raises(HaltedError, match="Z could not be halted"):
        control.check()
    assert "Z could not be halted" in control.says


@pytest.mark.parametrize("act", ["pause", "stop"])
def test_between_the_planes_of_an_autofocus_a_mild_wish_breaks_off(act):
    control = Control()
    control.between_planes()
    ACTS[act](control)
    control.check()
    with pytest.raises(BrokenOffError, match=f"to {act}"):
        control.between_planes()


def test_waiting_lasts_as_long_as_it_was_told_while_nobody_wishes():
    virtual = VirtualTime()
    assert Control().wait(3.0, clock=virtual.clock, sleep=virtual.sleep)
    assert virtual.now_s == pytest.approx(3.0)
    assert max(virtual.steps_s) < PROMISED_S


@pytest.mark.parametrize("act", sorted(set(ACTS) - {"resume"}))
def test_waiting_ends_within_the_promised_time_after_a_wish(act):
    virtual, control = VirtualTime(), Control()
    wished_s = []

    def sleep(seconds):
        virtual.sleep(seconds)
        if virtual.now_s > 1.0 and not wished_s:
            wished_s.append(virtual.now_s - seconds)  # the worst case: just as the sleep began
            ACTS[act](control)

    assert not control.wait(60.0, clock=virtual.clock, sleep=sleep)
    assert virtual.now_s - wished_s[0] < PROMISED_S


def test_an_emergency_from_another_thread_is_heard_in_real_time():
    control, heard_s = Control(), []

    def loop():
        control.wait(30.0)
        heard_s.append(time.monotonic())

    waiting = threading.Thread(target=loop)
    waiting.start()
    wished_s = time.monotonic()
    control.emergency(Axes())
    waiting.join(10.0)
    assert heard_s[0] - wished_s < PROMISED_S


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_once_ends_after_the_site_and_twice_halts(number):
    control, axes, said = Control(), Axes(), []
    with keyboard(control, axes, heard=said.append):
        signal.raise_signal(number)
        assert (control.wish, axes.halted_by) == ("stop", [])
        signal.raise_signal(number)
        assert (control.wish, len(axes.halted_by)) == ("emergency", 1)
    assert said == ["stopping after this site", "emergency stop: all axes were halted"]


def test_a_halt_that_failed_at_the_keyboard_is_told_and_does_not_surface_in_the_loop():
    control = Control()
    with keyboard(control, Axes(fails=True)):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
    assert "Z could not be halted" in control.says


def test_the_signals_are_given_back():
    before = signal.getsignal(signal.SIGINT)
    with keyboard(Control(), Axes()):
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


def test_a_question_is_left_with_ctrl_c():
    control = Control()
    with keyboard(control, Axes()):
        with pytest.raises(KeyboardInterrupt), interruptible():
            signal.raise_signal(signal.SIGINT)
        assert control.goes
        signal.raise_signal(signal.SIGINT)
    assert control.wish == "stop"


@pytest.mark.skipif(os.name == "nt", reason="a signal goes to the main thread of the process itself")
def test_in_another_thread_the_keyboard_is_left_alone():
    before, inside = signal.getsignal(signal.SIGINT), []

    def work():
        with keyboard(Control(), Axes()), interruptible():
            inside.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert inside == [before]
