import json

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel

from acquire.frame import Position
from gui.actions import DEEDS
from gui.readings import Readings
from gui.readouts import reading_texts
from gui.theme import apply_theme
from gui.window import NO_MODEL, NOTHING_TO_SAVE, ViewerWindow, Waker
from tests.gui.wire import LONG_S, PIXEL_UM, EnlargingEngine, FakeStream, make_frame, make_session

LONG_MS = round(1000 * LONG_S)


@pytest.fixture
def open_window(qtbot, qapp, tmp_path):
    sessions = []

    def opened(camera=None, engine=None, start=True):
        waker = Waker()
        session = make_session(camera, engine, wake=waker.ring)
        sessions.append(session)
        apply_theme(qapp)
        window = ViewerWindow(session, waker, tmp_path / "pictures")
        qtbot.addWidget(window)
        with qtbot.waitActive(window):
            window.show()
        if start:
            session.stream.start()
        return window

    yield opened
    for session in sessions:
        assert session.stream.close(LONG_S)


def shown_number(window):
    return window.comparison.raw.number


def wait_until(qtbot, condition):
    def holds():
        assert condition()

    qtbot.waitUntil(holds, timeout=LONG_MS)


def test_frames_arrive_in_pairs(open_window, qtbot):
    window = open_window(engine=EnlargingEngine(takes_s=0.01))
    wait_until(qtbot, lambda: window.session.pairs >= 5)
    report = window.session.report()
    assert report.same_frame
    assert report.latency_ms > 10


def test_a_pane_that_lies_about_its_frame_is_reported(open_window, qtbot):
    window = open_window(engine=EnlargingEngine())
    wait_until(qtbot, lambda: window.session.pairs >= 1)
    window.session.note_shown(window.session.shown, (3, 4))
    assert not window.session.report().same_frame


def test_the_key_e_switches_between_pairs_and_raw_frames(open_window, qtbot):
    window = open_window(engine=EnlargingEngine())
    wait_until(qtbot, window.comparison.enhanced.isVisible)
    qtbot.keyClick(window, Qt.Key.Key_E)
    wait_until(qtbot, lambda: not window.comparison.enhanced.isVisible())
    qtbot.keyClick(window, Qt.Key.Key_E)
    wait_until(qtbot, window.comparison.enhanced.isVisible)


def test_the_space_key_stops_and_starts_the_camera(open_window, qtbot):
    camera = FakeStream()
    window = open_window(camera)
    wait_until(qtbot, lambda: shown_number(window))
    qtbot.keyClick(window, Qt.Key.Key_Space)
    wait_until(qtbot, lambda: camera.left == 1)
    assert not window.bar.deeds["live"].isChecked()
    qtbot.keyClick(window, Qt.Key.Key_Space)
    wait_until(qtbot, lambda: camera.entered == 2)


def test_the_status_bar_says_where_we_are_and_how_fast(open_window, qtbot):
    window = open_window(engine=EnlargingEngine(takes_s=0.02))
    wait_until(qtbot, lambda: window.session.pairs >= 4)
    window.read()
    assert window.readouts.text("position") == "X 12.5  Y 34.0  Z 5.25 µm"
    assert window.readouts.text("objective") == f"40× · {PIXEL_UM} µm/px"
    assert window.readouts.text("exposure") == "exposure 8.0 ms"
    for name in ("camera", "display", "network"):
        word, value, unit = window.readouts.text(name).split()
        assert (word, unit) == (name, "fps")
        assert float(value) > 0
    assert float(window.readouts.text("latency").split()[1]) >= 20
    assert window.readouts.text("age").endswith("ms")
    assert int(window.readouts.text("dropped").split()[1]) == pytest.approx(window.session.stream.dropped, abs=100)


def test_while_the_network_is_not_asked_it_has_no_rate(open_window, qtbot):
    window = open_window()
    wait_until(qtbot, lambda: window.session.shown)
    assert window.readouts.text("network") == "network –"


@pytest.mark.parametrize("words", ["Saved.", "a sentence that is far too long for the window it stands in " * 6])
def test_a_notice_hides_neither_badge_nor_scale_bar(open_window, qtbot, words):
    window = open_window(engine=EnlargingEngine())
    wait_until(qtbot, lambda: window.session.pairs)
    window.announce(words)
    pane = window.comparison.enhanced
    notice = window.notice.geometry()
    for overlay in (pane.badge, pane.scale_bar, window.comparison.raw.scale_bar):
        corner = overlay.mapTo(window.comparison, overlay.rect().topLeft())
        assert notice.bottom() < corner.y()
    assert window.comparison.rect().contains(notice)
    metrics = window.notice.fontMetrics()
    lines = notice.height() // metrics.lineSpacing()
    assert metrics.horizontalAdvance(words) < lines * notice.width()


