"""Exposures that were left when a person halted everything: the next one, and the end, wait for them."""

import threading

import pytest

from acquire.deadline import DeadlineError, Errand, LeftError
from acquire.errors import CameraError, HaltedError, HangingError
from acquire.exposing import Exposing
from acquire.motion import Patience


class Camera:
    """A core whose exposure lasts until it is told, and that notes what was asked of it, and when two overlap."""

    def __init__(self):
        self.over, self.exposing, self.overlapped, self.asked = threading.Event(), 0, False, 0
        self.exposure_ms = 0.0

    def set_exposure(self, exposure_ms):
        self.exposure_ms = exposure_ms

    def get_exposure(self):
        return self.exposure_ms

    def snap_image(self):
        self.asked += 1
        self.exposing += 1
        self.overlapped = self.overlapped or self.exposing > 1
        self.over.wait()
        self.exposing -= 1

    def get_image(self):
        return "picture"


@pytest.fixture
def core():
    camera = Camera()
    yield camera
    camera.over.set()


def halting_after(questions):
    answers = iter(range(10**6))
    return Patience(stopped=lambda: next(answers) >= questions)


def leave(exposing, core):
    with pytest.raises(HaltedError, match="exposure was left"):
        exposing.image(core, 5.0, halting_after(2))


def test_the_next_exposure_begins_when_the_one_that_was_left_has_ended(core):
    exposing = Exposing()
    leave(exposing, core)
    threading.Timer(0.1, core.over.set).start()
    assert exposing.image(core, 5.0, Patience()) == "picture"
    assert (core.asked, core.overlapped) == (2, False)


def test_nothing_is_exposed_once_all_is_halted(core):
    with pytest.raises(HaltedError, match="no frame was taken"):
        Exposing().image(core, 5.0, halting_after(0))
    assert core.asked == 0


def test_an_exposure_that_was_left_and_never_ends_is_a_hanging_camera(core):
    exposing = Exposing()
    leave(exposing, core)
    seconds = iter(range(0, 10**6, 50))
    with pytest.raises(HangingError):
        exposing.image(core, 5.0, Patience(clock=lambda: next(seconds)))
    with pytest.raises(CameraError, match="since an earlier snap"):
        exposing.image(core, 5.0, Patience())


def test_the_end_waits_for_an_exposure_that_was_left_but_not_for_ever(core):
    exposing = Exposing()
    leave(exposing, core)
    exposing.end(0.05)
    assert exposing.hangs
    core.over.set()
    Exposing().end(0.05)


def test_an_errand_gives_what_its_call_gave_or_raised():
    assert Errand(lambda: 3).wait(1.0) == 3
    with pytest.raises(ZeroDivisionError):
        Errand(lambda: 1 / 0).wait(1.0)


def test_an_errand_is_left_at_a_wish_and_given_up_at_its_deadline():
    over = threading.Event()
    errand = Errand(over.wait)
    with pytest.raises(LeftError) as left:
        errand.wait(10.0, stopped=lambda: True)
    assert left.value.errand is errand
    seconds = iter(range(100))
    with pytest.raises(DeadlineError, match="within 10 s"):
        errand.wait(10.0, clock=lambda: next(seconds))
    over.set()
    assert errand.wait(1.0) is True
