"""The one microscope implementation over ZMQ, as with a running Micro-Manager: a fake server before a real core."""

import socket
import threading
import time
from dataclasses import replace
from pathlib import Path

import mm_test_adapters
import numpy as np
import pytest
import zmq

from acquire import open as opening
from acquire.camera import lock
from acquire.errors import CameraError, DeviceError
from acquire.open import open_microscope
from calibration.optics import Source
from calibration.rig import load_rig
from tests.acquire.turns import rig_with_slide, z_before_each_turn
from tests.acquire.zmq_fake import running
from tests.contracts.microscope import MicroscopeContract

pytestmark = pytest.mark.core
ADAPTERS = Path(mm_test_adapters.device_adapter_path())
CONFIG = ADAPTERS / "MMConfig_demo.cfg"
PATIENCE_S = 6
BAND_ROWS = 64
BANDS = {"blue": 0, "green": 1, "red": 2}
COLOURS = ["red", "green", "blue"]


@pytest.fixture(scope="module")
def server():
    with running(ADAPTERS, CONFIG) as port:
        yield port


@pytest.fixture
def rig(server):
    """The demo rig behind the port, its configuration loaded anew."""
    behind = on_port(load_rig("demo"), server)
    with open_microscope(behind) as before:
        before.core.load_system_configuration(str(CONFIG))
    return behind


@pytest.fixture
def microscope(rig):
    with open_microscope(rig) as opened:
        yield opened


def on_port(rig, port):
    return replace(rig, source=Source(kind="running", port=port))


def locked(rig, **properties):
    return replace(rig, camera=replace(rig.camera, lock=dict(rig.camera.lock) | properties))


class TestRunningMicroManager(MicroscopeContract):
    pass


@pytest.mark.parametrize("channel", COLOURS)
def test_the_colour_test_pattern_arrives_with_its_colours_in_place(microscope, channel):
    """The camera paints full-width ramps in bands of 64 rows: blue, green, red, none, then their mixtures."""
    pixels = microscope.snap(5).pixels
    band = pixels[BANDS[channel] * BAND_ROWS + BAND_ROWS // 2]
    index = COLOURS.index(channel)
    assert band[-1, index] > 200
    assert not np.delete(band, index, axis=1).any()


def test_16_bit_colours_arrive_in_place(rig):
    """The camera has no test pattern of 16 bits; its waves pass twice as fast in green as in blue, and again in red."""
    with open_microscope(locked(rig, PixelType="64bitRGB", BitDepth="16", Mode="Artificial Waves")) as microscope:
        frame = microscope.snap(5)
    red, green, blue = np.moveaxis(frame.pixels, -1, 0)
    assert (frame.pixels.dtype, frame.white_level) == (np.uint16, 2**16 - 1)
    assert np.ptp(blue) > 200
    assert np.allclose(green[: len(green) // 2], blue[::2], atol=1)
    assert np.allclose(red[: len(red) // 4], blue[::4], atol=1)


def test_live_frames_have_the_colours_of_a_snap(microscope):
    snapped = microscope.snap(5).pixels
    with microscope.live(5) as stream:
        frame = awaited(stream)
    assert np.array_equal(frame.pixels, snapped)


def test_live_goes_on_with_the_new_region_after_the_region_was_set(microscope):
    with microscope.live(5) as stream:
        awaited(stream)
        microscope.core.set_roi(8, 4, 64, 32)
        frame = awaited(stream)
    assert frame.roi == (8, 4, 64, 32)


def awaited(stream):
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        frame = stream.latest()
        if frame is not None:
            return frame
        time.sleep(0.005)
    pytest.fail("no live frame arrived")


@pytest.mark.parametrize("toward", [1, -1])
def test_the_turret_turns_only_with_z_at_z_safe_as_the_core_logs_it(rig, tmp_path, toward):
    behind = on_port(rig_with_slide(toward), rig.source.port)
    log = tmp_path / "core.log"
    with open_microscope(behind) as microscope:
        microscope.log_to(log)
        for name in ("40x", "10x", "20x"):
            microscope.expect_focus(0)
            microscope.move_z(toward * 5.0)
            microscope.select_objective(name)
    assert z_before_each_turn(log.read_text()) == [behind.z_safe_um] * 3


def test_what_the_core_says_stands_in_the_error(rig):
    beyond = replace(rig, limits_um=replace(rig.limits_um, z=(-1000.0, 1000.0)))
    with open_microscope(beyond) as microscope:
        microscope.expect_focus(900)
        with pytest.raises(DeviceError, match="Position out of range"):
            microscope.move_z(900)


def test_a_camera_that_is_running_gives_no_snap_and_says_why(microscope):
    with microscope.live(5), pytest.raises(CameraError, match=r"sequence acquisition is running"):
        microscope.snap(5)


def test_targets_may_be_what_numpy_computed(microscope):
    microscope.move_xy(*np.array([120.0, 80.0]))
    microscope.move_z(np.float64(-3))
    assert np.allclose(microscope.position_um, (120, 80, -3), atol=0.5)


def test_an_exposure_may_be_what_numpy_computed(microscope):
    assert microscope.snap(np.float32(5)).exposure_ms == 5


def test_numbers_are_locked_as_the_text_that_java_wants(microscope):
    assert lock(microscope.core, {"Binning": 2, "BitDepth": np.int64(8)}) == {"Binning": "2", "BitDepth": "8"}


def test_closing_ends_the_thread_of_the_bridge(rig):
    with open_microscope(rig) as microscope:
        microscope.snap(5)
        assert bridges(rig)
    assert not bridges(rig)


def test_a_microscope_opened_twice_stays_open_until_both_are_closed(rig):
    with open_microscope(rig) as first:
        with open_microscope(rig):
            pass
        assert first.position_um.z == 0
    assert not bridges(rig)


def bridges(rig):
    return [thread for thread in threading.enumerate() if thread.name.endswith(f"port{rig.source.port}")]


def test_a_port_that_nobody_serves_is_told_soon_and_with_what_to_do():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    began = time.monotonic()
    with pytest.raises(DeviceError, match=rf"no Micro-Manager answers on port {port} .*Run server"):
        enter(on_port(load_rig("demo"), port))
    assert time.monotonic() - began < PATIENCE_S


def test_a_server_that_does_not_answer_is_told_and_no_thread_dies_of_it(monkeypatch):
    monkeypatch.setattr(opening, "CONNECT_TIMEOUT_MS", 300)
    with zmq.Context() as context, context.socket(zmq.REP) as silent:
        port = silent.bind_to_random_port("tcp://127.0.0.1")
        with pytest.raises(DeviceError, match=r"no reply within 0\.3 s"):
            enter(on_port(load_rig("demo"), port))


def test_a_port_is_refused_while_a_core_of_this_process_would_be_given_for_it(rig):
    with open_microscope(load_rig("demo")), pytest.raises(DeviceError, match="close that one first"):
        enter(rig)


def enter(rig):
    with open_microscope(rig):
        pytest.fail("the rig was opened")
