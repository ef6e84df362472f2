"""Everything that is looked at before a run begins."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acquire.confirmed import confirm_all
from acquire.errors import PlanError
from acquire.frame import Frame, Position
from acquire.item import Item, passed, refuse_failed
from acquire.open import open_microscope
from acquire.planfile import parse_plan
from acquire.preflight import DISK_MARGIN, preflight
from acquire.rigstate import RigState
from acquire.runopen import create_run
from acquire.simulated.specimens.mounted import GLASS_UM
from acquire.steptimes import StepTimes, Tally
from calibration.optics import Source
from calibration.rig import load_rig
from tests.acquire.rigs import small_rig
from tests.acquire.turned import MEASURED, turned

RIG = load_rig("simulated")
STAND = replace(RIG, source=Source(kind="running"), simulated={})
NOW = datetime(2026, 11, 26, 18, 0, tzinfo=UTC)
GB = 1e9


def plan(rig=STAND, **changes):
    document = {
        "slide": "S1",
        "sites_um": [[100, 100], [300, 100]],
        "objectives": ["40x", "100x"],
        "stack": {"100x": {"planes": 5, "step_um": 0.4}},
        "exposure_ms": {"40x": 8, "100x": 50},
    } | changes
    return parse_plan(document, rig)


def checked(wanted=None, rig=STAND, calibration=None, **known):
    return preflight(wanted or plan(rig), rig, calibration, **{"now": NOW} | known)


def item(items, name):
    return next(one for one in items if one.name == name)


def frame(value, objective="40x", white=255):
    return Frame(
        pixels=np.full((8, 8, 3), value, np.uint8),
        objective=objective,
        position=Position(0.0, 0.0, 0.0),
        exposure_ms=8,
        black_level=0,
        white_level=white,
        number=0,
        time_s=0.0,
        simulated=True,
    )


@pytest.mark.parametrize(("state", "stands"), [("pass", True), ("warn", True), ("fail", False)])
def test_a_check_is_passed_unless_something_failed(state, stands):
    items = [Item(name="a", state="pass", says=""), Item(name="b", state=state, says="change it")]
    assert passed(items) is stands
    if stands:
        refuse_failed(items, "the run")
    else:
        with pytest.raises(PlanError, match="the run was not begun: b: change it"):
            refuse_failed(items, "the run")


def test_everything_that_the_report_must_name_is_in_it(tmp_path):
    names = {one.name for one in checked(run_folder=tmp_path / "run", state=RigState())}
    assert names >= {
        "sites", "passes", "limits", "containment 100x", "calibration", "light", "slide", "focus", "disk", "time",
        "camera lock", "Köhler", "condenser aperture", "correction collar", "cover glass",
    }  # fmt: skip


@given(free_gb=st.floats(0.001, 5), planes=st.integers(1, 60))
@settings(deadline=None)
def test_the_disk_fails_exactly_when_it_holds_less_than_the_run_its_margin_and_the_floor(free_gb, planes):
    wanted = plan(stack={"100x": {"planes": planes}}, suspend={"disk_floor_gb": 0.3})
    columns, rows = STAND.camera.size_px
    needed = (2 + 2 * planes) * columns * rows * 3
    state = item(checked(wanted, free_bytes=lambda _folder: int(free_gb * GB)), "disk").state
    assert (state == "pass") is (int(free_gb * GB) >= DISK_MARGIN * needed + 0.3 * GB)


def test_what_is_stored_already_is_not_counted_again(tmp_path):
    run = create_run(tmp_path / "run", plan(), STAND, None)
    whole = item(checked(run_folder=run.path), "time").says
    run.write("0001", "100x", [frame(7, "100x")])
    assert "12 frames" in whole
    assert "7 frames" in item(checked(run_folder=run.path), "time").says
    assert "1 stacks are there" in item(checked(run_folder=run.path), "time").says


def test_time_is_a_guess_until_steps_were_measured():
    assert item(checked(), "time").state == "warn"
    steps = {(step, name): Tally(10, 10 * 3600.0) for step in ("place", "turn") for name in ("40x", "100x")}
    told = item(checked(measured=StepTimes(before=steps)), "time")
    assert told.state == "pass"
    assert "6 h" in told.says  # four places and both objectives turned in


def test_a_dry_lens_over_a_wet_slide_is_said_as_long_as_it_has_something_to_do(tmp_path):
    state = RigState()
    state.oil_asked("S1")
    told = item(checked(state=state), "slide")
    assert (told.state, "40x is dry" in told.says) == ("warn", True)
    run = create_run(tmp_path / "run", plan(), STAND, None)
    for site in ("0001", "0002"):
        run.write(site, "40x", [frame(7)])
    assert item(checked(state=state, run_folder=run.path), "slide").state == "pass"


@pytest.mark.parametrize(("words", "expected"), [(("oil_asked",), "fail"), (("oil_asked", "oil_refused"), "warn")])
def test_dry_sites_under_the_run_s_own_oil_fail(tmp_path, words, expected):
    state = RigState()
    state.oil_asked("S1")
    run = create_run(tmp_path / "run", plan(), STAND, None)
    for word in words:
        run.journal.append(event=word, objective="100x")
    assert item(checked(state=state, run_folder=run.path), "slide").state == expected


def test_a_latch_fails_and_says_how_it_is_cleared():
    state = RigState()
    state.latch("the stage did not arrive")
    told = item(checked(state=state), "slide")
    assert told.state == "fail"
    assert "the stage did not arrive" in told.says
    assert "--clear-latch" in told.says


def test_oil_on_another_slide_than_the_plan_s_is_a_warning():
    state = RigState()
    state.oil_asked("S0")
    oil = plan(objectives=["100x"], exposure_ms={"100x": 50})
    assert item(checked(oil, state=state), "slide").state == "warn"


@pytest.mark.parametrize(("residual_um", "state"), [(0.1, "pass"), (0.39, "pass"), (0.45, "warn")])
def test_a_focus_map_passes_while_twice_its_residual_lies_inside_a_stack(tmp_path, residual_um, state):
    run = create_run(tmp_path / "run", plan(), STAND, None)
    run.journal.append(event="focus", residual_um=residual_um, points=5)
    told = item(checked(run_folder=run.path), "focus")
    assert (told.state, f"{residual_um:.2f} µm" in told.says) == (state, True)


def test_an_offset_from_the_focus_is_said_and_counts_against_the_limits():
    state = RigState()
    state.verified_focus("40x", 99.0)
    aside = plan(focus={"offset_um": {"100x": 0.5}})
    items = checked(aside, state=state)
    assert item(items, "focus offset").says.endswith("100x +0.5 µm")
    assert [item(found, "limits").state for found in (checked(state=state), items)] == ["pass", "fail"]


def test_a_known_focus_whose_stacks_leave_the_limits_fails():
    state = RigState()
    state.verified_focus("40x", 99.5)
    assert item(checked(state=state), "limits").state == "fail"
    state.verified_focus("40x", 90.0)
    assert item(checked(state=state), "limits").state == "pass"


def test_what_was_confirmed_in_the_run_holds_when_it_is_gone_on_with(tmp_path):
    run = create_run(tmp_path / "run", plan(), STAND, None)
    run.journal.append(**confirm_all("A. Person", NOW).event())
    assert item(checked(run_folder=run.path), "Köhler").state == "pass"
    assert item(checked(), "Köhler").state == "warn"


def test_an_unlocked_camera_is_a_warning_on_a_stand():
    locked = replace(STAND, camera=replace(STAND.camera, lock={"Gain": "1"}))
    assert item(checked(), "camera lock").state == "warn"
    assert "Gain = 1" in item(checked(rig=locked), "camera lock").says


def test_a_calibration_that_does_not_fit_fails_and_all_else_is_looked_at():
    items = checked(calibration=turned(replace(STAND, condenser_na=0.7), created=MEASURED))
    assert item(items, "calibration").state == "fail"
    assert item(items, "disk").state == "pass"


def test_positions_that_die_with_the_power_are_said():
    dying = replace(STAND, reference={"xy": "homed", "z": "power_on"})
    assert item(checked(rig=dying), "reference").state == "warn"


@pytest.fixture(scope="module")
def on_glass():
    with open_microscope(small_rig(size_px=(64, 64))) as microscope:
        microscope.move_xy(*GLASS_UM)
        yield microscope


@pytest.mark.core
@pytest.mark.parametrize(
    ("exposure_ms", "state", "told"),
    [(8, "pass", "% of white"), (20, "warn", "expose less"), (2, "warn", "expose longer")],
)
def test_the_light_is_looked_at_with_the_objective_in_place(on_glass, exposure_ms, state, told):
    wanted = plan(on_glass.rig, exposure_ms={"40x": exposure_ms, "100x": 50})
    light = item(checked(wanted, on_glass.rig, microscope=on_glass), "light level")
    assert (light.state, told in light.says) == (state, True), light


@pytest.mark.core
def test_light_is_not_looked_at_through_a_lens_that_the_plan_does_not_use(on_glass):
    wanted = plan(on_glass.rig, objectives=["100x"], exposure_ms={"100x": 50})
    assert "the plan does not use it" in item(checked(wanted, on_glass.rig, microscope=on_glass), "light level").says


@pytest.mark.core
def test_an_open_microscope_is_looked_at_and_not_moved(tmp_path):
    rig = small_rig()
    with open_microscope(rig) as microscope:
        before = microscope.position_um, microscope.objective
        items = checked(plan(rig), rig, microscope=microscope, state=microscope.state, run_folder=tmp_path / "run")
        assert (microscope.position_um, microscope.objective) == before
    assert passed(items), items
    assert item(items, "light level").state in ("pass", "warn")
