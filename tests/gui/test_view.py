import os
import subprocess
import sys
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest

from acquire.errors import CameraError
from calibration.flatfield import Correction
from gui.errors import SnapshotError, ViewerError
from gui.faults import faults_said_in
from gui.view import run_viewer
from gui.window import ViewerWindow, Waker
from tests.gui.wire import PIXEL_UM, EnlargingEngine, FakeMicroscope, FakeStream, make_session, number_in

ROOT = Path(__file__).parents[2]
EVEN = Correction(dark=np.zeros((1, 1, 3), np.float32), flat=np.full((1, 1, 3), 0.9, np.float32))
FACTS = {"corrections": {"40x": EVEN}, "exposure_ms": 8.0, "pixel_um": {"40x": PIXEL_UM}}


@pytest.fixture(autouse=True)
def _application(qapp):
    """One application for all tests, as pytest-qt keeps it."""


def run(camera, engine=None, **more):
    return run_viewer(FakeMicroscope(camera), engine=engine, **(FACTS | {"seconds": 0.5} | more))


def test_a_session_is_run_measured_and_closed():
    camera = FakeStream(interval_s=0.01)
    before = threading.active_count()
    report = run(camera, EnlargingEngine(takes_s=0.02), seconds=0.8)
    assert report.pairs > 1
    assert report.same_frame
    assert report.frames > report.pairs
    assert report.dropped > 0
    assert 0 < report.network_fps < report.camera_fps
    assert report.latency_ms >= 20
    assert report.problems == ()
    assert camera.left == camera.entered == 1
    assert threading.active_count() == before


def test_the_screenshot_shows_one_frame_twice(tmp_path):
    path = tmp_path / "new" / "window.png"
    report = run(FakeStream(), EnlargingEngine(), screenshot=path)
    assert report.screenshot == path
    window = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    rows, columns = window.shape[:2]
    left, right = (number_in(window[rows // 2, columns * share // 4]) for share in (1, 3))
    assert left == right > 0


def test_without_an_engine_there_are_no_pairs():
    report = run(FakeStream())
    assert report.frames > 5
    assert (report.pairs, report.same_frame, report.network_fps) == (0, False, 0)


def test_a_short_session_waits_for_its_first_pair():
    assert run(FakeStream(), EnlargingEngine(takes_s=0.6), seconds=0.1).pairs == 1


@pytest.mark.parametrize(
    ("error", "raised"), [(CameraError("no frame came"), CameraError), (RuntimeError("no frame came"), ViewerError)]
)
def test_a_failing_camera_ends_a_session_of_given_length_in_one_sentence(error, raised):
    with pytest.raises(raised, match="no frame came"):
        run(FakeStream(fails_at=1, error=error))


def test_a_failing_network_is_in_the_report():
    report = run(FakeStream(), EnlargingEngine(fails_at=0))
    assert report.problems == ("network: the network is too large for this machine",)
    assert report.pairs == 0


def test_a_screenshot_that_cannot_be_written_is_said(tmp_path):
    taken = tmp_path / "taken.png"
    taken.mkdir()
    with pytest.raises(SnapshotError, match="cannot be written"):
        run(FakeStream(), screenshot=taken)


def test_a_fault_that_nobody_caught_is_said_in_the_window_and_kept(qtbot, tmp_path):
    window = ViewerWindow(make_session(), Waker(), tmp_path)
    qtbot.addWidget(window)
    with faults_said_in(window):
        threading.Thread(target=lambda: 1 / 0).start()
        qtbot.waitUntil(lambda: "ZeroDivisionError" in window.notice.text())
    assert window.session.report().problems == ("viewer: ZeroDivisionError: division by zero",)


def in_another_process(code, **environment):
    kept = {name: value for name, value in os.environ.items() if name not in DISPLAYS}
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        env=kept | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


DISPLAYS = ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY")
RUN = """
from gui.open import open_viewer
from tests.gui.wire import FakeMicroscope, FakeStream
report = open_viewer(
    FakeMicroscope(FakeStream()), corrections={}, exposure_ms=8, pixel_um={}, seconds=SECONDS
)
assert report.frames > 0
"""
NO_DISPLAY_HERE = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux can be without a display")


@NO_DISPLAY_HERE
def test_without_a_display_a_session_of_given_length_runs_and_keeps_the_terminal_clean():
    done = in_another_process(RUN.replace("SECONDS", "0.3"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@NO_DISPLAY_HERE
def test_without_a_display_an_open_end_is_refused_in_one_sentence():
    done = in_another_process(RUN.replace("SECONDS", "None"))
    assert "DisplayError: the viewer was asked to open a window and there is no display" in done.stderr


def test_the_door_opens_without_qt_and_without_torch():
    code = "import gui.open, sys; raise SystemExit(bool({'qtpy', 'PySide6', 'pyqtgraph', 'torch'} & set(sys.modules)))"
    assert in_another_process(code).returncode == 0
