"""The camera of a core: its exposure, its locked properties and its region of interest, each as it reads back."""

from collections.abc import Mapping
from typing import Any

from acquire.errors import CameraError
from acquire.motion import apply_settings

EXPOSURE_TOLERANCE = 0.01
EXPOSURE_STEP_MS = 0.01

Region = tuple[int, int, int, int]
"""x, y, width, height on the sensor in binned pixels."""


def set_exposure(core: Any, exposure_ms: float) -> None:
    """Set the exposure and read it back.

    Raises
    ------
    CameraError
        When the camera took another one.
    """
    core.set_exposure(float(exposure_ms))
    actual_ms = float(core.get_exposure())
    if abs(actual_ms - exposure_ms) > max(EXPOSURE_TOLERANCE * exposure_ms, EXPOSURE_STEP_MS):
        raise CameraError(
            f"an exposure of {exposure_ms} ms was asked for and the camera took {actual_ms} ms: choose one it can do"
        )


def lock(core: Any, settings: Mapping[str, str]) -> Mapping[str, str]:
    """Set camera properties and read them back.

    Parameters
    ----------
    core : pycromanager core
        With a camera.
    settings : mapping
        Property to value, from the rig file.

    Returns
    -------
    mapping
        Property to value as the camera reports it.

    Raises
    ------
    CameraError
        When the camera reports another value than was set.
    DeviceError
        When it refuses one.
    """
    camera = core.get_camera_device()
    apply_settings(core, [(camera, name, value) for name, value in settings.items()])
    found = {name: str(core.get_property(camera, name)) for name in settings}
    for name, value in settings.items():
        if found[name] != str(value):
            raise CameraError(
                f"camera property {name} was set to {value!r} and reads {found[name]!r}: edit camera.lock"
            )
    return found


def region(core: Any) -> Region:
    """Return the region of interest: a list from an in-process core, a Java rectangle from a running Micro-Manager."""
    roi = core.get_roi()
    if not isinstance(roi, list | tuple):
        roi = (roi.x, roi.y, roi.width, roi.height)
    x, y, width, height = (int(value) for value in roi)
    return x, y, width, height
