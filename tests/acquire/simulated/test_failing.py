"""Each injected failure shows as the documented error, on either side of the slide, and leaves nothing moving."""

import time
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest

from acquire import errors
from acquire.errors import CameraError, DeviceError, StoreError
from acquire.microscope import Microscope
from acquire.motion import TRIES, Patience
from acquire.open import open_disk, open_microscope
from acquire.plan import Plan
from acquire.runopen import create_run
from acquire.simulated.failing import FailingCore
from acquire.simulated.failures import KINDS, Failures, failures_of
from calibration.errors import RigError
from tests.acquire.rigs import small_rig

pytestmark = pytest.mark.core
EXPOSURE_MS = 5.0
MOMENT_S = 0.001
BOTH_SIGNS = pytest.mark.parametrize("toward", [1, -1])


def work(microscope: Microscope):
    """Move, focus, expose twice at different places, turn: every kind of failure finds its call."""
    toward = microscope.rig.z.toward_slide
    microscope.move_xy(600, 500)
    microscope.move_z(toward * 1.0)
    microscope.snap(EXPOSURE_MS)
    microscope.move_xy(640, 500)
    microscope.snap(EXPOSURE_MS)
    microscope.select_objective("100x")


class VirtualTime:
    """A clock that only sleeping moves; the real devices get a moment of real time at each."""

    def __init__(self):
        self.seconds = 0.0

    def sleep(self, seconds):
        self.seconds += seconds
        time.sleep(min(seconds, MOMENT_S))

    def clock(self):
        return self.seconds


@contextmanager
def opened(toward=1, **simulated):
    """The simulated microscope with a slide of little detail, and with time-outs that cost no time."""
    virtual = VirtualTime()
    with open_microscope(small_rig(toward=toward, size_px=(48, 48), **simulated)) as microscope:
        failing = FailingCore(microscope.core._core, microscope.rig, microscope.core.failures, sleep=virtual.sleep)
        microscope.core, microscope.patience = failing, Patience(clock=virtual.clock, sleep=virtual.sleep)
        try:
            yield microscope
        finally:
            failing.release()
            failing.failures.clear()
            failing._dead = False


def documented(name):
    """Classes that the table of failures names."""
    words = KINDS[name].split(":")[0].replace(",", " ").split()
    return tuple(getattr(errors, word) for word in words if word.endswith("Error"))


ON_THE_WAY = [name for name in KINDS if not KINDS[name].startswith("none") and name != "disk_full"]


@BOTH_SIGNS
@pytest.mark.parametrize("name", ON_THE_WAY)
def test_a_failure_at_the_microscope_shows_as_the_documented_error(name, toward):
    with opened(toward) as microscope:
        times = TRIES if name == "stage_short" else 1  # a stage beside its target is sent there again
        microscope.core.failures.inject(name, at=2 if name == "frame_repeated" else 1, times=times)
        with pytest.raises(documented(name)) as caught:
            work(microscope)
        assert microscope.core.failures.struck[0][0] == name
        assert len(str(caught.value)) > 40


LOST_FRAMES = ("snap_raises", "frame_dropped", "frame_repeated", "frame_wrong_size")


@pytest.mark.parametrize("name", [name for name in ON_THE_WAY if name != "core_dies"])
def test_a_failed_motion_and_a_hanging_camera_set_the_latch_and_a_lost_frame_does_not(name):
    with opened() as microscope:
        times = TRIES if name == "stage_short" else 1
        microscope.core.failures.inject(name, at=2 if name == "frame_repeated" else 1, times=times)
        with pytest.raises(documented(name)):
            work(microscope)
        assert (microscope.state.record.latch is None) == (name in LOST_FRAMES)


def test_the_rig_file_may_name_a_failure_and_its_call():
    with opened(failures=[{"name": "snap_raises", "at": 2}]) as microscope:
        microscope.snap(EXPOSURE_MS)
        with pytest.raises(CameraError, match="injected"):
            microscope.snap(EXPOSURE_MS)


@pytest.mark.parametrize("call", [1, 2, 3, 5, 8, 13, 21, 34, 55])
def test_a_core_may_die_at_any_call_and_the_error_is_one_of_ours(call):
    with opened() as microscope:
        microscope.core.failures.inject("core_dies", at=call)
        with pytest.raises(errors.MicroscopeError, match="died"):
            work(microscope)


