"""Frames that are asked for again when they did not arrive: a camera drops one now and then."""

from collections.abc import Callable

from acquire.errors import CameraError, HangingError
from acquire.frame import Frame
from acquire.microscope import Microscope

TRIES = 3


def take(microscope: Microscope, exposure_ms: float, *, lost: Callable[[CameraError], None] | None = None) -> Frame:
    """Expose one frame, again when none arrives.

    Parameters
    ----------
    microscope : Microscope
        At rest.
    exposure_ms : float
        Exposure.
    lost : callable, optional
        Told of each failure after which another try is made.

    Raises
    ------
    CameraError
        When `TRIES` in a row failed, or the camera hangs.
    """
    for _ in range(TRIES - 1):
        try:
            return microscope.snap(exposure_ms)
        except HangingError:
            raise
        except CameraError as error:
            if lost is not None:
                lost(error)
    return microscope.snap(exposure_ms)
