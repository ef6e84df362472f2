"""A capture waits while something is wrong, says why, and goes on by itself only when it has been good for a while."""

import errno
import math
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquire.control import Control
from acquire.errors import CameraError, DeviceError, PlanError, StoreError
from acquire.journal import Journal
from acquire.suspend import Suspenders
from acquire.suspender import Suspender
from acquire.suspendrules import SuspendRules, parse_suspend

GB = 1_000_000_000


@dataclass
class World:
    """Virtual time in which things are arranged to happen, and a disk."""

    now_s: float = 0.0
    free_gb: float = 100.0
    acts: list = field(default_factory=list)
    done: list = field(default_factory=list)

    def clock(self):
        return self.now_s

    def sleep(self, seconds):
        assert seconds <= 0.1
        self.now_s += seconds
        for at_s, act in list(self.acts):
            if self.now_s >= at_s:
                self.acts.remove((at_s, act))
                act()

    def free_bytes(self, _folder):
        return int(self.free_gb * GB)

    def frees(self, free_gb, *, at_s):
        self.acts.append((at_s, lambda: setattr(self, "free_gb", free_gb)))


@pytest.fixture
def world():
    return World()


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "journal.jsonl")


def suspenders(world, journal, **told):
    disk = SuspendRules(disk_floor_gb=2.0, settle_s=10.0).disk(world.free_bytes, journal.path, stack_bytes=10**6)
    hooks = {"before": lambda: world.done.append("retract"), "after": lambda: world.done.append("focus")}
    told = {"conditions": [disk]} | hooks | told
    return Suspenders(
        note=lambda event, **told: journal.append(event=event, **told), clock=world.clock, sleep=world.sleep, **told
    )


def events(journal):
    return [event["event"] for event in journal.events()]


def test_while_nothing_is_wrong_nothing_is_done_and_no_time_passes(world, journal):
    assert suspenders(world, journal).hold(Control())
    assert (world.now_s, world.done, events(journal)) == (0.0, [], [])


def test_below_the_floor_it_waits_retracted_and_goes_on_focused_when_there_has_been_room_for_a_while(world, journal):
    world.free_gb = 1.9
    world.frees(50.0, at_s=100.0)
    assert suspenders(world, journal).hold(Control())
    assert world.done == ["retract", "focus"]
    assert world.now_s == pytest.approx(110.0, abs=1.5)
    assert events(journal) == ["suspended", "resumed"]
    assert "is 1.9 GB: waiting until it is at least 3 GB" in next(journal.events())["says"]


def test_room_that_comes_and_goes_does_not_let_it_go_on(world, journal):
    world.free_gb = 1.0
    world.frees(50.0, at_s=10.0)
    world.frees(1.0, at_s=15.0)
    world.frees(50.0, at_s=20.0)
    suspenders(world, journal).hold(Control())
    assert world.now_s == pytest.approx(30.0, abs=1.5)


def test_between_its_two_bounds_a_running_capture_runs_and_a_waiting_one_waits(world, journal):
    world.free_gb = 2.5
    assert suspenders(world, journal).hold(Control())
    assert world.now_s == 0.0
    world.free_gb = 1.0
    world.frees(2.5, at_s=10.0)
    world.frees(3.5, at_s=50.0)
    suspenders(world, journal).hold(Control())
    assert world.now_s == pytest.approx(60.0, abs=1.5)


def test_a_full_disk_that_failed_a_stack_ends_with_room_though_the_floor_was_never_reached(world, journal):
    world.free_gb = 2.9
    world.frees(10.0, at_s=5.0)
    assert suspenders(world, journal).hold(Control(), fault=StoreError("no room for 0007_100x"))
    assert world.now_s == pytest.approx(15.0, abs=1.5)
    assert next(journal.events())["says"].startswith("no room for 0007_100x")


def test_what_comes_back_though_its_condition_is_good_counts_as_one_wait(world, journal):
    """A disk that has room and refuses a stack all the same: a quota, or a file that another program holds."""
    held = suspenders(world, journal, longest_s=60.0)
    since_s, times = world.clock(), 0
    while held.hold(Control(), fault=StoreError("no room for 0007_100x"), since_s=since_s):
        times += 1
        assert times < 60, "waits for ever"
    assert world.now_s == pytest.approx(60.0, abs=1.0)


def test_a_disk_that_cannot_be_read_counts_as_full(world, journal):
    def gone(_folder):
        raise OSError(errno.EIO, "network drive is gone")

    disk = SuspendRules().disk(gone, journal.path, stack_bytes=1)
    assert "cannot be read: waiting until" in disk.tripped()
    assert not disk.good()


