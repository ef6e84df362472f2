"""Moves over a core of a few lines: what is tried again, in which order two drives go, and how a halt ends a wait."""

from dataclasses import replace

import pytest

from acquire.errors import DeviceError, HaltedError
from acquire.motion import HALT_S, TRIES, Patience, apply_settings, move_focus, move_stage, turn
from calibration.optics import ZDrive

BOTH_SIGNS = pytest.mark.parametrize("toward", [1, -1])
ONE, TWO = ({"device": "Z"}, {"device": "Z", "fine": "Piezo"})


class Core:
    """Devices that are where they were sent at once, or after some questions, or beside it for some tries."""

    def __init__(self, *, misses=0, beside_um=5.0, questions=0):
        self.places = {"Z": 0.0, "Piezo": 0.0, "X": 0.0, "Y": 0.0}
        self.misses, self.beside_um, self.questions = misses, beside_um, questions
        self.went, self.halted, self._left = [], [], 0

    def get_xy_stage_device(self):
        return "XY"

    def get_x_position(self, _stage):
        return self.places["X"]

    def get_y_position(self, _stage):
        return self.places["Y"]

    def get_position(self, drive):
        return self.places[drive]

    def set_timeout_ms(self, _milliseconds):
        pass

    def set_position(self, drive, z_um):
        self._goes(drive, z_um)
        self.places[drive] = z_um + self._missed_um()

    def set_xy_position(self, stage, x_um, y_um):
        self._goes(stage, (x_um, y_um))
        self.places |= {"X": x_um + self._missed_um(), "Y": y_um}

    def set_property(self, device, name, value):
        self._goes(device, (name, value))

    def device_busy(self, _device):
        self._left -= 1
        return self._left >= 0

    def stop(self, device):
        self.halted.append(device)
        self._left = 0

    def is_continuous_focus_enabled(self):
        return False

    def _goes(self, device, target):
        self.went.append((device, target))
        self._left = self.questions

    def _missed_um(self):
        self.misses -= 1
        return self.beside_um if self.misses >= 0 else 0.0


class Time:
    """Seconds that pass by sleeping only, and a person who halts everything after some of them."""

    def __init__(self, halts_after_s=None):
        self.seconds, self.halts_after_s = 0.0, halts_after_s

    def sleep(self, seconds):
        self.seconds += seconds

    @property
    def patience(self):
        return Patience(clock=lambda: self.seconds, sleep=self.sleep, stopped=self.stopped)

    def stopped(self):
        return self.halts_after_s is not None and self.seconds >= self.halts_after_s


def drives(toward=1, **names):
    return ZDrive(toward_slide=toward, **(names or ONE))


@pytest.mark.parametrize("misses", range(TRIES))
def test_a_stage_beside_its_target_is_sent_there_again(misses):
    core = Core(misses=misses)
    move_stage(core, drives(), 100.0, 50.0, Time().patience)
    assert len(core.went) == misses + 1
    assert core.places["X"] == 100.0


def test_a_stage_that_misses_every_time_is_told_with_where_it_reads():
    core = Core(misses=99)
    with pytest.raises(DeviceError, match=r"3 times and reads \(105\.00"):
        move_stage(core, drives(), 100.0, 50.0, Time().patience)
    assert len(core.went) == TRIES


@BOTH_SIGNS
def test_a_focus_drive_that_stands_too_near_is_sent_away_again(toward):
    core = Core(misses=2, beside_um=toward * 0.5)
    move_focus(core, drives(toward), 10.0, Time().patience)
    assert len(core.went) == 3
    assert core.places["Z"] == 10.0


@BOTH_SIGNS
def test_a_focus_drive_that_stands_too_far_is_never_sent_nearer_again(toward):
    core = Core(misses=1, beside_um=-toward * 0.5)
    with pytest.raises(DeviceError, match="check that nothing blocks it"):
        move_focus(core, drives(toward), 10.0, Time().patience)
    assert len(core.went) == 1


