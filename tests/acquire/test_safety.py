"""The rules between a wish and a motion, as laws that hold for both directions of Z."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquire.errors import InterlockError, LatchedError, LimitError, WetSlideError
from acquire.rigrecord import Latch, Record
from acquire.safety import (
    Z_SAFE_TOLERANCE_UM,
    approach,
    check_dry,
    check_latch,
    check_nearing,
    check_retracted,
    check_xy,
    check_z,
)
from tests.acquire.rigs import small_rig

RIGS = {toward: small_rig(toward=toward) for toward in (1, -1)}
TOWARD = st.sampled_from([1, -1])
HAIR_UM = 0.01
ROOM_UM = st.floats(HAIR_UM, 50)


def rig_with_margin(toward, margin_um):
    rig = RIGS[toward]
    first, *others = rig.objectives
    return replace(rig, objectives=(replace(first, near_margin_um=margin_um), *others))


@given(toward=TOWARD, share=st.floats(0, 1))
def test_every_z_within_the_limits_is_allowed_before_a_focus_is_known(toward, share):
    low, high = RIGS[toward].limits_um.z
    check_z(RIGS[toward], low + share * (high - low))


@given(toward=TOWARD, beyond_um=st.floats(HAIR_UM, 1e6), high=st.booleans())
def test_no_z_outside_the_limits_is_allowed(toward, beyond_um, high):
    ends = RIGS[toward].limits_um.z
    with pytest.raises(LimitError, match="nothing has moved"):
        check_z(RIGS[toward], ends[1] + beyond_um if high else ends[0] - beyond_um)


@given(toward=TOWARD, focus_um=st.floats(-20, 20), margin_um=ROOM_UM, past_um=ROOM_UM)
def test_no_z_is_allowed_nearer_than_the_margin_past_the_focus(toward, focus_um, margin_um, past_um):
    rig = rig_with_margin(toward, margin_um)
    with pytest.raises(LimitError):
        check_z(rig, focus_um + toward * (margin_um + past_um), focus_um=focus_um, objective="40x")


@given(toward=TOWARD, focus_um=st.floats(-20, 20), margin_um=ROOM_UM, away_um=st.floats(0, 200))
def test_every_z_on_the_far_side_of_the_margin_is_allowed(toward, focus_um, margin_um, away_um):
    rig = rig_with_margin(toward, margin_um)
    check_z(rig, focus_um + toward * (margin_um - HAIR_UM - away_um), focus_um=focus_um, objective="40x")


@given(toward=TOWARD, focus_um=st.floats(-20, 20), past_um=st.floats(0, 200))
def test_a_margin_belongs_to_the_objective_in_place(toward, focus_um, past_um):
    rig, z_um = RIGS[toward], focus_um + toward * past_um
    for objective in rig.objectives:
        refused = past_um > objective.near_margin_um + HAIR_UM
        allowed = past_um < objective.near_margin_um - HAIR_UM
        if refused or not rig.limits_um.z[0] <= z_um <= rig.limits_um.z[1]:
            with pytest.raises(LimitError):
                check_z(rig, z_um, focus_um=focus_um, objective=objective.name)
        elif allowed:
            check_z(rig, z_um, focus_um=focus_um, objective=objective.name)


@given(toward=TOWARD, nearer_um=st.floats(HAIR_UM, 1e4))
def test_the_nosepiece_does_not_turn_with_a_lens_nearer_than_z_safe(toward, nearer_um):
    rig = RIGS[toward]
    with pytest.raises(InterlockError, match="was not turned"):
        check_retracted(rig, rig.z_safe_um + toward * (Z_SAFE_TOLERANCE_UM + nearer_um))


@given(toward=TOWARD, farther_um=st.floats(0, 1e4))
def test_the_nosepiece_may_turn_at_z_safe_and_farther(toward, farther_um):
    rig = RIGS[toward]
    check_retracted(rig, rig.z_safe_um - toward * farther_um)


@given(x=st.floats(-1e5, 1e5), y=st.floats(-1e5, 1e5))
def test_the_stage_is_allowed_inside_its_limits_and_nowhere_else(x, y):
    limits = RIGS[1].limits_um
    inside = limits.x[0] <= x <= limits.x[1] and limits.y[0] <= y <= limits.y[1]
    if inside:
        check_xy(limits, x, y)
    else:
        with pytest.raises(LimitError, match="is outside limits_um"):
            check_xy(limits, x, y)


@pytest.mark.parametrize("z_um", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("toward", [1, -1])
def test_a_z_that_is_no_number_is_refused(toward, z_um):
    with pytest.raises(LimitError):
        check_z(RIGS[toward], z_um)


@pytest.mark.parametrize("toward", [1, -1])
def test_the_nosepiece_does_not_turn_when_z_reads_no_number(toward):
    with pytest.raises(InterlockError):
        check_retracted(RIGS[toward], float("nan"))


@given(toward=TOWARD, here_um=st.floats(-200, 90), way_um=st.floats(-200, 200))
def test_a_move_ends_at_its_target_and_never_passes_it(toward, here_um, way_um):
    rig, z_um = RIGS[toward], here_um + toward * way_um
    targets_um = approach(rig, z_um, here_um=here_um, objective=rig.objectives[0])
    assert targets_um[-1] == z_um
    nearness_um = [toward * (target_um - here_um) for target_um in targets_um]
    assert all(later > earlier - 1e-9 for earlier, later in pairwise(nearness_um))
    assert min(nearness_um) >= min(0, way_um) - 1e-9


@given(toward=TOWARD, way_um=st.floats(60.1, 300))
def test_the_last_near_margin_of_a_long_way_nearer_is_gone_in_steps(toward, way_um):
    rig = RIGS[toward]
    targets_um = approach(rig, toward * way_um, here_um=0.0, objective=rig.objective("40x"))
    assert [toward * (targets_um[-1] - target_um) for target_um in targets_um] == pytest.approx([60, 45, 30, 15, 0])


@given(toward=TOWARD, way_um=st.floats(-300, 59.9))
def test_a_short_way_nearer_and_every_way_farther_is_one_move(toward, way_um):
    rig = RIGS[toward]
    assert approach(rig, toward * way_um, here_um=0.0, objective=rig.objective("40x")) == [toward * way_um]


@given(toward=TOWARD, here_um=st.floats(-200, 90), way_um=st.floats(HAIR_UM, 100))
def test_a_lens_without_a_known_focus_goes_farther_only(toward, here_um, way_um):
    rig = RIGS[toward]
    check_nearing(rig, here_um - toward * way_um, here_um=here_um, objective="40x")
    with pytest.raises(LimitError, match="no focus of it is known"):
        check_nearing(rig, here_um + toward * way_um, here_um=here_um, objective="40x")


@pytest.mark.parametrize(
    ("record", "says"),
    [(Record(wet="oiled", slide="S7"), "slide S7 lies under oil"), (Record(doubt=True), "the slide may lie under oil")],
)
def test_only_an_immersion_lens_comes_over_a_slide_that_counts_as_wet(record, says):
    dry, wet = RIGS[1].objectives
    check_dry(record, wet)
    with pytest.raises(WetSlideError, match=says):
        check_dry(record, dry)


@pytest.mark.parametrize("wet", ["dry", "cleaned"])
def test_every_lens_comes_over_a_slide_that_is_dry_or_was_cleaned(wet):
    for objective in RIGS[1].objectives:
        check_dry(Record(wet=wet), objective)


def test_the_latch_says_what_failed_and_how_it_is_cleared():
    check_latch(Record())
    with pytest.raises(LatchedError, match=r"the stage is stuck\. Look at .*check RIG --clear-latch"):
        check_latch(Record(latch=Latch(reason="the stage is stuck.", time_s=0)))
