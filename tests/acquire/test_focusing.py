"""The focus of a run: what is learnt, expected and asked for; without a device, by frames whose focus is known."""

import json
import math
from dataclasses import replace

import pytest

from acquire.focusing import FocusFinder, begin_focusing
from acquire.open import open_microscope
from acquire.planfile import parse_plan
from acquire.runopen import create_run, open_run
from calibration.rig import load_rig
from tests.acquire.planes import stack
from tests.acquire.rigs import small_rig

RIG = load_rig("simulated")
PITCH_UM = 80.0


class Clock:
    seconds = 1e9

    def __call__(self):
        self.seconds += 1
        return self.seconds


def plan_of(sites, **changes):
    document = {
        "slide": "S1",
        "sites_um": [[500 + PITCH_UM * number, 500] for number in range(sites)],
        "objectives": ["40x"],
        "stack": {"40x": {"planes": 5, "step_um": 0.4}},
        "exposure_ms": {"40x": 8},
    }
    return parse_plan(document | changes, RIG)


def finder_of(path, plan, *, rig=RIG, microscope=None, hand_um=3.0):
    run = open_run(path) if path.exists() else create_run(path, plan, rig, None)
    finder = FocusFinder(microscope=microscope, run=run, hand_um=hand_um, clock=Clock())
    return finder, list(plan.visits(rig))


def learn(finder, visit, focus_um, centre_um=None):
    centre_um = finder.predict(visit) if centre_um is None else centre_um
    return finder.learn(visit, stack(centre_um, focus_um, objective=visit.objective))


def test_as_long_as_nothing_was_seen_the_hand_is_believed(tmp_path):
    finder, visits = finder_of(tmp_path / "run", plan_of(3))
    assert finder.predict(visits[0]) == 3.0


def test_the_peak_of_a_stack_moves_the_next_one(tmp_path):
    finder, visits = finder_of(tmp_path / "run", plan_of(3))
    learn(finder, visits[0], 3.3)
    assert finder.predict(visits[1]) == pytest.approx(3.3, abs=0.05)


@pytest.mark.parametrize("side", [1, -1])
def test_one_stack_moves_the_focus_by_one_step_at_most(tmp_path, side):
    finder, visits = finder_of(tmp_path / "run", plan_of(3))
    peak = learn(finder, visits[0], 3.0 + side * 2.0)
    assert peak.missed
    assert finder.predict(visits[1]) == pytest.approx(3.0 + side * 0.4, abs=1e-6)


@pytest.mark.parametrize(("off_um", "again_um"), [(0.1, None), (-0.15, None), (0.3, 3.3), (-0.5, 2.5)])
def test_a_stack_whose_peak_lies_over_half_a_step_aside_is_better_taken_again_about_it(tmp_path, off_um, again_um):
    finder, visits = finder_of(tmp_path / "run", plan_of(2))
    found_um = finder.aside(visits[0], stack(3.0, 3.0 + off_um, objective="40x"))
    assert found_um == (again_um if again_um is None else pytest.approx(again_um, abs=0.03))


@pytest.mark.parametrize("offset_um", [-0.2, 0.35, 0.6])
def test_pictures_are_taken_as_far_from_the_focus_as_the_plan_asks_and_the_focus_is_learnt_all_the_same(
    tmp_path, offset_um
):
    focus = {"offset_um": {"40x": offset_um}}
    finder, visits = finder_of(tmp_path / "run", plan_of(7, focus=focus))
    for visit in visits[:-1]:
        learn(finder, visit, 3.0)
    wanted_um = 3.0 + offset_um
    assert finder.predict(visits[-1]) == pytest.approx(wanted_um, abs=0.05)
    assert finder.aside(visits[-1], stack(wanted_um, 3.0, objective="40x")) is None
    nearer_um = wanted_um - math.copysign(0.3, offset_um)
    assert finder.aside(visits[-1], stack(nearer_um, 3.0, objective="40x")) == pytest.approx(wanted_um, abs=0.05)


def test_a_tilt_is_learnt_along_the_run(tmp_path):
    finder, visits = finder_of(tmp_path / "run", plan_of(12))
    for number, visit in enumerate(visits[:-1]):
        learn(finder, visit, 3.0 + 0.2 * number)
    assert finder.predict(visits[-1]) == pytest.approx(3.0 + 0.2 * 11, abs=0.15)


def test_a_run_that_is_opened_again_expects_what_it_did(tmp_path):
    plan = plan_of(4)
    finder, visits = finder_of(tmp_path / "run", plan)
    for number, visit in enumerate(visits[:3]):
        learn(finder, visit, 3.0 + 0.1 * number)
    again, _ = finder_of(tmp_path / "run", plan, hand_um=99.0)
    time_s = finder.clock()
    assert again.predict(visits[3], time_s) == pytest.approx(finder.predict(visits[3], time_s), abs=1e-9)


