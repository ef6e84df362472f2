"""What is checked of a plan and its rig alone."""

import math
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acquire.plancheck import check_plan
from acquire.planfaults import outside_limits, slacks_um, uncontained
from acquire.planfile import parse_plan
from calibration.rig import load_rig
from tests.acquire.turned import MEASURED, turned

RIG, DEMO = load_rig("simulated"), load_rig("demo")


def states(items):
    return {item.name: item.state for item in items}


def says(items, name):
    return next(item.says for item in items if item.name == name)


def plan(rig=RIG, **changes):
    first, second = (objective.name for objective in rig.objectives[:2])
    ratio = rig.objectives[1].magnification / rig.objectives[0].magnification
    document = {
        "slide": "S1",
        "sites_um": [[100, 100], [300, 100]],
        "objectives": [first, second],
        "exposure_ms": {first: 8, second: 8 * ratio**2},
    } | changes
    return parse_plan({key: value for key, value in document.items() if value is not None}, rig)


@pytest.mark.parametrize("rig", [RIG, DEMO], ids=["simulated", "demo"])
def test_a_plan_within_the_limits_passes_and_asks_for_a_calibration(rig):
    items = check_plan(plan(rig), rig, None)
    second = rig.objectives[1].name
    assert states(items) == {
        "sites": "pass",
        "passes": "pass",
        "limits": "pass",
        f"containment {second}": "pass",
        "calibration": "warn",
        "light": "pass",
    }


def test_sites_fields_and_frames_are_counted():
    items = check_plan(plan(fields={"100x": {"columns": 2, "rows": 2}}, stack={"100x": {"planes": 5}}), RIG, None)
    assert says(items, "sites") == "2 sites on slide S1: 2 fields with 40x, 8 fields with 100x, 42 frames"
    assert says(items, "passes") == "40x, then 100x: 1 turn of the nosepiece, oil once"


def test_targets_outside_the_limits_are_named_and_counted():
    items = check_plan(plan(sites_um=[[100, 100], [99_999, 0]]), RIG, None)
    assert states(items)["limits"] == "fail"
    assert "site 0002 with 40x" in says(items, "limits")
    assert "(2 targets in all)" in says(items, "limits")


@given(x_um=st.floats(-2000, 22_000), y_um=st.floats(-2000, 22_000), parcentric_um=st.floats(-300, 300))
@settings(deadline=None)
def test_a_target_fails_exactly_where_an_objective_s_offset_brings_it_outside(x_um, y_um, parcentric_um):
    calibration = turned(RIG, parcentric_um=(parcentric_um, 0.0))
    limits = RIG.limits_um
    found = outside_limits(plan(sites_um=[[x_um, y_um]]), RIG, calibration)
    for name, offset_um in (("40x", 0.0), ("100x", parcentric_um)):
        inside = limits.x[0] <= x_um + offset_um <= limits.x[1] and limits.y[0] <= y_um <= limits.y[1]
        assert (("0001", name) not in found) is inside


def test_a_focus_that_a_stack_carries_outside_the_limits_fails():
    positions = [{"x_um": 100, "y_um": 100, "z_um": 99.5}]
    deep = plan(sites_um=None, positions=positions, stack={"100x": {"planes": 5, "step_um": 0.4}})
    assert list(outside_limits(deep, RIG, None)) == [("0001", "100x")]
    assert list(outside_limits(deep, RIG, turned(RIG, parfocal_um=-5))) == []
    assert outside_limits(plan(), RIG, None, focus_um=150.0).keys() == {
        (s, o) for s in ("0001", "0002") for o in ("40x", "100x")
    }


def test_glass_for_the_lamp_is_a_target_too():
    items = check_plan(plan(background_um=[-50, 100]), RIG, None)
    assert "background_um" in says(items, "limits")


