"""SEAM 1: what every microscope can do, and what it promises about limits, rest, order and closing."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from acquire.frame import Frame, Position
from acquire.motion import Again
from acquire.rigstate import RigState
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

    Every call returns when the devices it moved are at rest and have been read back. One thread at a time may call;
    `stop` may be called from any. Nearer and farther are meant towards the slide and away from it.

    What keeps the lens off the slide holds for every caller:

    * a target outside the limits, or past the near margin of the focus, raises `LimitError` before anything moves;
    * a motion that fails sets the latch in `state`: from then on, in every program, nothing goes nearer and the
      nosepiece does not turn (`LatchedError`, before anything moves), while `retract`, moves away from the slide, moves
      of the stage, `snap` and `stop` go on, until a person clears it;
    * over a slide that counts as wet no dry lens is turned in, goes nearer, or has the stage driven under it unless it
      is retracted (`WetSlideError`, before anything moves); an immersion lens that goes nearer makes it wet;
    * after `heed`, everything that moves, exposes or would do so raises `HaltedError` once a person has halted it; that
      sets no latch as long as the axes came to rest.
    """

    rig: Rig
    state: RigState
    again: Again
    """Told of each second try of a move or a frame, as (event, what happened); set it to hear of them."""

    @property
    def position_um(self) -> Position:
        """Stage and focus position in µm, read from the devices now."""
        ...

    @property
    def objective(self) -> Objective:
        """The objective in the light path, read from the turret now.

        Raises
        ------
        RefusedError
            When the turret's label is none of the rig's.
        """
        ...

    def move_xy(self, x_um: float, y_um: float) -> None:
        """Move the stage and wait for rest; one that stands beside its target is sent there twice more.

        Raises
        ------
        LimitError
            When the target is outside the limits; nothing has moved.
        RefusedError
            When a dry lens stands near a wet slide; nothing has moved.
        DeviceError
            When the stage does not come to rest at the target; the latch is set.
        HaltedError
            When a person halted it.
        """
        ...

    def move_z(self, z_um: float) -> None:
        """Move the focus drive and wait for rest.

        A way nearer that is longer than the lens's near margin ends in slow steps from that margin on, each read back.
        A drive that stands too near is sent away twice more, one that stands too far never again.

        Raises
        ------
        LimitError
            When the target is outside the limits, past the near margin, or nearer while no focus of this lens is known;
            nothing has moved.
        RefusedError
            When it is nearer and the latch is set, or the lens is dry and the slide wet; nothing has moved.
        DeviceError
            When a drive does not come to rest at the target; the latch is set.
        HaltedError
            When a person halted it.
        """
        ...

    def expect_focus(self, z_um: float) -> None:
        """Say where the focus of the objective in place is expected or was found.

        Until the nosepiece turns, `move_z` refuses to go nearer to the slide than `near_margin_um` past it. Where Z
        stood when the microscope was opened counts as focused by hand; a lens that has turned into place since then
        goes no nearer at all before its focus is told.
        """
        ...

    def heed(self, stopped: Callable[[], bool]) -> None:
        """Let a person halt what moves: once `stopped` is true, every motion halts and raises `HaltedError`.

        Parameters
        ----------
        stopped : callable
            Asked before each motion and at least every 50 ms during it: `Control.stopped`.
        """
        ...

    def retract(self) -> None:
        """Move Z to `z_safe_um`, where the nosepiece may turn and a person may reach the slide, and read it back.

        Z stays where it is when that is farther from the slide still. Nothing else moves.

        Raises
        ------
        InterlockError
            When Z did not reach `z_safe_um`, or cannot be read; what the focus drive said is its cause. The latch is
            set.
        HaltedError
            When a person halted it.
        """
        ...

    def select_objective(self, name: str) -> None:
        """Turn the nosepiece: retract Z to `z_safe_um`, read it back, turn, verify the label; Z stays retracted.

        Does nothing when the objective is in place already.

        Raises
        ------
        RigError
            When the rig has no such objective; nothing has moved.
        RefusedError
            When the latch is set, or the objective is dry and the slide wet; nothing has moved.
        InterlockError
            When Z did not reach `z_safe_um` (the turret was not turned) or the label is wrong after turning; the latch
            is set.
        DeviceError
            When the turret raised or did not come to rest; Z stays retracted, and the latch is set.
        HaltedError
            When a person halted it.
        """
        ...

    def turn_out(self) -> None:
        """Turn the nosepiece to its empty position, as `select_objective` turns to a lens; errors as there.

        Raises
        ------
        RefusedError
            When the rig names none, or the latch is set; nothing has moved.
        """
        ...

    def snap(self, exposure_ms: float) -> Frame:
        """Expose one frame at rest.

        Raises
        ------
        CameraError
            When no frame of the announced shape arrives.
        HangingError
            When the camera does not come back; the latch is set.
        HaltedError
            When a person halted everything; the exposure ends by itself.
        """
        ...

    def restart_camera(self) -> None:
        """Stop the camera; set its locked properties, region and exposure again, as of the last frame, and read back.

        Nothing moves and nothing is exposed.

        Raises
        ------
        CameraError
            When it reads another value than was set.
        DeviceError
            When it refuses a property.
        HangingError
            When it hangs: its core is not to be asked any more.
        """
        ...

    def live(self, exposure_ms: float) -> AbstractContextManager[LiveStream]:
        """Run the camera freely; leaving the context stops it."""
        ...

    def stop(self) -> None:
        """Halt all axes at once; idempotent, from any thread. A call that is moving them raises `HaltedError`.

        Raises
        ------
        DeviceError
            When an axis could not be halted; the others were, and the latch is set.
        """
        ...

    def close(self) -> None:
        """Stop the camera and let the core go; idempotent."""
        ...
