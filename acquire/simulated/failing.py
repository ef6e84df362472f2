"""The failing core: acts out the failures that a simulated microscope was told to have, as real devices do."""

import time
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

from numpy.typing import NDArray

from acquire.simulated.failures import Failures
from calibration.optics import Rig

_HANG_STEP_S = 0.05
_ROWS_MISSING = 2


class FailingCore:
    """A core that fails as it was told to, and else answers like the core it wraps.

    Parameters
    ----------
    core : SimulatedCore, or any other core
        What answers.
    rig : Rig
        Names of the devices.
    failures : Failures
        What fails, and when.
    sleep : callable
        Waits some seconds: for calls that hang and time-outs; virtual in tests.
    """

    def __init__(self, core: Any, rig: Rig, failures: Failures, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._core = core
        self._rig = rig
        self._sleep = sleep
        self._released = Event()
        self._dead = False
        self._busy = False
        self._before: NDArray[Any] | None = None
        self._sent_um: tuple[float, float] | None = None
        self._wrong_label = ""
        self._pulled = False
        self.failures = failures

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._core, name)
        if callable(found):  # what is no call is truth, which does not die
            self._live()
        return found

    def release(self) -> None:
        """Let a call that hangs come back."""
        self._released.set()

    def free_bytes(self, folder: Path, free: Callable[[Path], int]) -> int:
        """Return how much room a disk has left: none when it is told to be full."""
        return 0 if self.failures.due("disk_full") else free(folder)

    def snap_image(self) -> None:
        """Expose, unless the camera raises or hangs; or after somebody moved the stage."""
        self._live()
        if self.failures.due("snap_raises"):
            raise RuntimeError("Error in device Camera: exposure failed (injected)")
        if self.failures.due("snap_hangs"):
            self._hang()
        joystick = self.failures.due("joystick")
        if joystick:
            self._core.set_relative_xy_position(joystick.amount_um, 0.0)
            self._core.wait_for_device(self._core.get_xy_stage_device())
        self._core.snap_image()

    def get_image(self, *channel: int) -> NDArray[Any]:
        """Deliver the frame, or none, or the one before, or part of it."""
        self._live()
        if self.failures.due("frame_dropped"):
            raise RuntimeError("Error in device Camera: image buffer read failed (injected)")
        image: NDArray[Any] = self._core.get_image(*channel)
        if self.failures.due("frame_repeated") and self._before is not None and self._before.shape == image.shape:
            image = self._before
        self._before = image
        return image[_ROWS_MISSING:] if self.failures.due("frame_wrong_size") else image

    def set_xy_position(self, *target: Any) -> None:
        """Move the stage, less far than asked, or elsewhere than it will say."""
        self._live()
        *stage, x_um, y_um = target
        self._busy = False
        short, lies = self.failures.due("stage_short"), self.failures.due("stage_lies")
        self._sent_um = (float(x_um), float(y_um)) if lies else None
        off_um = short or lies
        x_um = x_um - off_um.amount_um if off_um else x_um
        self._core.set_xy_position(*stage, x_um, y_um)

    def get_x_position(self, *stage: str) -> float:
        """Read the stage's x: its target, when it lies."""
        self._live()
        return self._sent_um[0] if self._sent_um else float(self._core.get_x_position(*stage))

    def get_y_position(self, *stage: str) -> float:
        """Read the stage's y: its target, when it lies."""
        self._live()
        return self._sent_um[1] if self._sent_um else float(self._core.get_y_position(*stage))

    def set_position(self, *target: Any) -> None:
        """Move the focus drive, unless it refuses, or a hardware focus takes it back."""
        self._live()
        *drive, _ = target
        before_um = self._core.get_position(*drive)
        if self.failures.due("z_refuses"):
            raise RuntimeError(f"Error in device {self._rig.z.device}: motor stalled (injected)")
        self._core.set_position(*target)
        self._pulled = bool(self.failures.due("hardware_focus_pulls"))
        if self._pulled:
            self._core.set_position(*drive, before_um)

    def is_continuous_focus_enabled(self) -> bool:
        """Whether a hardware focus is engaged: it is when it has just pulled."""
        self._live()
        return self._pulled or bool(self._core.is_continuous_focus_enabled())

    def device_busy(self, device: str) -> bool:
        """Whether a device moves; a stage that was told to be busy for ever always does."""
        self._live()
        if device == self._core.get_xy_stage_device():
            self._busy = self._busy or bool(self.failures.due("stage_busy"))
            if self._busy:
                return True
        return bool(self._core.device_busy(device))

    def set_property(self, device: str, name: str, value: Any) -> None:
        """Set a property; the order to turn may be accepted and not carried out, or end at another position."""
        self._live()
        turns = device == self._rig.nosepiece and name == "Label"
        self._wrong_label = ""
        if turns and self.failures.due("turret_stuck"):
            return
        self._core.set_property(device, name, value)
        if turns and self.failures.due("turret_wrong_label"):
            self._wrong_label = next(o.label for o in self._rig.objectives if o.label != value)

    def get_state_label(self, device: str) -> str:
        """Read a label."""
        self._live()
        lies = self._wrong_label and device == self._rig.nosepiece
        return self._wrong_label if lies else str(self._core.get_state_label(device))

    def _hang(self) -> None:
        self._released.clear()
        while not self._released.is_set():
            self._sleep(_HANG_STEP_S)
        raise RuntimeError("Error in device Camera: exposure was given up (injected)")

    def _live(self) -> None:
        """Count every call for the core's death; a dead core answers nothing."""
        if self._dead or self.failures.due("core_dies"):
            self._dead = True
            raise RuntimeError("the core has died (injected)")
