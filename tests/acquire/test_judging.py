"""What one capture knows of focus and slide, over a microscope of plain numbers; one look at the simulated one."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acquire.control import Control
from acquire.driftwatch import STACKS
from acquire.errors import CameraError
from acquire.focusing import begin_focusing
from acquire.judging import Judging
from acquire.open import open_microscope
from acquire.planfile import parse_plan
from acquire.refound import Refound
from acquire.retake import TRIES
from acquire.runopen import create_run, open_run
from acquire.slide import OILED
from calibration.rig import load_rig
from calibration.rigid import Rigid
from tests.acquire.loop_parts import RIG, PlainMicroscope
from tests.acquire.planes import stack
from tests.acquire.rigs import small_rig

TWO = {"objectives": ["10x", "40x"], "exposure_ms": {"10x": 5, "40x": 5}}
STEP_UM = 0.4
SIMULATED = load_rig("simulated")


def plan(rig, **changes):
    document = {"slide": "S1", "sites_um": [[100, 100], [300, 100]], "focus": {"method": "as_positions"}}
    return parse_plan(document | TWO | changes, rig)


def judging(folder, *, rig=RIG, resumed=False, microscope=None, **planned):
    run = create_run(folder / "run", plan(rig, **planned), rig, None)
    finder = begin_focusing(microscope or PlainMicroscope(rig), run)
    return Judging(finder=finder, visits=list(run.plan.visits(rig)), control=Control(), resumed=resumed)


def begin(judge, objective):
    judge.begin(objective, [visit for visit in judge.visits if visit.objective == objective])


def events(judge, name):
    return [event for event in judge.finder.run.journal.events() if event["event"] == name]


def test_a_pass_begins_with_its_objective_in_place_and_its_focus_told(tmp_path):
    judge = judging(tmp_path)
    begin(judge, "40x")
    assert judge.finder.microscope.objective.name == "40x"
    assert judge.finder.microscope.expected_um == judge.z_um(judge.visits[-1])


def test_a_new_run_has_nothing_to_verify(tmp_path):
    judge = judging(tmp_path)
    begin(judge, "10x")
    assert events(judge, "verified") == []


def test_a_run_that_was_begun_earlier_is_verified_once_before_its_first_pass(tmp_path):
    judge = judging(tmp_path, resumed=True)
    begin(judge, "10x")
    begin(judge, "40x")
    assert len(events(judge, "verified")) == 1


def test_after_the_oil_the_slide_is_looked_for_and_not_before_and_not_twice(tmp_path):
    judge = judging(tmp_path)
    begin(judge, "10x")
    assert events(judge, "refound") == []
    judge.finder.run.journal.append(event=OILED, objective="40x", time_s=0.0)
    begin(judge, "40x")
    begin(judge, "40x")
    assert len(events(judge, "refound")) == 1


def test_a_run_whose_slide_was_oiled_meanwhile_is_looked_for_and_not_verified(tmp_path):
    """A shift is expected then: the search finds it, the verification would refuse it."""
    judge = judging(tmp_path, resumed=True)
    judge.finder.run.journal.append(event=OILED, objective="40x", time_s=0.0)
    begin(judge, "40x")
    assert (len(events(judge, "verified")), len(events(judge, "refound"))) == (0, 1)


def test_the_first_objective_lies_as_planned_and_the_later_where_the_slide_was_found(tmp_path):
    judge = judging(tmp_path)
    found = Refound(moved=Rigid(shift_um=(40.0, -7.0)), parcentric_um={"40x": (0.0, 0.0)}, sites=("0001",))
    judge.finder.run.journal.append(**found.event(), time_s=0.0)
    begin(judge, "40x")
    first, later = judge.visits[0], judge.visits[-1]
    assert judge.place(first) == first
    placed = judge.place(later)
    assert (placed.x_um - later.x_um, placed.y_um - later.y_um) == pytest.approx((40.0, -7.0))
    assert replace(placed, x_um=later.x_um, y_um=later.y_um) == later


def test_what_the_sites_added_to_their_depth_is_added_to_every_stack(tmp_path):
    judge = judging(tmp_path)
    begin(judge, "40x")
    before_um = judge.z_um(judge.visits[-1])
    judge.finder.run.journal.append(**Refound(focus_um=3.5).event(), time_s=0.0)
    begin(judge, "40x")
    assert judge.z_um(judge.visits[-1]) == pytest.approx(before_um + 3.5)


def test_without_a_partner_to_compare_with_no_stack_is_at_fault(tmp_path):
    judge = judging(tmp_path)
    look = judge.look(judge.visits[-1], [judge.finder.microscope.snap(5)])
    assert (look.fault, look.better_um) == ("", None)


@pytest.fixture(scope="module")
def searching(tmp_path_factory):
    """Of a rig whose pictures depend on the focus, its surface already known."""
    folder = tmp_path_factory.mktemp("searching")
    told = {"objectives": ["100x"], "exposure_ms": {"100x": 5}, "focus": {"method": "surface"}}
    planned = {"sites_um": [[500, 500], [520, 500]], "stack": {"100x": {"planes": 5, "step_um": STEP_UM}}}
    return judging(folder, rig=SIMULATED, microscope=PlainMicroscope(SIMULATED), **told, **planned)


@pytest.mark.parametrize("offset_um", [0.0, -0.5])
def test_an_offset_that_the_plan_asks_for_is_no_drift(tmp_path, offset_um):
    told = {"objectives": ["100x"], "exposure_ms": {"100x": 5}, "stack": {"100x": {"planes": 5, "step_um": STEP_UM}}}
    focus = {"method": "surface", "offset_um": {"100x": offset_um}}
    places = {"sites_um": [[500 + 20 * number, 500] for number in range(STACKS + 1)]}
    judge = judging(tmp_path, rig=SIMULATED, microscope=PlainMicroscope(SIMULATED), focus=focus, **told, **places)
    judge.drift.begin()
    for visit in judge.visits:
        judge.finder.known.tried.add((visit.site, visit.objective))
        middle_um = judge.z_um(visit)
        judge.look(visit, planes := stack(middle_um, 0.0, step_um=STEP_UM))
        judge.learn(visit, planes)
    assert judge.drift.off_um() == pytest.approx(0, abs=0.05)


@settings(max_examples=30, deadline=None)
@given(aside_um=st.floats(-0.7, 0.7).filter(lambda off: abs(abs(off) - STEP_UM / 2) > 0.02))
def test_a_stack_is_taken_again_when_its_focus_lies_more_than_half_a_step_aside(searching, aside_um):
    look = searching.look(searching.visits[0], stack(0.0, aside_um, step_um=STEP_UM))
    assert look.fault == ""
    if abs(aside_um) < STEP_UM / 2:
        assert look.better_um is None
    else:
        assert look.better_um == pytest.approx(aside_um, abs=0.05)


def test_after_a_hold_the_next_site_is_focused_whatever_was_known(searching):
    visit = searching.visits[0]
    searching.finder.known.tried.add((visit.site, visit.objective))
    assert not searching.finder.due(visit)
    searching.doubt()
    assert searching.finder.due(visit)


@pytest.mark.core
def test_a_verification_that_no_frame_came_for_is_made_when_the_pass_is_begun_again(tmp_path):
    rig = small_rig(specimen={"kind": "lung", "seed": 1}, faults="perfect")
    told = {"objectives": ["40x"], "exposure_ms": {"40x": 8}, "sites_um": [[3000, 1000], [3016, 1000]]}
    with open_microscope(rig) as microscope:
        judge = judging(tmp_path, rig=rig, microscope=microscope, **told)
        begin(judge, "40x")
        first = judge.visits[0]
        microscope.move_xy(first.x_um, first.y_um)
        judge.finder.run.write(first.site, "40x", [microscope.snap(8)])
        again = Judging(finder=judge.finder, visits=judge.visits, control=Control(), resumed=True)
        microscope.core.failures.inject("snap_raises", times=TRIES)
        with pytest.raises(CameraError):
            begin(again, "40x")
        assert events(judge, "verified") == []
        begin(again, "40x")
        assert [event["site"] for event in events(judge, "verified")] == ["0001"]
    assert open_run(judge.finder.run.path).sites() == ["0001"]
