"""The camera of a core, as it reads back."""

from types import SimpleNamespace

import pytest

from acquire.camera import lock, region, set_exposure
from acquire.camerarestart import restart
from acquire.errors import CameraError, DeviceError
from acquire.open import open_microscope
from calibration.rig import load_rig


@pytest.mark.parametrize("roi", [[8, 4, 64, 32], SimpleNamespace(x=8, y=4, width=64, height=32)])
def test_the_region_is_the_same_from_a_list_and_from_a_java_rectangle(roi):
    assert region(SimpleNamespace(get_roi=lambda: roi)) == (8, 4, 64, 32)


@pytest.fixture
def core():
    with open_microscope(load_rig("demo")) as microscope:
        yield microscope.core


@pytest.mark.core
def test_what_is_locked_is_what_the_camera_reads_back(core):
    assert lock(core, {"PixelType": "32bitRGB", "BitDepth": "8"}) == {"PixelType": "32bitRGB", "BitDepth": "8"}


@pytest.mark.core
def test_a_value_that_the_camera_does_not_know_is_refused(core):
    with pytest.raises(DeviceError, match="Camera did not do what it was told"):
        lock(core, {"PixelType": "7bit"})


def test_an_exposure_that_the_camera_changed_is_told():
    core = SimpleNamespace(set_exposure=lambda _exposure_ms: None, get_exposure=lambda: 8.5)
    with pytest.raises(CameraError, match=r"8\.0 ms was asked for and the camera took 8\.5 ms"):
        set_exposure(core, 8.0)


def test_an_exposure_rounded_by_the_camera_is_taken():
    asked_ms = []
    set_exposure(SimpleNamespace(set_exposure=asked_ms.append, get_exposure=lambda: 8.005), 8.0)
    assert asked_ms == [8.0]


@pytest.mark.core
def test_a_restarted_camera_is_what_it_was(core):
    properties = {"PixelType": "32bitRGB", "BitDepth": "8"}
    core.start_continuous_sequence_acquisition(0.0)
    restart(core, properties, roi=(8, 4, 64, 32), exposure_ms=7.0)
    assert not core.is_sequence_running()
    assert (region(core), core.get_exposure()) == ((8, 4, 64, 32), 7.0)
    core.clear_roi()


def test_a_camera_that_takes_another_region_is_told():
    core = SimpleNamespace(
        is_sequence_running=lambda: False,
        get_camera_device=lambda: "Camera",
        set_roi=lambda *_: None,
        get_roi=lambda: [0, 0, 64, 64],
        set_exposure=lambda _exposure_ms: None,
        get_exposure=lambda: 8.0,
    )
    with pytest.raises(CameraError, match=r"given the region \(8, 4, 64, 32\) and reads \(0, 0, 64, 64\)"):
        restart(core, {}, roi=(8, 4, 64, 32), exposure_ms=8.0)
