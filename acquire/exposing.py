"""Exposures one after the other: which one hangs, was left when a person halted everything, or came twice."""

from dataclasses import dataclass, field
from typing import Any

from acquire import camera
from acquire.deadline import DeadlineError, Errand, LeftError
from acquire.errors import CameraError, HaltedError, HangingError
from acquire.frame import Frame
from acquire.motion import Patience


@dataclass(slots=True, eq=False)
class Exposing:
    """What must be remembered between two exposures of one camera."""

    hangs: bool = field(default=False, init=False)
    _left: Errand | None = field(default=None, init=False)
    _before: Frame | None = field(default=None, init=False)

    def image(self, core: Any, exposure_ms: float, patience: Patience) -> Any:
        """Expose one frame and fetch it.

        Parameters
        ----------
        core : pycromanager core
            With the camera.
        exposure_ms : float
            Exposure.
        patience : Patience
            How time passes meanwhile.

        Returns
        -------
        ndarray
            As the core gives it.

        Raises
        ------
        CameraError
            When no frame came.
        HangingError
            When the camera does not come back; it is not asked again.
        HaltedError
            When a person halted everything; the exposure ends by itself, and the next one waits for that.
        """
        if self.hangs:
            raise CameraError("the camera hangs since an earlier snap: switch it off and on, and restart")
        if patience.stopped():
            raise HaltedError("no frame was taken, for all axes were halted by hand: look at lens and slide")
        try:
            return self._exposed(core, exposure_ms, patience)
        except LeftError as left:
            self._left = left.errand
            raise HaltedError(
                "the exposure was left, for all axes were halted by hand: look at lens and slide"
            ) from left
        except HangingError:
            self.hangs = True
            raise

    def end(self, seconds: float) -> None:
        """Wait for an exposure that was left, before its core is let go; one that does not end hangs."""
        if self._left is None:
            return
        try:
            self._left.wait(seconds)
        except DeadlineError:
            self.hangs = True
        except Exception:  # what went wrong with a frame that nobody waits for
            return

    def refuse_repeated(self, frame: Frame) -> None:
        """Refuse a frame that is the one before, taken elsewhere; errors as in `camera.refuse_repeated`."""
        camera.refuse_repeated(frame, self._before)
        self._before = frame  # not a refused one: a camera that has frozen gives it a third time, at the same place

    def _exposed(self, core: Any, exposure_ms: float, patience: Patience) -> Any:
        if self._left is not None:
            camera.ended(self._left, clock=patience.clock)
            self._left = None
        camera.set_exposure(core, exposure_ms)
        return camera.expose(core, exposure_ms, clock=patience.clock, stopped=patience.stopped)
