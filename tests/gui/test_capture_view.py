"""The preview of a capture: what it shows, and that the capture never depends on it."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import SimpleNamespace

import cv2
import pytest
from qtpy.QtWidgets import QApplication

from gui import capture_view
from gui.capture_view import run_capture_viewer
from gui.captured import Captured
from gui.view import FIRST_PAIR_S
from gui.window import ViewerWindow
from tests.gui.wire import EnlargingEngine, eventually, make_frame, number_in

ROOT = Path(__file__).parents[2]
PIXEL_UM = {"40x": 0.185, "100x": 0.074}


@pytest.fixture(autouse=True)
def _often(qapp, monkeypatch):
    """One application for all tests, and a window that is looked at often."""
    monkeypatch.setattr(capture_view, "TOLD_MS", 10)


class Stand:
    """A capture that the test writes, the window that previews it, and what was seen in that."""

    def __init__(self):
        self.captured = Captured()
        self.seen = SimpleNamespace(frame=None, enhanced=None, objective="", title="", run="", live=True)
        self.closing = threading.Event()

    def store(self, number, objective="40x"):
        place = SimpleNamespace(site=f"{number:04d}", objective=objective)
        self.captured.seen(place, [make_frame(number, objective=objective)])

    def look(self):
        """Asked by the window itself, in its own thread."""
        for window in QApplication.topLevelWidgets():
            if isinstance(window, ViewerWindow) and window.isVisible():
                self._note(window)
        return f"S1  ·  {self.captured.place}"

    def view(self, work, engine=None, **more):
        facts = {"signals": nullcontext(), "corrections": {}, "pixel_um": PIXEL_UM, "objectives": ("40x",)}
        return run_capture_viewer(work, self.captured, told=self.look, engine=engine, **(facts | more))

    def _note(self, window):
        window.read()
        pair = window.session.shown
        if pair is not None:
            self.seen.enhanced = None if pair.enhanced is None else window.comparison.enhanced.number
            self.seen.frame = pair.frame.number
        self.seen.objective = window.readouts.text("objective")
        self.seen.title, self.seen.run = window.windowTitle(), window.run.text()
        self.seen.live = window.bar.deeds["live"].isEnabled()
        if self.closing.is_set():
            window.close()


@pytest.fixture
def stand():
    return Stand()


def numbers_in(screenshot):
    """Frame numbers in the left and the right half of a window."""
    window = cv2.cvtColor(cv2.imread(str(screenshot)), cv2.COLOR_BGR2RGB)
    rows, columns = window.shape[:2]
    return [number_in(window[rows // 2, columns * share // 4]) for share in (1, 3)]


def test_a_stack_is_shown_raw_and_enhanced_and_the_result_handed_on(stand, tmp_path):
    path = tmp_path / "window.png"

    def work():
        stand.store(77)
        return "all stored"

    before = threading.active_count()
    result, report = stand.view(work, EnlargingEngine(takes_s=0.2), screenshot=path)
    assert result == "all stored"
    assert (report.frames, report.pairs, report.same_frame, report.problems) == (1, 1, True, ())
    assert numbers_in(path) == [77, 77]
    assert threading.active_count() == before


def test_only_pictures_of_the_first_objective_are_enhanced_and_each_has_its_own_scale(stand):
    engine = EnlargingEngine()

    def work():
        stand.store(1)
        eventually(lambda: stand.seen.enhanced == 1)
        first = stand.seen.objective
        stand.store(2, "100x")
        eventually(lambda: stand.seen.frame == 2)
        return first, stand.seen.objective, stand.seen.enhanced

    (first, second, enhanced), _ = stand.view(work, engine)
    assert (first, second) == ("40× · 0.185 µm/px", "100× · 0.074 µm/px")
    assert enhanced is None
    assert set(engine.seen) == {1}


def test_a_raw_picture_after_an_enhanced_one_takes_the_room_of_both(stand, tmp_path):
    path = tmp_path / "window.png"

    def work():
        stand.store(1)
        eventually(lambda: stand.seen.enhanced == 1)
        stand.store(2, "100x")

    stand.view(work, EnlargingEngine(), screenshot=path)
    assert numbers_in(path) == [2, 2]


def test_the_window_says_what_runs_and_offers_no_switch_for_its_camera(stand):
    def work():
        stand.store(12)
        return eventually(lambda: "0012" in stand.seen.title and "0012" in stand.seen.run and stand.seen.title)

    title, _ = stand.view(work)
    assert title == "S1  ·  site 0012 with 40x – Parfocal"
    assert not stand.seen.live


def test_a_window_that_is_closed_does_not_end_the_capture(stand):
    def work():
        stand.store(1)
        eventually(lambda: stand.seen.frame == 1)
        stand.closing.set()
        eventually(lambda: not any(thread.name == "parfocal-camera" for thread in threading.enumerate()))
        stand.store(2)
        return "all stored"

    result, report = stand.view(work, screenshot=Path("never.png"))
    assert result == "all stored"
    assert report.frames == 1
    assert report.screenshot is None


def test_what_the_capture_raises_is_raised_here_at_once(stand, tmp_path):
    def work():
        raise OSError("the disk is gone")

    before = threading.active_count()
    with pytest.raises(OSError, match="the disk is gone"):
        stand.view(work, EnlargingEngine(), screenshot=tmp_path / "window.png")
    assert threading.active_count() == before
    assert not (tmp_path / "window.png").exists()


def test_a_run_that_has_nothing_to_do_waits_for_no_picture(stand, tmp_path):
    began_s = time.monotonic()
    result, report = stand.view(lambda: "nothing", EnlargingEngine(), screenshot=tmp_path / "window.png")
    assert (result, report.frames) == ("nothing", 0)
    assert time.monotonic() - began_s < FIRST_PAIR_S / 2
    assert (tmp_path / "window.png").exists()


def test_a_screenshot_that_cannot_be_written_does_not_cost_the_result(stand, tmp_path):
    taken = tmp_path / "taken.png"
    taken.mkdir()
    result, report = stand.view(lambda: "all stored", screenshot=taken)
    assert result == "all stored"
    assert "cannot be written" in report.problems[0]


class Stuck(EnlargingEngine):
    """An engine that does not come back until it is let go."""

    def __init__(self):
        super().__init__()
        self.asked, self.free = threading.Event(), threading.Event()

    def enhance(self, image, **options):
        self.asked.set()
        assert self.free.wait(60)
        return super().enhance(image, **options)


def test_the_capture_never_waits_for_the_network(stand):
    engine = Stuck()

    def work():
        stand.store(1)
        assert engine.asked.wait(10)
        for number in range(2, 200):
            stand.store(number)
        held = not engine.seen
        engine.free.set()
        return held

    stored_while_it_was_stuck, report = stand.view(work, engine)
    assert stored_while_it_was_stuck
    assert report.problems == ()


def test_a_network_that_fails_is_said_and_the_capture_goes_on(stand):
    def work():
        stand.store(1)
        eventually(lambda: stand.seen.frame == 1)
        stand.store(2)
        eventually(lambda: stand.seen.frame == 2)
        return "all stored"

    result, report = stand.view(work, EnlargingEngine(fails_at=0))
    assert result == "all stored"
    assert report.problems == ("network: the network is too large for this machine",)


class Endable(EnlargingEngine):
    """An engine whose picture never comes, until it is ended under it."""

    def __init__(self):
        super().__init__()
        self.asked, self.ended = threading.Event(), threading.Event()

    def enhance(self, _image, **_options):
        self.asked.set()
        self.ended.wait(60)
        raise RuntimeError("the process has ended")


def test_a_picture_that_is_broken_off_at_the_end_is_no_fault(stand):
    engine = Endable()

    def work():
        stand.store(1)
        return engine.asked.wait(10)

    result, report = stand.view(work, engine, end_engine=engine.ended.set)
    assert result
    assert report.problems == ()


@contextmanager
def hearing(heard):
    before = signal.signal(signal.SIGINT, lambda *_: heard.append(threading.current_thread()))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("closed", [False, True])
def test_ctrl_c_is_heard_while_the_capture_runs_with_the_window_open_and_closed(stand, closed):
    heard = []

    def work():
        if closed:
            stand.closing.set()
            eventually(lambda: not any(thread.name == "parfocal-camera" for thread in threading.enumerate()))
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        return bool(eventually(lambda: heard))

    before = signal.getsignal(signal.SIGINT)
    result, _ = stand.view(work, signals=hearing(heard))
    assert result
    assert heard == [threading.main_thread()]
    assert signal.getsignal(signal.SIGINT) is before


NO_DISPLAY = """
from contextlib import nullcontext
from gui.captured import Captured
from gui.open import open_capture_viewer
open_capture_viewer(
    lambda: print("begun"), Captured(), signals=nullcontext(), told=lambda: "", corrections={}, pixel_um={}
)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux can be without a display")
def test_without_a_display_it_is_refused_before_anything_is_begun():
    kept = {k: v for k, v in os.environ.items() if k not in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY")}
    done = subprocess.run(
        [sys.executable, "-c", NO_DISPLAY], cwd=ROOT, env=kept, capture_output=True, text=True, check=False, timeout=120
    )
    assert "DisplayError: the viewer was asked to open a window and there is no display" in done.stderr
    assert "or capture without --view" in done.stderr
    assert done.stdout == ""
