"""A frame that did not arrive is asked for again, a few times; a camera that hangs is not."""

import pytest

from acquire.errors import CameraError, HangingError
from acquire.open import open_microscope
from acquire.retake import TRIES, take
from tests.acquire.rigs import small_rig

pytestmark = pytest.mark.core


@pytest.fixture
def microscope():
    with open_microscope(small_rig(size_px=(48, 32))) as opened:
        yield opened


def test_a_dropped_frame_is_taken_again_and_told(microscope):
    microscope.core.failures.inject("frame_dropped", times=TRIES - 1)
    lost = []
    microscope.again = lambda event, _says: lost.append(event)
    assert take(microscope, 5).pixels.shape == (32, 48, 3)
    assert lost == ["retried"] * (TRIES - 1)


def test_a_camera_that_never_delivers_is_given_up(microscope):
    microscope.core.failures.inject("frame_dropped", times=10 * TRIES)
    with pytest.raises(CameraError, match="no frame"):
        take(microscope, 5)


def test_a_camera_that_hangs_is_not_asked_again():
    asked = []

    class Hanging:
        """A fake at the wire: a microscope whose camera hangs."""

        def snap(self, exposure_ms):
            asked.append(exposure_ms)
            raise HangingError("the camera hangs")

    with pytest.raises(HangingError):
        take(Hanging(), 5)
    assert asked == [5]
