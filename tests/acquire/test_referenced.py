"""A microscope in the coordinates of a run: what it promises holds there, and the devices stay the judges."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquire.frame import Position
from acquire.open import open_microscope
from acquire.referenced import Referenced
from calibration.rig import load_rig
from tests.acquire.loop_parts import PlainMicroscope
from tests.contracts.microscope import MicroscopeContract

SHIFT_UM = Position(50.0, -30.0, 4.0)
UM = st.floats(-1e4, 1e4)


class WithCore(Referenced):
    """With the core of the other one, at which the contract looks."""

    @property
    def core(self):
        return self.inner.core

    @core.setter
    def core(self, core):
        self.inner.core = core


@pytest.mark.core
class TestReferenced(MicroscopeContract):
    @pytest.fixture
    def microscope(self):
        with open_microscope(load_rig("demo")) as opened:
            yield WithCore(opened, SHIFT_UM)

    def test_a_long_way_nearer_ends_in_slow_steps_from_the_margin_on(self, microscope):
        """It reads the targets at the devices, so it is asked in their coordinates."""
        super().test_a_long_way_nearer_ends_in_slow_steps_from_the_margin_on(microscope.inner)


@given(shift=st.tuples(UM, UM, UM), target=st.tuples(UM, UM, UM))
def test_what_is_sent_to_a_place_reads_that_place_and_takes_its_pictures_there(shift, target):
    inner = PlainMicroscope()
    referenced = Referenced(inner, Position(*shift))
    referenced.move_xy(*target[:2])
    referenced.move_z(target[2])
    assert referenced.position_um == pytest.approx(target, abs=1e-6)
    assert referenced.snap(5).position == pytest.approx(target, abs=1e-6)
    assert inner.position_um == pytest.approx([a + b for a, b in zip(shift, target, strict=True)], abs=1e-6)


@given(shift=st.tuples(UM, UM, UM))
def test_limits_and_safe_z_are_those_of_the_devices(shift):
    inner = PlainMicroscope()
    rig = Referenced(inner, Position(*shift)).rig
    for axis, away in zip("xyz", shift, strict=True):
        there = [value + away for value in getattr(rig.limits_um, axis)]
        assert there == pytest.approx(getattr(inner.rig.limits_um, axis), abs=1e-6)
    assert rig.z_safe_um + shift[2] == pytest.approx(inner.rig.z_safe_um, abs=1e-6)


def test_no_shift_leaves_all_as_it_is():
    inner = PlainMicroscope()
    assert Referenced(inner, Position(0.0, 0.0, 0.0)).rig == inner.rig


def test_second_tries_are_told_to_whom_the_run_named():
    inner, told = PlainMicroscope(), []
    Referenced(inner, SHIFT_UM).again = lambda event, _says: told.append(event)
    inner.again("retried", "no frame")
    assert told == ["retried"]
