"""What a microscope takes for known when it is opened, and what a failed motion is and is not."""

from dataclasses import replace

import pytest

from acquire.errors import CameraError, DeviceError, HaltedError, HangingError, InterlockError, LimitError, RefusedError
from acquire.interlock import Interlock
from acquire.rigrecord import Record, write_record
from acquire.rigstate import RigState
from tests.acquire.rigs import small_rig

BOTH_SIGNS = pytest.mark.parametrize("toward", [1, -1])


def interlock(toward=1, state=None, **changes):
    rig = replace(small_rig(toward=toward), **changes)
    return Interlock(rig=rig, state=RigState() if state is None else state)


def nearest_um(lock, name, here_um):
    """How near this lens may go, in steps of 1 µm."""
    allowed = [step for step in range(200) if _allows(lock, name, lock.rig.z.offset(here_um, step), here_um)]
    return lock.rig.z.offset(here_um, allowed[-1])


def _allows(lock, name, z_um, here_um):
    try:
        lock.allow_z(lock.rig.objective(name), z_um, here_um=here_um)
    except (LimitError, RefusedError):
        return False
    return True


@BOTH_SIGNS
def test_where_z_was_found_counts_as_focused_by_hand(toward):
    lock = interlock(toward)
    lock.found(lock.rig.objective("40x"), 5.0)
    assert nearest_um(lock, "40x", 5.0) == 5.0 + toward * 60


@BOTH_SIGNS
def test_after_a_session_that_was_not_closed_the_last_verified_focus_counts_where_it_is_farther(toward):
    state = RigState()
    state.verified_focus("40x", 2.0)
    state.opened()
    state.opened()
    state.confirmed_dry()
    state.opened()
    lock = interlock(toward, state)
    lock.found(lock.rig.objective("40x"), 2.0 + toward * 10)
    state.confirmed_dry()
    assert nearest_um(lock, "40x", 2.0) == 2.0 + toward * 60
    state.opened()
    lock.found(lock.rig.objective("40x"), 2.0 - toward * 10)
    state.confirmed_dry()
    assert nearest_um(lock, "40x", 2.0) == 2.0 + toward * 50


def test_where_z_dies_with_the_power_an_old_focus_means_nothing():
    state = RigState()
    state.verified_focus("40x", 2.0)
    state.opened()
    state.opened()
    lock = interlock(1, state, reference={"xy": "homed", "z": "power_on"})
    lock.found(lock.rig.objective("40x"), 12.0)
    state.confirmed_dry()
    assert nearest_um(lock, "40x", 12.0) == 72.0


@BOTH_SIGNS
def test_a_focus_belongs_to_the_lens_it_was_told_of(toward):
    lock = interlock(toward)
    lock.expect(lock.rig.objective("40x"), 0.0)
    assert nearest_um(lock, "100x", -toward * 10.0) == -toward * 10.0


@BOTH_SIGNS
def test_an_immersion_lens_that_goes_nearer_oils_the_slide_on_record(toward):
    lock = interlock(toward)
    lock.expect(lock.rig.objective("100x"), 0.0)
    lock.allow_z(lock.rig.objective("100x"), -toward * 5.0, here_um=0.0)
    assert not lock.state.record.lies_wet
    lock.allow_z(lock.rig.objective("100x"), toward * 1.0, here_um=0.0)
    assert lock.state.record.wet == "oiled"


@BOTH_SIGNS
@pytest.mark.parametrize(("z_um", "wet"), [(0.0, "oiled"), (-280.0, "dry")])
def test_an_immersion_lens_that_is_found_near_the_slide_stands_in_its_oil(toward, z_um, wet):
    lock = interlock(toward)
    lock.found(lock.rig.objective("100x"), toward * z_um)
    assert lock.state.record.wet == wet


@pytest.mark.parametrize(
    "error", [DeviceError("it stalled"), InterlockError("it did not turn"), HangingError("it does not come back")]
)
def test_a_failed_motion_sets_the_latch_with_its_words(error):
    lock = interlock()
    with pytest.raises(type(error)), lock.latching():
        raise error
    assert lock.state.record.latch.reason == str(error)


@pytest.mark.parametrize("error", [LimitError("outside"), RefusedError("no"), HaltedError("by hand"), CameraError("?")])
def test_what_was_refused_or_halted_and_a_lost_frame_set_no_latch(error):
    lock = interlock()
    with pytest.raises(type(error)), lock.latching():
        raise error
    assert lock.state.record.latch is None


def test_a_latch_of_an_earlier_program_holds(tmp_path):
    RigState(tmp_path / "rig.json").latch("it stalled")
    lock = interlock(1, RigState(tmp_path / "rig.json"))
    lock.expect(lock.rig.objective("40x"), 0.0)
    with pytest.raises(RefusedError, match="it stalled"):
        lock.allow_z(lock.rig.objective("40x"), 1.0, here_um=0.0)
    with pytest.raises(RefusedError, match="it stalled"):
        lock.allow_turn(None)


def test_what_stands_in_place_is_asked_only_over_a_wet_slide(tmp_path):
    def unknown():
        pytest.fail("it was asked")

    interlock().allow_xy(unknown, unknown)
    write_record(tmp_path / "rig.json", Record(wet="oiled"))
    lock = interlock(1, RigState(tmp_path / "rig.json"))
    lock.allow_xy(unknown, lambda: -280.0)
    with pytest.raises(RefusedError):
        lock.allow_xy(lambda: lock.rig.objective("40x"), lambda: 0.0)
    lock.allow_xy(lambda: lock.rig.objective("100x"), lambda: 0.0)
