"""The peak of a stack, on frames whose focus is known."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acquire.stackpeak import stack_peak
from calibration.rig import load_rig
from tests.acquire.planes import stack

RIG = load_rig("simulated")


@settings(max_examples=25, deadline=None)
@given(focus_um=st.floats(-0.7, 0.7), centre_um=st.floats(-50, 50))
def test_a_peak_between_the_planes_is_found(focus_um, centre_um):
    peak = stack_peak(stack(centre_um, centre_um + focus_um), RIG)
    assert peak.standing == "inside"
    assert peak.z_um == pytest.approx(centre_um + focus_um, abs=0.02)
    assert peak.off_um == pytest.approx(focus_um, abs=0.02)


@pytest.mark.parametrize("side", [1, -1])
def test_a_stack_beside_its_focus_has_missed_it_and_says_on_which_side(side):
    peak = stack_peak(stack(10.0, 10.0 + side * 1.5), RIG)
    assert peak.missed
    assert peak.off_um == pytest.approx(side * 0.8)


def test_the_order_of_the_planes_does_not_matter():
    planes = stack(0.0, 0.3)
    assert stack_peak(planes[::-1], RIG).z_um == pytest.approx(stack_peak(planes, RIG).z_um)


def test_empty_glass_has_no_peak_and_is_not_missed():
    peak = stack_peak(stack(0.0, 0.0, contrast=0.0), RIG)
    assert (peak.standing, peak.z_um, peak.missed) == ("empty", None, False)


def test_two_planes_tell_nothing():
    assert stack_peak(stack(0.0, 0.0, planes=2), RIG).standing == "unknown"