def test_a_fault_without_a_person_leaves_the_run_with_the_lens_retracted(world, journal):
    control = Control()
    assert not suspenders(world, journal).hold(control, fault=DeviceError("Z is stuck"))
    assert (world.done, world.now_s, events(journal)) == (["retract"], 0.0, ["suspended"])


def test_a_fault_with_a_person_waits_for_the_person(world, journal):
    control = Control()
    world.acts.append((40.0, control.resume))
    assert suspenders(world, journal, attended=True).hold(control, fault=CameraError("no frame"))
    assert world.now_s == pytest.approx(40.0, abs=0.2)
    assert world.done == ["retract", "focus"]


@pytest.mark.parametrize("leave", ["stop", "emergency"])
def test_who_waits_still_hears_stop_and_emergency_in_time(world, journal, leave):
    control = Control()

    class Axes:
        def stop(self):
            world.done.append("halted")

    world.free_gb = 0.0
    world.acts.append((7.0, control.stop if leave == "stop" else lambda: control.emergency(Axes())))
    assert not suspenders(world, journal).hold(control)
    assert world.now_s - 7.0 < 0.2
    assert "focus" not in world.done


def test_a_pause_lasts_until_it_is_taken_back_and_keeps_the_conditions_in_sight(world, journal):
    control = Control()
    control.pause()
    world.acts.append((20.0, control.resume))
    assert suspenders(world, journal, attended=True).hold(control)
    assert world.now_s == pytest.approx(20.0, abs=0.2)
    assert next(journal.events())["says"] == "pausing after this site"


def test_after_its_longest_wait_the_run_is_left(world, journal):
    world.free_gb = 0.0
    assert not suspenders(world, journal, longest_s=300.0).hold(Control())
    assert world.now_s == pytest.approx(300.0, abs=0.3)
    assert events(journal) == ["suspended"]


def test_what_is_waited_for_is_told_all_the_while(world, journal):
    world.free_gb = 1.0
    world.frees(9.0, at_s=5.0)
    told = []
    suspenders(world, journal, told=told.append).hold(Control())
    assert len(told) >= 15.0 / 0.1
    assert set(told) == {next(journal.events())["says"]}


def test_a_costly_reading_is_taken_as_seldom_as_it_asks(world, journal):
    taken_s = []

    def lamp():
        taken_s.append(world.now_s)
        return 8.0 if world.now_s < 100 else 0.5

    rules = SuspendRules(settle_s=0.0)
    suspenders(world, journal, conditions=[rules.lamp(lamp)]).hold(Control())
    assert all(b - a >= 29.9 for a, b in pairwise(taken_s[1:]))
    assert world.now_s < 140


@given(st.floats(0, 10), st.floats(0, 10), st.sampled_from(["low", "high"]), st.floats(0, 10))
def test_a_value_that_lets_go_on_never_suspends(trips, resumes, bad, value):
    worse = resumes < trips if bad == "low" else resumes > trips
    told = {"name": "lamp", "unit": "%", "reads": lambda: value, "trips": trips, "resumes": resumes, "bad": bad}
    if worse:
        with pytest.raises(ValueError, match="give a better value to go on at"):
            Suspender(**told)
        return
    one = Suspender(**told)
    assert not (one.good() and one.tripped())


def test_the_floor_is_never_below_what_the_next_stack_needs(world, journal):
    stack_bytes = 3 * GB
    disk = SuspendRules(disk_floor_gb=0.0).disk(world.free_bytes, journal.path, stack_bytes=stack_bytes)
    assert disk.trips * GB >= 2 * stack_bytes


@given(st.builds(SuspendRules, disk_floor_gb=st.floats(0, 1e4), lamp_percent=st.floats(0, 100)))
def test_rules_written_and_read_are_the_same(rules):
    assert parse_suspend(rules.document()) == rules


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({"disk_gb": 3}, r"suspend\.disk_gb is not known: choose from \['disk_floor_gb'"),
        ({"drift_um": -1}, r"suspend\.drift_um is -1: give a number from 0 on"),
        ({"drift_um": math.nan}, r"suspend\.drift_um is nan"),
        ({"settle_s": "long"}, r"suspend\.settle_s is 'long'"),
        ([2], r"suspend is \[2\]: give a mapping"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(document, says):
    with pytest.raises(PlanError, match=f"plan night: {says}"):
        parse_suspend(document, name="night")