@BOTH_SIGNS
@pytest.mark.parametrize("fine_um", [-18.0, 18.0])
@pytest.mark.parametrize("target_um", [-90.0, 90.0])
def test_two_drives_are_on_the_way_never_nearer_than_at_both_ends_of_it(toward, fine_um, target_um):
    core = Core()
    core.places["Piezo"] = fine_um
    move_focus(core, drives(toward, **TWO), target_um, Time().patience)
    places, seen_um = {"Z": 0.0, "Piezo": fine_um}, []
    for drive, to_um in core.went:
        places[drive] = to_um
        seen_um.append(toward * sum(places.values()))
    assert seen_um[-1] == toward * target_um
    assert max(seen_um) <= max(toward * fine_um, toward * target_um)


def test_a_wait_ends_within_200_ms_of_the_wish_with_the_axis_halted():
    time = Time(halts_after_s=3.0)
    core = Core(questions=10_000)
    with pytest.raises(HaltedError):
        move_stage(core, drives(), 100_000.0, 0.0, time.patience)
    assert core.halted == ["XY"]
    assert 3.0 <= time.seconds < 3.2


@pytest.mark.parametrize(("axis", "settle_s"), [("xy", 0.3), ("z", 0.12)])
def test_an_axis_is_read_back_after_it_has_settled(axis, settle_s):
    time, core, read_s = Time(), Core(), []
    patience = replace(time.patience, **{f"settle_{axis}_s": settle_s})
    core.get_x_position = lambda _stage: read_s.append(time.seconds) or core.places["X"]
    core.get_position = lambda drive: read_s.append(time.seconds) or core.places[drive]
    if axis == "xy":
        move_stage(core, drives(), 100.0, 50.0, patience)
    else:
        move_focus(core, drives(), 10.0, patience)
    assert read_s[-1] == pytest.approx(settle_s)


def test_a_halt_does_not_wait_for_an_axis_to_settle():
    time = Time(halts_after_s=0.1)
    with pytest.raises(HaltedError):
        move_stage(Core(), drives(), 100.0, 50.0, replace(time.patience, settle_xy_s=10.0))
    assert time.seconds < 0.3


def test_nothing_goes_after_the_wish():
    for move in (
        lambda core, patience: move_stage(core, drives(), 1.0, 1.0, patience),
        lambda core, patience: move_focus(core, drives(), 1.0, patience),
        lambda core, patience: turn(core, "Turret", "10x", patience),
        lambda core, patience: apply_settings(core, [("Lamp", "On", "1")], patience),
    ):
        core = Core()
        with pytest.raises(HaltedError, match="halted by hand"):
            move(core, Time(halts_after_s=0.0).patience)
        assert core.went == []


def test_an_axis_that_somebody_else_halted_is_not_taken_for_one_that_missed():
    time = Time(halts_after_s=0.0)
    core = Core(misses=1)
    before = iter([False])
    patience = Patience(clock=lambda: time.seconds, sleep=time.sleep, stopped=lambda: next(before, True))
    with pytest.raises(HaltedError):
        move_stage(core, drives(), 100.0, 0.0, patience)
    assert len(core.went) == 1


def test_an_axis_that_does_not_come_to_rest_when_halted_is_a_failure():
    class Runaway(Core):
        def stop(self, device):
            self.halted.append(device)

    time, core = Time(halts_after_s=1.0), Runaway(questions=10**9)
    with pytest.raises(DeviceError, match=f"still moves after {HALT_S:g} s"):
        move_stage(core, drives(), 100_000.0, 0.0, time.patience)


def test_a_turret_that_is_halted_is_left_to_end_its_turn():
    time, core = Time(halts_after_s=1.0), Core(questions=10_000)
    with pytest.raises(HaltedError):
        turn(core, "Turret", "10x", time.patience)
    assert core.halted == []
