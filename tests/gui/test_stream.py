import threading
import time
from functools import partial

import numpy as np
import pytest

from calibration.flatfield import Correction, correct
from gui.stream import Stream
from tests.gui.wire import EnlargingEngine, FakeStream, eventually, make_frame, number_in


@pytest.fixture
def opened():
    streams = []

    def open_stream(camera, engine=None, *, corrections=None, wake=lambda: None):
        stream = Stream(camera.running, engine=engine, corrections=corrections or {}, wake=wake)
        streams.append(stream)
        stream.start()
        return stream

    yield open_stream
    for stream in streams:
        assert stream.close(10)


def taken(stream, count, wanted=bool):
    """The first `count` pairs that are wanted."""
    return [eventually(lambda: (pair := stream.take()) and wanted(pair) and pair) for _ in range(count)]


def is_enhanced(pair):
    return pair.enhanced is not None


def test_raw_and_enhanced_are_of_one_frame(opened):
    stream = opened(FakeStream(interval_s=0.001), EnlargingEngine(takes_s=0.01))
    for pair in taken(stream, 12, is_enhanced):
        assert number_in(pair.raw[0, 0]) == number_in(pair.enhanced[0, 0]) == pair.frame.number


def test_a_slow_network_gets_the_newest_frame_and_the_rest_is_counted(opened):
    camera = FakeStream(interval_s=0.002)
    stream = opened(camera, EnlargingEngine(takes_s=0.1))
    pairs = taken(stream, 4, is_enhanced)
    assert stream.dropped > 10
    assert np.diff([pair.frame.number for pair in pairs]).min() > 5
    assert all(pair.network_ms >= 100 for pair in pairs)


def test_the_first_frame_is_shown_raw_while_the_network_works_on_it(opened):
    stream = opened(FakeStream(), EnlargingEngine(takes_s=0.2))
    first, second, third = taken(stream, 3)
    assert first.frame is second.frame
    assert [is_enhanced(pair) for pair in (first, second, third)] == [False, True, True]


def test_a_pair_says_when_its_frame_arrived_not_when_the_network_was_done_with_it(opened):
    before_s = time.time()
    stream = opened(FakeStream(interval_s=0.5), EnlargingEngine(takes_s=0.3))
    raw, enhanced = taken(stream, 2)
    assert before_s <= raw.arrived_s == enhanced.arrived_s <= time.time() - 0.3


def test_every_frame_is_enhanced_dropped_or_under_way(opened):
    stream = opened(FakeStream(interval_s=0.002, limit=60), EnlargingEngine(takes_s=0.01))
    eventually(lambda: stream.camera_rate.count == 60)
    seen = taken(stream, 1, is_enhanced)
    time.sleep(0.1)
    seen += [pair for pair in [stream.take()] if pair]
    assert stream.dropped + len(seen) == 60


def test_without_an_engine_frames_come_raw(opened):
    stream = opened(FakeStream())
    stream.enhancing = True
    assert not stream.enhancing
    assert all(pair.enhanced is None and not pair.corrected for pair in taken(stream, 3))


def test_switched_off_the_network_is_not_asked(opened):
    engine = EnlargingEngine()
    stream = opened(FakeStream(), engine)
    taken(stream, 2)
    stream.enhancing = False
    taken(stream, 1, lambda pair: not is_enhanced(pair))
    asked = len(engine.seen)
    taken(stream, 5)
    assert len(engine.seen) == asked
    stream.enhancing = True
    taken(stream, 1, is_enhanced)


def test_frames_are_corrected_before_they_are_enhanced(opened):
    pixels = np.random.default_rng(0).integers(40, 120, (48, 64, 3), np.uint8)
    flat = np.linspace(0.5, 0.8, 64, dtype=np.float32).reshape(1, 64, 1) * np.ones((48, 1, 3), np.float32)
    correction = Correction(dark=np.full((48, 64, 3), 0.02, np.float32), flat=flat)
    camera = FakeStream(make=partial(make_frame, pixels=pixels))
    (pair,) = taken(opened(camera, EnlargingEngine((2, 1)), corrections={"40x": correction}), 1, is_enhanced)
    expected = correct(pixels, correction, white_level=255)
    assert pair.corrected
    np.testing.assert_array_equal(pair.raw, expected)
    np.testing.assert_array_equal(pair.enhanced[::2, ::2], expected)


def test_a_flat_of_another_size_is_said_and_the_frame_shown_uncorrected(opened):
    correction = Correction(dark=np.zeros((9, 9, 3), np.float32), flat=np.ones((9, 9, 3), np.float32))
    stream = opened(FakeStream(), corrections={"40x": correction})
    pairs = taken(stream, 3)
    assert not any(pair.corrected for pair in pairs)
    (problem,) = stream.problems
    assert str(problem).startswith("correction: the flat field is 9×9 and the frame 64×48")


def test_a_failing_network_is_said_and_raw_frames_go_on(opened):
    stream = opened(FakeStream(), EnlargingEngine(fails_at=0))
    pairs = taken(stream, 3)
    assert not any(pair.enhanced is not None for pair in pairs)
    assert not stream.enhancing
    assert [str(problem) for problem in stream.problems] == ["network: the network is too large for this machine"]


def test_a_failing_camera_is_said_and_stopped(opened):
    camera = FakeStream(fails_at=3)
    woken = threading.Event()
    stream = opened(camera, wake=woken.set)
    (problem,) = eventually(lambda: stream.problems)
    assert (problem.where, str(problem)) == ("camera", "camera: the cable was pulled")
    assert woken.is_set()
    assert not stream.live
    assert camera.entered == camera.left == 1


def test_a_camera_that_failed_can_be_started_again(opened):
    camera = FakeStream(fails_at=3)
    stream = opened(camera)
    eventually(lambda: stream.problems)
    stream.live = True
    eventually(lambda: (pair := stream.take()) and pair.frame.number > 3)
    assert camera.entered == 2


def test_a_stopped_camera_is_left_and_entered_again(opened):
    camera = FakeStream()
    stream = opened(camera)
    taken(stream, 1)
    stream.live = False
    eventually(lambda: camera.left == 1)
    stream.live = True
    eventually(lambda: camera.entered == 2)


def test_only_the_camera_thread_calls_the_camera(opened):
    camera = FakeStream()
    taken(opened(camera, EnlargingEngine()), 5)
    assert camera.asked_by == {"parfocal-camera"}


def test_one_wake_up_comes_until_it_is_answered(opened):
    woken = []
    stream = opened(FakeStream(interval_s=0.001), wake=lambda: woken.append(1))
    eventually(lambda: stream.dropped > 20)
    assert len(woken) == 1
    stream.take()
    eventually(lambda: len(woken) == 2)


def test_closing_stops_the_camera_and_both_threads():
    camera = FakeStream()
    before = threading.active_count()
    stream = Stream(camera.running, engine=EnlargingEngine(takes_s=0.05), corrections={}, wake=lambda: None)
    stream.start()
    taken(stream, 2)
    assert stream.close(10)
    assert camera.left == camera.entered == 1
    assert threading.active_count() == before
    assert stream.close(10)


def test_a_stream_that_never_started_closes():
    stream = Stream(FakeStream().running, engine=None, corrections={}, wake=lambda: None)
    assert stream.close(0)


def test_closing_says_when_the_network_is_still_busy():
    stream = Stream(FakeStream().running, engine=EnlargingEngine(takes_s=0.5), corrections={}, wake=lambda: None)
    stream.start()
    eventually(lambda: stream.camera_rate.count > 2)
    assert not stream.close(0.01)
    assert stream.close(10)
