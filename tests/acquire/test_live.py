"""Live frames: what no frame yet looks like on each back-end, and a camera that stops silently."""

import time

import numpy as np
import pytest

from acquire.errors import CameraError
from acquire.live import CoreStream
from acquire.open import newest_tagged, open_microscope
from calibration.rig import load_rig

PATIENCE_S = 10


class Wire:
    """A fake at the wire: a camera that always runs, over ZMQ, whose newest image is what the test says."""

    def __init__(self, *images):
        self.images = list(images)
        self.running = True
        self.starts = 0

    def is_sequence_running(self):
        return self.running

    def start_continuous_sequence_acquisition(self, _interval_ms):
        self.starts += 1
        self.running = True

    def get_last_tagged_image(self):
        image = self.images.pop(0)
        if isinstance(image, Exception):
            raise image
        return image


class Tagged:
    def __init__(self, number):
        self.tags, self.pix = {"ImageNumber": number}, np.full(4, number)


def stream(wire):
    return CoreStream(core=wire, newest=lambda: newest_tagged(wire), frame_of=lambda pixels: int(pixels[0]))


def test_the_java_exception_of_an_empty_buffer_is_no_frame_yet():
    empty = Exception("java.lang.Exception: Circular buffer is empty.\n mmcorej.CMMCore.getLastTaggedImage")
    live = stream(Wire(empty, Tagged(7)))
    assert [live.latest(), live.latest()] == [None, 7]


def test_any_other_exception_is_told_and_not_taken_for_no_frame():
    live = stream(Wire(Exception("java.lang.Exception: camera unplugged")))
    with pytest.raises(CameraError, match="camera unplugged"):
        live.latest()


def test_a_frame_is_given_once():
    live = stream(Wire(Tagged(1), Tagged(1), Tagged(2)))
    assert [live.latest(), live.latest(), live.latest()] == [1, None, 2]


def test_numbers_that_begin_again_after_a_restart_are_new_frames():
    wire = Wire(Tagged(1), Tagged(1))
    live = stream(wire)
    assert live.latest() == 1
    wire.running = False
    assert live.latest() == 1
    assert (wire.starts, live.restarts) == (2, 1)


def test_a_camera_that_does_not_start_is_told():
    wire = Wire()
    wire.start_continuous_sequence_acquisition = lambda _interval_ms: wire.images.pop(0)
    with pytest.raises(CameraError, match="live could not be started"):
        stream(wire)


@pytest.mark.core
def test_live_goes_on_with_the_new_region_after_the_region_was_set():
    """Setting a region of interest stops the sequence without a word."""
    with open_microscope(load_rig("demo")) as microscope, microscope.live(5) as live:
        assert awaited(live).pixels.shape == (512, 512, 3)
        microscope.core.set_roi(8, 4, 64, 32)
        frame = awaited(live)
        assert frame.roi == (8, 4, 64, 32)
        assert frame.pixels.shape == (32, 64, 3)
        assert live.restarts == 1


def awaited(live):
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        frame = live.latest()
        if frame is not None:
            return frame
        time.sleep(0.005)
    pytest.fail("no live frame arrived")
