"""Where fields lie on the slide, turned and offset."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acquire.errors import PlanError
from acquire.fieldview import FieldView, slack_um, view_of
from calibration.rig import load_rig
from tests.acquire.turned import turned

RIG = load_rig("simulated")
places = st.tuples(st.floats(-5000, 5000), st.floats(-5000, 5000))


@st.composite
def views(draw, low_um=0.05, high_um=1.0):
    angle, scale = draw(st.floats(-np.pi, np.pi)), draw(st.floats(low_um, high_um))
    mirror = draw(st.sampled_from([1, -1]))
    along, aside = scale * np.cos(angle), scale * np.sin(angle)
    return FieldView(
        stage_um_per_px=((along, -mirror * aside), (aside, mirror * along)),
        parcentric_um=draw(st.tuples(st.floats(-30, 30), st.floats(-30, 30))),
        size_px=draw(st.tuples(st.integers(8, 4000), st.integers(8, 4000))),
    )


@given(view=views(), stage_um=places, offset_px=st.tuples(st.floats(-2000, 2000), st.floats(-2000, 2000)))
@settings(deadline=None)
def test_a_point_of_the_slide_is_seen_where_it_was_looked_for(view, stage_um, offset_px):
    point = view.slide_um([offset_px], stage_um)
    assert view.offsets_px(point, stage_um)[0] == pytest.approx(offset_px, abs=1e-6)


@given(view=views(), point_um=places)
@settings(deadline=None)
def test_a_centred_point_is_seen_in_the_middle(view, point_um):
    assert view.offsets_px([point_um], view.centred_um(point_um))[0] == pytest.approx((0, 0), abs=1e-6)


@given(view=views())
@settings(deadline=None)
def test_the_outline_has_the_field_s_area(view):
    x, y = view.outline_um((0.0, 0.0)).T
    area = abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2
    assert area == pytest.approx(view.size_px[0] * view.size_px[1] * view.pixel_um**2, rel=1e-6)


@given(inner=views(), outer=views(), at_um=places, way_um=st.tuples(st.floats(-500, 500), st.floats(-500, 500)))
@settings(deadline=None)
def test_a_field_lies_inside_another_when_all_its_points_do(inner, outer, at_um, way_um):
    inner_um = (at_um[0] + way_um[0], at_um[1] + way_um[1])
    slack = slack_um(inner, inner_um, outer, at_um)
    steps = np.linspace(-0.5, 0.5, 9)
    spread = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2) * inner.size_px
    seen = outer.offsets_px(inner.slide_um(spread, inner_um), at_um)
    nearest = (np.array(outer.size_px) / 2 - np.abs(seen)).min() * outer.pixel_um
    assert slack == pytest.approx(nearest, abs=1e-4)


def test_the_field_of_an_objective_is_as_calibrated():
    view = view_of(RIG, turned(RIG, turn_deg=90, parcentric_um=(12.0, -7.0)), "100x")
    assert view.parcentric_um == (12.0, -7.0)
    assert view.slide_um([(1, 0)], (12.0, -7.0))[0] == pytest.approx((0, RIG.pixel_um("100x")), abs=1e-9)


def test_without_a_calibration_the_field_is_nominal_and_upright():
    left, top = view_of(RIG, None, "40x").outline_um((0.0, 0.0)).min(axis=0)
    assert (-2 * left, -2 * top) == pytest.approx(RIG.field_um("40x"))


def test_an_objective_that_was_not_calibrated_is_refused_by_name():
    calibration = turned(RIG)
    calibration = replace(calibration, objectives={"40x": calibration.objectives["40x"]})
    with pytest.raises(PlanError, match="100x is not in the calibration"):
        view_of(RIG, calibration, "100x")
