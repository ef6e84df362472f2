import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qtpy.QtCore import QRectF
from qtpy.QtGui import QImage, QPainter
from qtpy.QtWidgets import QGraphicsScene

from gui.image import PyramidItem, level_for
from gui.pyramid import Pyramid, build_pyramid


def painted(item, zoom, rows, columns):
    """RGB of the scene as a screen of `zoom` pixels per unit shows it."""
    screen = QImage(columns, rows, QImage.Format.Format_RGB32)
    screen.fill(0)
    scene = QGraphicsScene()
    scene.addItem(item)
    painter = QPainter(screen)
    scene.render(painter, QRectF(0, 0, columns, rows), QRectF(0, 0, columns / zoom, rows / zoom))
    painter.end()
    scene.removeItem(item)
    return np.frombuffer(screen.constBits(), np.uint8).reshape(rows, columns, 4)[..., 2::-1].copy()


@pytest.fixture
def item(qapp):
    return PyramidItem(lambda: None)


def random_pixels(rows, columns):
    return np.random.default_rng(5).integers(0, 256, (rows, columns, 3), np.uint8)


def test_magnified_pixels_are_squares_of_their_own_colour(item):
    pixels = random_pixels(6, 8)
    item.show_picture(build_pyramid(pixels, white_level=255), 1.0)
    np.testing.assert_array_equal(painted(item, 5, 30, 40), pixels.repeat(5, 0).repeat(5, 1))


def test_at_one_to_one_pixels_are_themselves(item):
    pixels = random_pixels(30, 40)
    item.show_picture(build_pyramid(pixels, white_level=255), 0.25)
    np.testing.assert_array_equal(painted(item, 4, 30, 40), pixels)


@pytest.mark.parametrize("reduction", [2, 4, 8])
def test_minified_pixels_are_area_averages(item, reduction):
    side = 512
    checks = np.indices((side, side)).sum(0) % 2 * 255
    item.show_picture(build_pyramid(checks[..., None].repeat(3, 2).astype(np.uint8), white_level=255), 1.0)
    shown = painted(item, 1 / reduction, side // reduction, side // reduction)
    assert np.abs(shown.astype(int) - 127.5).max() <= 1


def test_a_gradient_lies_where_it_belongs_at_each_zoom(item):
    ramp = np.linspace(0, 255, 512).astype(np.uint8)
    item.show_picture(build_pyramid(np.broadcast_to(ramp[None, :, None], (512, 512, 3)), white_level=255), 1.0)
    for columns in (200, 256, 300, 400):
        shown = painted(item, columns / 512, columns, columns)[columns // 2, 4:-4, 0]
        where = (np.arange(columns) + 0.5) * 512 / columns - 0.5
        assert np.abs(shown - np.interp(where, np.arange(512), ramp)[4:-4]).max() < 2


def test_each_picture_is_announced_once_after_painting(qapp):
    announced = []
    item = PyramidItem(lambda: announced.append(1))
    for _ in range(2):
        item.show_picture(build_pyramid(random_pixels(6, 8), white_level=255), 1.0)
        painted(item, 1, 6, 8)
        painted(item, 1, 6, 8)
    assert len(announced) == 2


def test_a_fault_in_painting_is_raised_once_from_the_event_loop(qtbot):
    item = PyramidItem(lambda: 1 / 0)
    with qtbot.capture_exceptions() as raised:
        for _ in range(2):
            item.show_picture(build_pyramid(random_pixels(6, 8), white_level=255), 1.0)
            painted(item, 1, 6, 8)
        qtbot.waitUntil(lambda: bool(raised))
        qtbot.wait(20)
    assert [error.__class__ for _, error, _ in raised] == [ZeroDivisionError]


def test_pixels_are_not_copied(item):
    levels = (np.zeros((6, 8, 4), np.uint8),)
    item.show_picture(Pyramid(levels=levels), 1.0)
    levels[0][:] = 77
    assert painted(item, 1, 6, 8).min() == 77


@given(st.floats(1e-5, 100), st.integers(1, 8))
def test_the_chosen_level_is_never_magnified_and_reduced_by_less_than_two(zoom, levels):
    level = level_for(zoom, levels)
    on_screen = zoom * 2**level
    assert on_screen <= 1 or level == 0
    assert on_screen > 0.5 or level == levels - 1
