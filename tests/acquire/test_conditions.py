"""Lamp and drift of one capture: seen in passing, and looked at anew only while the capture waits for them."""

from collections import deque
from functools import partial

import pytest

from acquire import lampround
from acquire.background import FRAMES, LampCheck
from acquire.conditions import Conditions
from acquire.control import Control
from acquire.driftwatch import STACKS, DriftWatch
from acquire.errors import CameraError, DeviceError, SuspendedError
from acquire.lampround import LampRound
from acquire.open import open_microscope
from acquire.runopen import create_run
from acquire.suspend import Suspenders
from tests.acquire.loop_parts import GREY, RIG, PlainMicroscope, plan
from tests.acquire.rigs import small_rig
from tests.acquire.test_judging import begin, judging

GLASS_UM = [900.0, 900.0]
SITES, EVERY = 4, 2
DIM = round(GREY * 0.85)
RULES = {"settle_s": 5, "longest_h": 1}


class Lit:
    """A pass as the capture loop makes it, with the lamp turned by hand, on a clock that only waiting moves."""

    def __init__(self, folder, monkeypatch, **rules):
        planned = {"background_um": GLASS_UM, "background_every": EVERY, "suspend": RULES | rules}
        self.run = create_run(folder / "run", plan(sites=SITES, **planned), RIG, None)
        self.microscope, self.control, self.clock_s = PlainMicroscope(), Control(), 0.0
        self.visits = list(self.run.plan.visits(RIG))
        self.queue, self.made, self.grey_at_s = deque(self.visits), [], {}
        monkeypatch.setattr(lampround, "LampCheck", partial(LampCheck, clock=self.clock))
        self.lamp = LampRound(
            microscope=self.microscope,
            run=self.run,
            queue=self.queue,
            settle=lambda: None,
            focus=lambda _visit: 5.0,
            sleep=self.sleep,
        )
        conditions = Conditions(run=self.run, visits=self.visits, drift=None, control=self.control, lamp=self.lamp)
        self.suspenders = Suspenders(
            conditions=conditions.watched(),
            note=lambda event, **told: self.run.journal.append(event=event, **told),
            before=self.microscope.retract,
            longest_s=self.run.plan.suspend.longest_s,
            clock=self.clock,
            sleep=self.sleep,
        )

    def clock(self):
        return self.clock_s

    def sleep(self, seconds):
        self.clock_s += seconds
        due = [grey for at_s, grey in self.grey_at_s.items() if at_s <= self.clock_s]
        self.microscope.grey = due[-1] if due else self.microscope.grey

    def go(self, grey_after):
        self.lamp.begin()
        while self.queue:
            while self.suspenders.hold(self.control):
                if not self.lamp.due:
                    break
                self.lamp.look()
            else:
                return
            visit = self.queue.popleft()
            self.made.append((visit.site, self.microscope.grey))
            self.run.write(visit.site, visit.objective, [self.microscope.snap(visit.exposure_ms)])
            self.microscope.grey = grey_after.pop(len(self.made), self.microscope.grey)
            self.lamp.took(visit)
            if not self.queue:
                self.lamp.finish(visit)

    def events(self, *names):
        return [event for event in self.run.journal.events() if event["event"] in names]


def test_a_lamp_that_is_far_from_what_it_was_is_waited_for_and_nothing_is_taken_meanwhile(tmp_path, monkeypatch):
    lit = Lit(tmp_path, monkeypatch)
    lit.grey_at_s = {100.0: GREY}
    lit.go({1: DIM})
    suspended, resumed = lit.events("suspended", "resumed")
    assert "change of the lamp is 15" in suspended["says"]
    assert resumed["seconds"] >= 90
    assert {grey for _, grey in lit.made[2:]} == {GREY}
    assert [site for site, _ in lit.made] == ["0001", "0002", "0001", "0002", "0003", "0004"]


def test_while_it_waits_the_lens_goes_to_the_focus_to_look_and_is_retracted_again(tmp_path, monkeypatch):
    lit = Lit(tmp_path, monkeypatch)
    lit.grey_at_s = {100.0: GREY}
    lit.go({1: DIM})
    moves = lit.microscope.moves
    waiting = moves[moves.index(("retract",)) :]
    assert waiting[1:4] == [("xy", *GLASS_UM), ("z", 3.0), ("z", 5.0)]
    assert waiting[5] == ("retract",)


def test_a_lamp_that_does_not_come_back_ends_the_run_after_the_longest_wait(tmp_path, monkeypatch):
    lit = Lit(tmp_path, monkeypatch)
    lit.go({1: DIM})
    assert lit.clock_s > 3600
    assert [site for site, _ in lit.made] == ["0001", "0002"]
    assert lit.events("resumed") == []


