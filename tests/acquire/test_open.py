"""Which rigs are opened, and what is refused before anything is connected."""

import gc
from dataclasses import replace
from pathlib import Path

import pytest

from acquire.errors import DeviceError, LatchedError, StateError, WetSlideError
from acquire.open import BUFFER_MB, open_microscope
from acquire.rigstate import open_state
from calibration.rig import load_rig
from tests.acquire.rigs import small_rig

RIG = load_rig("demo")
TASKS = Path("/proc/self/task")


@pytest.mark.parametrize(
    ("rig", "says"),
    [
        (replace(RIG, z=replace(RIG.z, hardware_focus="PFS")), "z.hardware_focus 'PFS', which is not driven yet"),
        (replace(RIG, nosepiece="manual"), "nosepiece turned by hand"),
    ],
)
def test_what_the_rig_file_may_say_but_nothing_drives_yet_is_refused(rig, says):
    with pytest.raises(DeviceError, match=says), open_microscope(rig):
        pytest.fail("the rig was opened")


@pytest.mark.core
@pytest.mark.parametrize("side_px", [48, 1024])
def test_a_core_that_is_let_go_gives_its_buffer_back(side_px):
    buffers = []
    with open_microscope(small_rig(size_px=(side_px, side_px))) as microscope:
        real = microscope.core._core._core
        buffers.append(real.get_circular_buffer_memory_footprint())
    buffers.append(real.get_circular_buffer_memory_footprint())
    assert buffers[0] == BUFFER_MB
    assert buffers[1] <= 10


@pytest.mark.core
def test_a_session_that_is_closed_leaves_no_doubt_and_one_that_is_not_does():
    rig = small_rig(size_px=(48, 48))
    with open_microscope(rig) as microscope:
        assert microscope.state.record.open
    with open_microscope(rig) as microscope:
        assert not microscope.state.record.lies_wet
    open_state(rig).opened()  # by a program that then dies
    with open_microscope(rig) as microscope:
        assert microscope.state.record.lies_wet
        with pytest.raises(WetSlideError, match="ended without closing"):
            microscope.move_z(1.0)


@pytest.mark.core
def test_a_demo_rig_without_immersion_lenses_never_doubts_its_slide():
    open_state(RIG).opened()
    with open_microscope(RIG) as microscope:
        assert not microscope.state.record.lies_wet
        microscope.move_z(1.0)
        assert microscope.position_um.z == pytest.approx(1.0)


@pytest.mark.core
def test_a_failure_in_one_session_holds_the_lens_back_in_the_next():
    failing = small_rig(size_px=(48, 48), failures=[{"name": "z_refuses", "at": 1}])
    with open_microscope(failing) as microscope, pytest.raises(DeviceError, match="motor stalled"):
        microscope.move_z(1.0)
    with open_microscope(small_rig(size_px=(48, 48))) as microscope:
        with pytest.raises(LatchedError, match="motor stalled"):
            microscope.move_z(1.0)
        microscope.retract()


@pytest.mark.core
def test_nothing_is_connected_where_nothing_can_be_remembered(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("PARFOCAL_STATE_DIR", str(tmp_path / "file"))
    with pytest.raises(StateError, match="PARFOCAL_STATE_DIR"), open_microscope(small_rig()):
        pytest.fail("the rig was opened")


@pytest.mark.core
@pytest.mark.skipif(not TASKS.is_dir(), reason="only Linux tells the threads of libraries")
def test_a_closed_core_leaves_none_of_its_threads():
    def threads():
        gc.collect()
        return len(list(TASKS.iterdir()))

    with open_microscope(RIG):
        pass  # what is imported first may keep threads of its own
    before = threads()
    with open_microscope(RIG) as microscope:
        assert threads() > before
    del microscope
    assert threads() == before