def test_every_peak_is_journalled_with_its_time(tmp_path):
    finder, visits = finder_of(tmp_path / "run", plan_of(2))
    learn(finder, visits[0], 3.2)
    lines = [json.loads(line) for line in finder.run.journal.path.read_text().splitlines()]
    event = next(line for line in lines if line["event"] == "peak")
    assert (event["site"], event["objective"], event["standing"]) == ("0001", "40x", "inside")
    assert event["off_um"] == pytest.approx(0.2, abs=0.02)
    assert event["time_s"] > 1e9


def test_an_empty_field_teaches_nothing(tmp_path):
    finder, visits = finder_of(tmp_path / "run", plan_of(2))
    finder.learn(visits[0], stack(3.0, 3.0, contrast=0.0, objective="40x"))
    assert finder.predict(visits[1]) == 3.0


def test_a_sweep_is_due_where_nothing_is_known_and_not_where_much_is(tmp_path):
    finder, visits = finder_of(tmp_path / "run", plan_of(6))
    assert finder.due(visits[0])
    for visit in visits[:5]:
        learn(finder, visit, 3.0)
    assert not finder.due(visits[5])


def test_after_a_doubt_the_next_site_is_due_whatever_is_known(tmp_path):
    finder, visits = finder_of(tmp_path / "run", plan_of(6))
    for visit in visits[:5]:
        learn(finder, visit, 3.0)
    finder.doubt()
    assert finder.due(visits[5])


def test_with_positions_each_site_keeps_the_z_of_its_list(tmp_path):
    finder, visits = finder_of(tmp_path / "run", plan_of(2, focus={"method": "as_positions"}))
    listed = replace(visits[0], z_um=7.5)
    assert (finder.predict(listed), finder.predict(visits[1])) == (7.5, 3.0)
    learn(finder, listed, 7.9)
    assert finder.predict(listed) == 7.5
    assert not finder.due(listed)


@pytest.mark.core
def test_a_run_that_goes_on_keeps_the_z_found_by_hand_at_its_beginning(tmp_path):
    """With positions, and with a lens that was retracted since."""
    rig = small_rig()
    plan = plan_of(2, focus={"method": "as_positions"})
    with open_microscope(rig) as microscope:
        microscope.move_z(2.0)
        run = create_run(tmp_path / "run", plan, rig, None)
        visits = list(plan.visits(rig))
        begin_focusing(microscope, run).surface(visits)
        microscope.retract()
        assert begin_focusing(microscope, open_run(run.path)).predict(visits[1]) == pytest.approx(2.0, abs=0.05)


@pytest.mark.core
@pytest.mark.parametrize("toward", [1, -1])
def test_a_run_on_a_tilted_slide_is_swept_at_few_sites_and_stays_in_focus(tmp_path, toward):
    tilt = {"kind": "kidney", "seed": 1, "tilt_um_per_mm": (8.0, 0.0)}
    rig = small_rig(toward=toward, size_px=(128, 128), specimen=tilt)
    plan = plan_of(40)
    with open_microscope(rig) as microscope:
        surface_um = microscope.core.renderer.slide.specimen.surface_um
        microscope.move_z(float(surface_um(500.0, 500.0)))
        finder, visits = finder_of(tmp_path / "run", plan, rig=rig, microscope=microscope, hand_um=4.0)
        finder.surface(visits)
        tried = {
            event["site"] for event in finder.run.journal.events() if event["event"] in ("focused", "focus_failed")
        }
        assert len(tried) == 5
        off_um = [finder.predict(visit) - float(surface_um(visit.x_um, visit.y_um)) for visit in visits]
    assert max(off_um) - min(off_um) < 1.0  # of 25.6 µm of tilt; the sharpest layer lies aside of the middle


@pytest.mark.core
def test_a_sweep_on_empty_glass_flags_the_site_and_leaves_the_expected_z(tmp_path):
    rig = small_rig(specimen={"kind": "empty"})
    with open_microscope(rig) as microscope:
        finder, visits = finder_of(tmp_path / "run", plan_of(3), rig=rig, microscope=microscope, hand_um=0.0)
        finder.focus(visits[1])
        assert finder.predict(visits[1]) == 0.0
        assert not finder.due(visits[1])
    failed = [event for event in finder.run.journal.events() if event["event"] == "focus_failed"]
    assert [event["site"] for event in failed] == ["0002"]