@pytest.mark.parametrize("width_px", [420, 700, 1000, 1600])
def test_in_a_narrow_window_readings_are_left_out_not_overlaid(open_window, qtbot, width_px):
    window = open_window(engine=EnlargingEngine())
    wait_until(qtbot, lambda: window.session.pairs)
    window.resize(width_px, 600)
    window.read()
    fewest = 9 if width_px == 1600 else 1

    def laid_out():
        seen = [label.geometry() for label in window.readouts.findChildren(QLabel) if label.isVisible()]
        apart = not any(a.intersects(b) for i, a in enumerate(seen) for b in seen[:i])
        return apart and len(seen) >= fewest and all(window.readouts.rect().contains(area) for area in seen)

    wait_until(qtbot, laid_out)
    assert window.width() == width_px


def test_readings_are_written_as_people_read_them():
    readings = Readings(
        position=Position(-0.0, 1.24, -0.001), camera_fps=94.06, display_fps=0.0, network_fps=0.136, dropped=0
    )
    words = {name: value for name, (_, value) in reading_texts(readings).items()}
    assert words["position"] == "X 0.0  Y 1.2  Z 0.00 µm"
    assert [words[name] for name in ("camera", "display", "network")] == ["94.1 fps", "0.0 fps", "0.14 fps"]


def test_before_the_first_frame_nothing_is_claimed(open_window):
    window = open_window(start=False)
    assert window.readouts.text("position") == "–"
    assert window.readouts.text("latency") == "latency –"


@pytest.mark.parametrize("simulated", [True, False])
def test_the_band_stands_over_simulated_frames_only(open_window, qtbot, simulated):
    camera = FakeStream(make=lambda number: make_frame(number, simulated=simulated))
    window = open_window(camera)
    wait_until(qtbot, lambda: shown_number(window) is not None)
    assert window.band.isVisible() == simulated


def test_saving_writes_both_pictures_and_says_where(open_window, qtbot, tmp_path):
    window = open_window(engine=EnlargingEngine())
    wait_until(qtbot, lambda: window.session.pairs)
    qtbot.keyClick(window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    wait_until(qtbot, lambda: window.notice.text().startswith("Saved"))
    (sheet,) = (tmp_path / "pictures").glob("*.json")
    about = json.loads(sheet.read_text(encoding="utf-8"))
    assert sorted(about["files"]) == ["enhanced", "raw"]
    assert about["statement"] == "trained on simulated slides only"
    assert window.notice.isVisible()


def test_a_snapshot_that_cannot_be_written_is_said(open_window, qtbot, tmp_path):
    (tmp_path / "pictures").write_text("a file")
    window = open_window()
    wait_until(qtbot, lambda: window.session.shown)
    window.save()
    wait_until(qtbot, lambda: "cannot be written" in window.notice.text())


def test_there_is_nothing_to_save_before_the_first_frame(open_window):
    window = open_window(start=False)
    window.save()
    assert window.notice.text() == NOTHING_TO_SAVE


def test_the_key_sheet_holds_every_deed(open_window, qtbot):
    window = open_window(start=False)
    qtbot.keyClick(window, Qt.Key.Key_F1)
    assert window.key_sheet.isVisible()
    words = {label.text() for label in window.key_sheet.findChildren(QLabel)}
    assert {deed.tip for deed in DEEDS} <= words
    assert {"Space", "E", "Ctrl+S"} <= words
    window.bar.deeds["keys"].trigger()
    assert not window.key_sheet.isVisible()


def test_a_failing_camera_is_said_and_its_switch_goes_off(open_window, qtbot):
    window = open_window(FakeStream(fails_at=2))
    wait_until(qtbot, lambda: window.notice.text() == "camera: the cable was pulled")
    window.read()
    assert window.notice.isVisible()
    assert not window.bar.deeds["live"].isChecked()


def test_without_a_model_the_switch_says_so(open_window):
    enhance = open_window(start=False).bar.deeds["enhance"]
    assert not enhance.isEnabled()
    assert enhance.toolTip() == NO_MODEL


def test_closing_tells_the_threads_to_end(open_window, qtbot):
    camera = FakeStream()
    window = open_window(camera, EnlargingEngine())
    wait_until(qtbot, lambda: window.session.pairs)
    with qtbot.waitSignal(window.closed):
        qtbot.keyClick(window, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
    assert window.session.stream.close(LONG_S)
    assert camera.left == 1
