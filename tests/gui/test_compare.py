from functools import partial

import numpy as np
import pytest
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtWidgets import QApplication

from gui.compare import UNCORRECTED, Comparison
from gui.develop import develop
from tests.gui.wire import PIXEL_UM, EnlargingEngine, make_frame, number_in

STATEMENT = "trained on simulated slides only"


def make_pair(number=5, engine=None, **changes):
    frame = make_frame(number, **changes)
    return develop(frame, frame.pixels, corrected=True, engine=engine)


def show(comparison, pair, pixel_um=PIXEL_UM):
    comparison.show_pair(pair, pixel_um=pixel_um, statement=STATEMENT)


@pytest.fixture
def comparison(qtbot):
    widget = Comparison(lambda: None)
    qtbot.addWidget(widget)
    widget.resize(900, 500)
    with qtbot.waitExposed(widget):
        widget.show()
    return widget


@pytest.fixture
def both(comparison, qtbot):
    show(comparison, make_pair(engine=EnlargingEngine()))
    qtbot.waitUntil(lambda: comparison.enhanced.isVisible() and comparison.enhanced.width() > 300)
    return comparison


def pixels_of(widget):
    image = widget.grab().toImage().convertToFormat(widget.grab().toImage().Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)[..., 2::-1].copy()


def colour_in_the_middle(pane):
    shown = pixels_of(pane.view)
    return shown[shown.shape[0] // 2, shown.shape[1] // 2]


def wheel(pane, where, notches=1):
    here = QPointF(where)
    event = QWheelEvent(
        here,
        QPointF(pane.view.viewport().mapToGlobal(where)),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(pane.view.viewport(), event)


def at(pane, where):
    return pane.box.mapSceneToView(QPointF(where))


def drag(qtbot, pane, button, start, end):
    viewport = pane.view.viewport()
    qtbot.mousePress(viewport, button, pos=start)
    for step in range(1, 11):
        qtbot.mouseMove(viewport, start + (end - start) * step / 10)
        qtbot.wait(5)
    qtbot.mouseRelease(viewport, button, pos=end)


def assert_linked(comparison):
    left, right = comparison.raw.box, comparison.enhanced.box
    assert left.unit_per_px == pytest.approx(right.unit_per_px, rel=1e-6)
    assert (left.centre - right.centre).manhattanLength() < 1e-6


@pytest.mark.parametrize("number", [0, 77, 510])
def test_both_panes_show_the_same_frame(both, number):
    show(both, make_pair(number, EnlargingEngine()))
    assert both.numbers == (number, number)
    assert number_in(colour_in_the_middle(both.raw)) == number_in(colour_in_the_middle(both.enhanced)) == number


def test_a_raw_frame_alone_hides_the_enhanced_pane(both):
    show(both, make_pair(6))
    assert not both.enhanced.isVisible()
    assert both.numbers == (6, None)
    assert number_in(colour_in_the_middle(both.raw)) == 6


def test_the_whole_frame_is_shown_first_and_stays_so_when_the_window_grows(both, qtbot):
    for size in ((900, 500), (700, 640)):
        both.resize(*size)
        qtbot.wait(20)
        for pane in (both.raw, both.enhanced):
            seen, extent = pane.box.viewRect(), pane.extent
            assert seen.width() == pytest.approx(extent.width(), rel=0.02)
            assert seen.height() >= extent.height() * 0.999


@pytest.mark.parametrize("ratio", [(5, 2), (2, 1), (3, 2)])
def test_raw_and_enhanced_share_their_outer_edges(comparison, ratio):
    show(comparison, make_pair(engine=EnlargingEngine(ratio)))
    raw, enhanced = comparison.raw.extent, comparison.enhanced.extent
    assert (raw.width(), raw.height()) == pytest.approx((64 * PIXEL_UM, 48 * PIXEL_UM))
    assert raw.topLeft() == enhanced.topLeft()
    assert enhanced.width() == pytest.approx(raw.width())


def test_a_frame_that_the_ratio_does_not_divide_keeps_its_scale(comparison):
    show(comparison, make_pair(rows=33, columns=55, engine=EnlargingEngine((5, 2))))
    assert comparison.enhanced.extent.height() == pytest.approx(83 * PIXEL_UM * 2 / 5)


@pytest.mark.parametrize("side", ["raw", "enhanced"])
def test_the_wheel_zooms_both_at_the_pointer(both, side):
    pane = getattr(both, side)
    where = QPoint(120, 200)
    before, scale = at(pane, where), pane.box.unit_per_px
    wheel(pane, where, 3)
    assert pane.box.unit_per_px == pytest.approx(scale / 1.25**3)
    assert (at(pane, where) - before).manhattanLength() < 1e-6
    assert_linked(both)


def test_the_wheel_stops_at_its_limits_in_both(both):
    wheel(both.raw, QPoint(100, 100), 200)
    finest = both.raw.box.unit_per_px
    assert PIXEL_UM * 2 / 5 / finest == pytest.approx(64)
    assert_linked(both)
    wheel(both.enhanced, QPoint(100, 100), -200)
    assert both.raw.box.unit_per_px > 5 * both.raw.fitting_scale
    assert_linked(both)


def test_dragging_moves_both(both, qtbot):
    before, scale = both.enhanced.box.centre, both.raw.box.unit_per_px
    drag(qtbot, both.raw, Qt.MouseButton.LeftButton, QPoint(200, 200), QPoint(150, 230))
    moved = both.enhanced.box.centre - before
    assert moved.x() == pytest.approx(50 * scale, rel=0.1)
    assert moved.y() == pytest.approx(-30 * scale, rel=0.1)
    assert_linked(both)


def test_dragging_with_the_right_button_changes_nothing(both, qtbot):
    before = both.raw.box.viewRect()
    drag(qtbot, both.raw, Qt.MouseButton.RightButton, QPoint(200, 200), QPoint(150, 230))
    assert both.raw.box.viewRect() == before


def test_a_place_the_person_chose_is_kept_with_the_next_frame(both):
    wheel(both.raw, QPoint(120, 200), 4)
    chosen = both.raw.box.viewRect()
    show(both, make_pair(9, EnlargingEngine()))
    assert both.raw.box.viewRect() == chosen
    both.fit()
    assert both.raw.box.viewRect().contains(both.raw.extent.adjusted(1e-6, 1e-6, -1e-6, -1e-6))


def test_at_one_to_one_a_pixel_of_the_finer_picture_is_a_pixel_of_the_screen(both):
    both.show_actual_pixels()
    scale = PIXEL_UM * 2 / 5 * both.devicePixelRatioF()
    assert both.raw.box.unit_per_px == pytest.approx(scale)
    assert_linked(both)
    show(both, make_pair(6))
    both.show_actual_pixels()
    assert both.raw.box.unit_per_px == pytest.approx(PIXEL_UM * both.devicePixelRatioF())


@pytest.mark.parametrize("notches", [0, 3, -2])
def test_the_scale_bar_is_as_long_as_it_says(both, notches):
    black = np.zeros((48, 64, 3), np.uint8)
    show(both, make_pair(pixels=black))
    if notches:
        wheel(both.raw, QPoint(200, 200), notches)
    white = (pixels_of(both.raw) == 255).all(2)
    longest = max(row.sum() for row in white[-30:])
    bar = both.raw.scale_bar
    assert longest == pytest.approx(bar.length / both.raw.box.unit_per_px, abs=1)
    assert bar.words.endswith("µm")


def test_without_a_pixel_size_the_scale_is_in_pixels(comparison):
    show(comparison, make_pair(), None)
    assert comparison.raw.scale_bar.words.endswith("px")
    assert comparison.raw.extent.width() == 64
    assert "µm" not in comparison.raw.detail.text()


def test_the_panes_say_what_they_show(both):
    assert both.raw.title.text() == "RAW 40×"
    assert both.enhanced.title.text() == "ENHANCED 2.5×"
    assert both.enhanced.badge.text() == STATEMENT
    assert both.enhanced.badge.isVisible()
    assert both.raw.frame_caption.text() == both.enhanced.frame_caption.text() == "frame 5"
    assert both.enhanced.detail.text() == "160 × 120 · 0.08 µm/px"


def test_an_uncorrected_frame_is_marked_and_a_corrected_one_is_not(comparison):
    frame = make_frame(1)
    show(comparison, develop(frame, frame.pixels, corrected=False, engine=None))
    assert comparison.raw.badge.text() == UNCORRECTED
    show(comparison, develop(frame, frame.pixels, corrected=True, engine=None))
    assert not comparison.raw.badge.isVisible()


def test_before_the_first_frame_the_person_is_told_to_wait(comparison):
    assert comparison.message.isVisible()
    show(comparison, make_pair())
    assert not comparison.message.isVisible()


def test_the_overlays_do_not_overlap(both):
    pane = both.enhanced
    overlays = [pane.title, pane.detail, pane.frame_caption, pane.badge, pane.scale_bar]
    areas = [overlay.geometry() for overlay in overlays]
    assert not any(a.intersects(b) for i, a in enumerate(areas) for b in areas[:i])
    assert all(pane.rect().contains(area) for area in areas)


def test_each_pair_is_announced_when_its_raw_picture_is_painted(qtbot):
    announced = []
    widget = Comparison(partial(announced.append, 1))
    qtbot.addWidget(widget)
    widget.show()
    for number in (1, 2):
        show(widget, make_pair(number, EnlargingEngine()))
        qtbot.waitUntil(lambda number=number: len(announced) == number)
