"""SEAM 1: what every microscope can do, and what it promises about limits, rest, order and closing."""

from contextlib import AbstractContextManager
from typing import Protocol

from acquire.frame import Frame, Position
from calibration.optics import Objective, Rig


class LiveStream(Protocol):
    """Frames of a running camera, newest only."""

    def latest(self) -> Frame | None:
        """Return the newest frame not yet returned, or None when there is none; never waits.

        A sequence that the camera stopped silently is started again.

        Raises
        ------
        CameraError
            When the camera cannot be started again, or its newest frame cannot be read.
        """
        ...


class Microscope(Protocol):
    """A motorised bright-field microscope with a turret, a stage, a focus drive and a colour camera.

    Every call returns when the devices it moved are at rest and have been read back. A call with a target outside the
    limits raises `LimitError` before anything moves. One thread at a time may call; `stop` may be called from any.
    """

    rig: Rig

    @property
    def position_um(self) -> Position:
        """Stage and focus position in µm, read from the devices now."""
        ...

    @property
    def objective(self) -> Objective:
        """The objective in the light path, read from the turret now.

        Raises
        ------
        InterlockError
            When the turret's label is none of the rig's.
        """
        ...

    def move_xy(self, x_um: float, y_um: float) -> None:
        """Move the stage and wait for rest.

        Raises
        ------
        LimitError
            When the target is outside the limits; nothing has moved.
        DeviceError
            When the stage does not come to rest at the target.
        """
        ...

    def move_z(self, z_um: float) -> None:
        """Move the focus drive and wait for rest; errors as in `move_xy`."""
        ...

    def expect_focus(self, z_um: float) -> None:
        """Say where this objective's focus is expected or was found.

        Until the nosepiece turns, `move_z` refuses to go nearer to the slide than `near_margin_um` past it.
        """
        ...

    def retract(self) -> None:
        """Move Z to `z_safe_um`, where the nosepiece may turn and a person may reach the slide, and read it back.

        Z stays where it is when that is farther from the slide still. Nothing else moves.

        Raises
        ------
        InterlockError
            When Z did not reach `z_safe_um`, or cannot be read; what the focus drive said is its cause.
        """
        ...

    def select_objective(self, name: str) -> None:
        """Turn the nosepiece: retract Z to `z_safe_um`, read it back, turn, verify the label; Z stays retracted.

        Does nothing when the objective is in place already.

        Raises
        ------
        RigError
            When the rig has no such objective; nothing has moved.
        InterlockError
            When Z did not reach `z_safe_um` (the turret was not turned) or the label is wrong after turning.
        DeviceError
            When the turret raised or did not come to rest; Z stays retracted.
        """
        ...

    def snap(self, exposure_ms: float) -> Frame:
        """Expose one frame at rest.

        Raises
        ------
        CameraError
            When no frame of the announced shape arrives.
        """
        ...

    def live(self, exposure_ms: float) -> AbstractContextManager[LiveStream]:
        """Run the camera freely; leaving the context stops it."""
        ...

    def stop(self) -> None:
        """Halt all axes at once; idempotent, from any thread.

        Raises
        ------
        DeviceError
            When an axis could not be halted; the others were.
        """
        ...

    def close(self) -> None:
        """Stop the camera and let the core go; idempotent."""
        ...
