from types import SimpleNamespace

from gui.captured import Captured
from tests.gui.wire import make_frame

HERE = SimpleNamespace(site="0003", objective="100x")


def stack(*numbers):
    return [make_frame(number) for number in numbers]


def test_the_middle_plane_of_a_stack_is_given_once():
    captured = Captured()
    captured.seen(HERE, stack(1, 2, 3, 4, 5))
    assert captured.latest().number == 3
    assert captured.latest() is None
    assert captured.newest.number == 3


def test_a_viewer_that_was_busy_gets_the_newest_stack():
    captured = Captured()
    for number in range(4):
        captured.seen(HERE, stack(number))
    assert captured.latest().number == 3
    assert captured.latest() is None


def test_it_says_where_the_newest_stack_was_taken():
    captured = Captured()
    assert captured.place == ""
    captured.seen(HERE, stack(1))
    assert captured.place == "site 0003 with 100x"


def test_before_there_is_a_microscope_nothing_is_halted_and_then_each_time():
    captured, halted = Captured(), []
    captured.stop()
    captured.opened(lambda: halted.append("all axes"))
    assert halted == []
    captured.stop()
    captured.stop()
    assert halted == ["all axes", "all axes"]


def test_as_a_camera_it_is_itself():
    captured = Captured()
    captured.seen(HERE, stack(7))
    with captured.source() as camera:
        assert camera.latest().number == 7
