"""A camera that gave no frame begun anew: stopped, then locked properties, region and exposure set and read back."""

from collections.abc import Mapping
from typing import Any

from acquire.camera import Region, lock, region, set_exposure
from acquire.errors import CameraError


def restart(core: Any, settings: Mapping[str, str], *, roi: Region, exposure_ms: float) -> None:
    """Bring a camera back to how it was when it last gave a frame; nothing moves and nothing is exposed.

    Properties come first, for binning and pixel type put the region back to the whole chip.

    Parameters
    ----------
    core : pycromanager core
        With the camera.
    settings : mapping
        Property to value, from the rig file.
    roi : Region
        As of the last frame.
    exposure_ms : float
        As of the last frame.

    Raises
    ------
    CameraError
        When it does not stop, or reads another value than was set.
    DeviceError
        When it refuses a property.
    """
    try:
        if core.is_sequence_running():
            core.stop_sequence_acquisition()
        lock(core, settings)
        core.set_roi(*roi)
        found = region(core)
        set_exposure(core, exposure_ms)
    except RuntimeError as error:
        raise CameraError(
            f"the camera could not be restarted ({error}): switch it off and on, and capture again"
        ) from error
    if found != roi:
        raise CameraError(
            f"the restarted camera was given the region {roi} and reads {found}: check its binning, and capture again"
        )