def test_fields_that_leave_their_partner_fail_with_what_to_change():
    shifted = turned(RIG, parcentric_um=(0.0, 0.0))
    wide = plan(fields={"100x": {"columns": 1, "margin_um": 40}})
    items = check_plan(wide, RIG, shifted)
    assert states(items)["containment 100x"] == "fail"
    assert "margin_um" in says(items, "containment 100x")
    assert set(uncontained(wide, RIG, shifted)) == {("0001", "100x"), ("0002", "100x")}


def test_the_slack_of_a_middle_field_is_half_the_difference_of_the_fields():
    expected_um = (RIG.field_um("40x")[0] - RIG.field_um("100x")[0]) / 2
    assert [slack for _, slack in slacks_um(plan(), RIG, None)] == [pytest.approx(expected_um)] * 2


def test_an_objective_that_sees_as_much_as_the_first_cannot_be_laid_on_it():
    twins = replace(RIG, objectives=(RIG.objectives[0], replace(RIG.objectives[1], magnification=40)))
    assert states(check_plan(plan(twins), twins, None))["containment 100x"] == "warn"


def test_a_stack_deeper_than_the_near_margin_fails_before_the_driver_refuses_it():
    items = check_plan(plan(stack={"100x": {"planes": 61, "step_um": 1}}), RIG, None)
    assert states(items)["stack 100x"] == "fail"


@pytest.mark.parametrize("side", [1, -1])
def test_an_offset_towards_the_slide_counts_against_the_near_margin_and_one_away_does_not(side):
    margin_um = RIG.objective("100x").near_margin_um
    stack = {"100x": {"planes": 5, "step_um": (margin_um - 0.2) / 2}}
    focus = {"offset_um": {"100x": side * RIG.z.toward_slide * 0.5}}
    found = states(check_plan(plan(stack=stack, focus=focus), RIG, None))
    assert ("stack 100x" in found) == (side > 0)


@given(turn_deg=st.floats(-40, 40), overlap=st.floats(0, 60))
@settings(deadline=None)
def test_a_turned_camera_leaves_gaps_exactly_where_the_overlap_is_too_small(turn_deg, overlap):
    region = plan(sites_um=None, region_um={"x": [0, 300], "y": [0, 300]}, overlap_percent=overlap)
    items = check_plan(region, RIG, turned(RIG, turn_deg=turn_deg), now=MEASURED)
    widest = (1 - overlap / 100) * sum(abs(f) for f in turned_corner(turn_deg))
    if abs(widest - 1) > 1e-6:
        assert states(items)["cover"] == ("warn" if widest > 1 else "pass")


def turned_corner(turn_deg):
    """Reach of a unit square's corner along an axis of the camera."""
    return math.cos(math.radians(turn_deg)), math.sin(math.radians(turn_deg))


def test_exposures_that_make_glass_unequally_bright_are_a_warning():
    items = check_plan(plan(exposure_ms={"40x": 5, "100x": 5}), RIG, None)
    assert states(items)["light"] == "warn"
    assert "525 %" in says(items, "light")


@pytest.mark.parametrize(
    ("days", "state", "told"),
    [
        (0, "pass", "measured today"),
        (10, "pass", "10 days ago"),
        (25, "warn", "before a long run"),
        (31, "fail", "days old"),
    ],
)
def test_a_calibration_passes_until_it_ends_soon_and_fails_when_it_has(days, state, told):
    items = check_plan(plan(), RIG, turned(RIG), now=MEASURED + timedelta(days=days, hours=1))
    assert states(items)["calibration"] == state
    assert told in says(items, "calibration")


def test_a_calibration_of_another_rig_or_without_an_objective_fails_and_the_rest_is_checked():
    other = turned(replace(RIG, condenser_na=0.9))
    assert states(check_plan(plan(), RIG, other, now=MEASURED))["calibration"] == "fail"
    whole = turned(RIG)
    lacking = replace(whole, objectives={"40x": whole.objectives["40x"]})
    items = check_plan(plan(), RIG, lacking, now=MEASURED)
    assert (states(items)["calibration"], states(items)["limits"]) == ("fail", "pass")
