"""Frames of a freely running camera, newest only, restarted when the camera stops silently."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from acquire.errors import CameraError
from acquire.frame import Frame

Newest = Callable[[], tuple[str, Any]]
"""Gives (number, image) of the newest frame; IndexError when there is none yet."""


@dataclass(slots=True, kw_only=True, eq=False)
class CoreStream:
    """Newest frames of a core's continuous sequence; implements `acquire.microscope.LiveStream`.

    Parameters
    ----------
    core : pycromanager core
        Its camera is started here.
    newest : callable
        How this back-end gives its newest image.
    frame_of : callable
        Makes a frame of the core's image.
    """

    core: Any
    newest: Newest
    frame_of: Callable[[Any], Frame]
    restarts: int = 0
    _last: str = ""

    def __post_init__(self) -> None:
        self._start()

    def latest(self) -> Frame | None:
        """Return the newest frame not yet returned, or None; see `LiveStream.latest`."""
        if not self.core.is_sequence_running():
            self.restarts += 1
            self._last = ""
            self._start()
        try:
            number, image = self.newest()
        except IndexError:
            return None
        except Exception as error:
            raise CameraError(f"live gave no frame ({error}): check the camera and its connection") from error
        if number == self._last:
            return None
        self._last = number
        return self.frame_of(image)

    def close(self) -> None:
        """Stop the camera; idempotent."""
        if self.core.is_sequence_running():
            self.core.stop_sequence_acquisition()

    def _start(self) -> None:
        try:
            self.core.start_continuous_sequence_acquisition(0)
        except Exception as error:
            raise CameraError(f"live could not be started ({error}): check that the camera is free") from error
