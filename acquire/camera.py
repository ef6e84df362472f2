"""The camera of a core: its exposure, its locked properties, its region of interest, and the frames it gives."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from acquire.deadline import DeadlineError, Errand, LeftError, never, within
from acquire.errors import CameraError, HangingError
from acquire.frame import Frame, Pixels
from acquire.motion import apply_settings
from acquire.pixels import demosaic, to_rgb

EXPOSURE_TOLERANCE = 0.01
EXPOSURE_STEP_MS = 0.01

SNAP_GRACE_S = 5.0
"""How much longer than its exposure a snap may take before the camera counts as hanging."""
FETCH_S = 120.0
"""How long a frame may take to arrive: a simulated one of 2048² is computed in 12 s on two cores."""
_COARSE = 16  # every so many pixels are compared before all are

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


def expose(
    core: Any,
    exposure_ms: float,
    *,
    clock: Callable[[], float] = time.monotonic,
    stopped: Callable[[], bool] = never,
) -> Any:
    """Expose one frame and fetch it, each within its deadline.

    Parameters
    ----------
    core : pycromanager core
        With a camera.
    exposure_ms : float
        As it was set.
    clock : callable
        Seconds; virtual in tests.
    stopped : callable
        Whether a person has halted everything.

    Raises
    ------
    HangingError
        When the camera does not come back; the call still hangs in a thread of its own, and the core is not to be used
        any more.
    CameraError
        When it raises.
    LeftError
        When a person halted everything; the exposure ends by itself.
    """
    try:
        within(exposure_ms / 1000 + SNAP_GRACE_S, core.snap_image, clock=clock, stopped=stopped)
        return within(FETCH_S, core.get_image, clock=clock, stopped=stopped)
    except LeftError:
        raise
    except DeadlineError as error:
        raise HangingError(
            f"the camera hangs ({error} of a snap of {exposure_ms:g} ms): switch it off and on, and restart"
        ) from error
    except Exception as error:
        raise CameraError(f"the camera gave no frame ({error}): check that it is free and its shutter works") from error


def ended(errand: Errand, *, clock: Callable[[], float] = time.monotonic) -> None:
    """Wait for an exposure that was left to end; what it gives is of no use to anybody.

    Raises
    ------
    HangingError
        When it does not.
    """
    try:
        errand.wait(FETCH_S, clock=clock)
    except DeadlineError as error:
        raise HangingError(f"the camera hangs ({error}): switch it off and on, and restart") from error
    except Exception:  # what went wrong with a frame that nobody waits for
        return


def colours(core: Any, image: Any, *, bayer: str) -> Pixels:
    """Make RGB of what a core's camera gave: packed colours, or raw values behind the filters of the rig file.

    Raises
    ------
    PixelError
        When it is neither, or of another size than announced.
    """
    columns, rows = int(core.get_image_width()), int(core.get_image_height())
    if bayer == "none":
        return to_rgb(image, rows=rows, columns=columns)
    return demosaic(image, bayer, rows=rows, columns=columns, corner=region(core)[:2])


def refuse_repeated(frame: Frame, before: Frame | None) -> None:
    """Refuse a frame that is the one before to the last bit, taken elsewhere: noise alone makes any two differ.

    Raises
    ------
    CameraError
        When they are equal, hold more than one grey, and stage or focus stood elsewhere.
    """
    if before is None or before.position == frame.position or before.pixels.shape != frame.pixels.shape:
        return
    coarse = frame.pixels[::_COARSE, ::_COARSE]
    if not np.array_equal(coarse, before.pixels[::_COARSE, ::_COARSE]) or np.all(coarse == coarse[0, 0]):
        return
    if np.array_equal(frame.pixels, before.pixels):
        raise CameraError(
            f"the camera gave the picture of {_place(before)} again at {_place(frame)}, equal to the last bit: take it "
            "again, and check the connection when it happens often"
        )


def _place(frame: Frame) -> str:
    return f"({frame.position.x:.2f}, {frame.position.y:.2f}, {frame.position.z:.2f}) µm"
