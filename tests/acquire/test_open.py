"""Which rigs are opened, and what is refused before anything is connected."""

from dataclasses import replace

import pytest

from acquire.errors import DeviceError
from acquire.open import BUFFER_MB, open_microscope
from calibration.rig import load_rig
from tests.acquire.rigs import small_rig

RIG = load_rig("demo")


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