@pytest.mark.parametrize("name", ON_THE_WAY)
def test_a_failure_that_is_not_due_yet_changes_nothing(name):
    with opened(failures=[{"name": name, "at": 10_000}]) as microscope:
        work(microscope)
        assert microscope.core.failures.struck == []


@BOTH_SIGNS
@pytest.mark.parametrize("name", ["turret_stuck", "turret_wrong_label"])
def test_z_stays_retracted_when_the_turret_fails(name, toward):
    with opened(toward) as microscope:
        microscope.core.failures.inject(name)
        with pytest.raises(errors.InterlockError):
            microscope.select_objective("100x")
        assert microscope.position_um.z == pytest.approx(microscope.rig.z_safe_um)


def test_a_stage_that_lies_reads_its_target_and_only_the_picture_shows_it():
    with opened(faults="perfect") as microscope:
        microscope.move_xy(640, 500)
        honest = microscope.snap(EXPOSURE_MS)
        microscope.move_xy(700, 500)
        microscope.core.failures.inject("stage_lies", amount_um=30.0)
        microscope.move_xy(640, 500)
        lied = microscope.snap(EXPOSURE_MS)
        assert np.allclose(lied.position, honest.position, atol=0.02)
        assert microscope.core.true_um()[0] == pytest.approx(610, abs=0.1)
        assert not np.array_equal(lied.pixels, honest.pixels)


def test_a_frame_taken_after_somebody_moved_the_stage_says_where():
    with opened() as microscope:
        microscope.move_xy(640, 500)
        microscope.core.failures.inject("joystick", amount_um=25.0)
        assert microscope.snap(EXPOSURE_MS).position.x == pytest.approx(665, abs=0.1)


def test_a_hanging_camera_is_given_up_after_its_deadline_and_not_asked_again():
    with opened() as microscope:
        microscope.core.failures.inject("snap_hangs")
        with pytest.raises(CameraError, match="hangs"):
            microscope.snap(EXPOSURE_MS)
        with pytest.raises(CameraError, match="since an earlier snap"):
            microscope.snap(EXPOSURE_MS)


def test_a_stage_that_is_busy_for_ever_ends_with_the_time_out_of_its_distance():
    with opened() as microscope:
        microscope.move_xy(500, 500)
        microscope.core.failures.inject("stage_busy")
        with pytest.raises(DeviceError, match=r"still moves after 15 s"):
            microscope.move_xy(1500, 500)


def test_a_failure_by_chance_strikes_as_often_as_told_and_at_the_same_calls_every_time():
    calls = []
    for _ in range(2):
        failures = Failures(seed=3)
        failures.inject("snap_raises", at=0, rate=0.1)
        calls.append([bool(failures.due("snap_raises")) for _ in range(2000)])
    assert calls[0] == calls[1]
    assert 0.08 < np.mean(calls[0]) < 0.12


def test_a_failure_strikes_as_many_calls_in_a_row_as_told():
    failures = Failures()
    failures.inject("z_refuses", at=3, times=2)
    assert [bool(failures.due("z_refuses")) for _ in range(6)] == [False, False, True, True, False, False]


def test_a_full_disk_is_told_before_anything_is_written(tmp_path):
    with opened(failures=[{"name": "disk_full", "at": 1}]) as microscope:
        plan = Plan(slide="S", sites_um=((600.0, 500.0),), objectives=("40x",), exposure_ms={"40x": EXPOSURE_MS})
        run = replace(create_run(tmp_path / "run", plan, microscope.rig, None), free_bytes=open_disk(microscope))
        microscope.move_xy(600, 500)
        planes = [microscope.snap(EXPOSURE_MS)]
        with pytest.raises(StoreError, match="MB left: make room"):
            run.write("0001", "40x", planes)
        assert list((tmp_path / "run" / "sites").iterdir()) == []
        run.write("0001", "40x", planes)
        assert run.has("0001", "40x")


@pytest.mark.parametrize(
    ("told", "named"),
    [
        ([{"name": "snap_rases"}], "snap_rases"),
        ([{"at": 3}], "has no name"),
        ([{"name": "snap_raises", "rate": 2.0}], "rate 2.0"),
        ([{"name": "snap_raises", "when": 2}], "when"),
        ("snap_raises", "give a list"),
    ],
)
def test_a_failure_that_cannot_be_meant_is_refused_by_name(told, named):
    with pytest.raises(RigError, match=named):
        failures_of({"failures": told}, 0)