def test_in_steady_light_the_condition_costs_no_exposure(tmp_path, monkeypatch):
    lit = Lit(tmp_path, monkeypatch)
    lit.go({})
    looks = len(lit.events("lamp"))
    assert lit.microscope.exposed == SITES + (looks + 1) * FRAMES  # the first look is made of two
    assert lit.events("suspended") == []


def test_a_frame_that_does_not_come_while_it_waits_is_no_good_light(tmp_path, monkeypatch):
    lit = Lit(tmp_path, monkeypatch)
    lit.lamp.begin()
    lit.microscope.fails = [CameraError("no frame")] * 10
    assert str(lit.lamp.away_now_percent()) == "nan"
    assert lit.microscope.moves[-1] == ("retract",)


def test_a_motion_that_fails_while_it_waits_leaves_the_wait_to_a_person(tmp_path, monkeypatch):
    lit = Lit(tmp_path, monkeypatch)
    lit.lamp.begin()

    def stalled(*_):
        raise DeviceError("the stage stalled")

    lit.microscope.move_xy = stalled
    lamp = lit.suspenders.conditions[1]
    with pytest.raises(SuspendedError, match="the stage stalled"):
        lamp.good()
    lit.control.pause()
    assert not lamp.good()


def test_only_what_the_plan_and_the_rig_have_is_watched(tmp_path):
    run = create_run(tmp_path / "run", plan(), RIG, None)
    conditions = Conditions(run=run, visits=list(run.plan.visits(RIG)), drift=None, control=Control())
    assert [one.name for one in conditions.watched()] == ["free space on the disk of the run"]


@pytest.fixture
def drifting(tmp_path):
    """A judge on a simulated rig, at a section whose middle lies at Z 0."""
    told = {"objectives": ["40x"], "exposure_ms": {"40x": 8}, "focus": {"method": "surface"}}
    planned = {"sites_um": [[3000, 1000], [3030, 1000]], "stack": {"40x": {"planes": 3, "step_um": 1.0}}}
    with open_microscope(small_rig(specimen={"kind": "lung", "seed": 1}, faults="perfect")) as microscope:
        judge = judging(tmp_path, rig=microscope.rig, microscope=microscope, **told, **planned)
        begin(judge, "40x")
        yield judge


@pytest.mark.core
@pytest.mark.truth
def test_a_focus_that_ran_away_is_swept_until_it_holds_still_and_is_known_then(drifting):
    judge, visit = drifting, drifting.visits[0]
    true_um = judge.expected_um(visit)
    for _ in range(STACKS):
        judge.drift.aimed(true_um + 5.0)
        judge.drift.saw(visit, true_um + 2.5)
    condition = Conditions(
        run=judge.finder.run, visits=judge.visits, drift=judge.drift, control=judge.control
    ).watched()[-1]
    assert "drift of the focus is 2.5" in condition.tripped()
    assert not condition.good()  # it went by 2.5 µm since
    assert condition.good()
    assert condition.tripped() == ""
    microscope = judge.finder.microscope
    assert not microscope.rig.z.nearer(microscope.position_um.z, microscope.rig.z_safe_um + 1)
    assert judge.expected_um(visit) == pytest.approx(true_um, abs=0.3)
    assert judge.finder.known.expected(judge.visits[1]).z_um == pytest.approx(true_um, abs=0.6)


@pytest.mark.core
def test_a_focus_that_is_found_nowhere_is_waited_for(drifting):
    drifting.drift.saw(drifting.visits[0], drifting.expected_um(drifting.visits[0]))
    drifting.finder.microscope.core.failures.inject("snap_raises", times=1000)
    assert str(drifting.drift.moved_um()) == "nan"


@pytest.mark.parametrize(("off_um", "says"), [([9.0], 0.0), ([9.0, 0.1, 0.2], 0.2), ([-3.0, -2.0, -2.5], 2.5)])
def test_the_middle_of_the_latest_stacks_counts(off_um, says):
    watch = DriftWatch(finder=None)
    for off in off_um:
        watch.aimed(10.0)
        watch.saw(None, 10.0 + off)
    assert watch.off_um() == pytest.approx(says)


def test_stacks_that_missed_their_focus_are_farther_off_than_any_bound():
    watch = DriftWatch(finder=None)
    for missed in (True, False, True):
        watch.aimed(10.0)
        watch.saw(None, 10.8, missed=missed)
    assert watch.off_um() == float("inf")
