"""Several fields of a stronger objective inside one field of the first."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acquire.fieldview import slack_um, view_of
from acquire.subfields import SubFields, middles_um
from calibration.rig import load_rig
from tests.acquire.turned import turned

RIG = load_rig("simulated")
grids = st.builds(SubFields, columns=st.integers(1, 6), rows=st.integers(1, 6), margin_um=st.floats(0, 20))
turns = st.floats(-180, 180)


def looking(turn_deg, further_deg):
    calibration = turned(RIG, turn_deg=turn_deg, further_deg=further_deg, parcentric_um=(20.0, -11.0))
    return view_of(RIG, calibration, "100x"), view_of(RIG, calibration, "40x")


@given(sub=grids, turn_deg=turns, further_deg=st.floats(-5, 5))
@settings(deadline=None)
def test_every_field_lies_inside_the_outer_one_with_its_margin_however_the_cameras_are_turned(
    sub, turn_deg, further_deg
):
    inner, outer = looking(turn_deg, further_deg)
    for x_um, y_um in middles_um(sub, inner, outer):
        stage_um = inner.centred_um((x_um, y_um))
        assert slack_um(inner, stage_um, outer, outer.centred_um((0.0, 0.0))) >= sub.margin_um - 1e-6


@given(sub=grids, turn_deg=turns)
@settings(deadline=None)
def test_there_are_as_many_fields_as_asked_for_even_about_the_middle(sub, turn_deg):
    middles = np.array(middles_um(sub, *looking(turn_deg, 0.3)))
    assert len(middles) == sub.count == sub.columns * sub.rows
    assert middles.mean(axis=0) == pytest.approx((0, 0), abs=1e-9)


@given(sub=grids, turn_deg=turns)
@settings(deadline=None)
def test_each_field_is_a_neighbour_of_the_one_before(sub, turn_deg):
    inner, outer = looking(turn_deg, 0.3)
    middles = np.array(middles_um(sub, inner, outer))
    seen = outer.offsets_px(middles, outer.centred_um((0.0, 0.0)))
    moved = np.abs(np.diff(seen, axis=0)) > 1e-6
    assert np.all(moved.sum(axis=1) == 1)


def test_a_single_field_is_taken_in_the_middle():
    assert middles_um(SubFields(), *looking(17, 0.3)) == ((0.0, 0.0),)


def test_fields_that_fit_stand_in_the_middles_of_equal_parts():
    inner, outer = looking(0, 0)
    quarter = RIG.field_um("40x")[0] / 4
    assert sorted(middles_um(SubFields(columns=2, rows=1, margin_um=0), inner, outer)) == [
        pytest.approx((-quarter, 0)), pytest.approx((quarter, 0)),
    ]  # fmt: skip
