"""Frames that are asked for again when they did not arrive: a camera drops one now and then."""

from acquire.errors import CameraError, HangingError
from acquire.frame import Frame
from acquire.microscope import Microscope

TRIES = 3
RETRIED = "retried"


def take(microscope: Microscope, exposure_ms: float) -> Frame:
    """Expose one frame, again when none arrives.

    Parameters
    ----------
    microscope : Microscope
        At rest; its `again` is told of each failure after which another try is made.
    exposure_ms : float
        Exposure.

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
            microscope.again(RETRIED, str(error))
    return microscope.snap(exposure_ms)
