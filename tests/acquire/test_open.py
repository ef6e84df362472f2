"""Which rigs are opened, and what is refused before anything is connected."""

from dataclasses import replace

import pytest

from acquire.errors import DeviceError
from acquire.open import open_microscope
from calibration.rig import load_rig

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
