"""A microscope in the coordinates of a run: its stage and focus counted from elsewhere since the run was begun."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace

from acquire.frame import Frame, Position
from acquire.microscope import LiveStream, Microscope
from acquire.motion import Again
from acquire.rigstate import RigState
from calibration.optics import Limits, Objective, Rig


@dataclass(slots=True, eq=False)
class Referenced:
    """Another microscope, seen from coordinates that its devices had before they forgot where they were.

    What keeps lens and slide apart stays with the other one, in the coordinates of its devices now; it is asked at each
    call. See `acquire.microscope.Microscope` for what the calls promise.

    Parameters
    ----------
    inner : Microscope
        As its devices count now.
    shift_um : Position
        What they read where the run's coordinates are 0.
    """

    inner: Microscope
    shift_um: Position
    rig: Rig = field(init=False)

    def __post_init__(self) -> None:
        self.rig = _shifted(self.inner.rig, self.shift_um)

    @property
    def state(self) -> RigState:
        """What outlives the run."""
        return self.inner.state

    @state.setter
    def state(self, state: RigState) -> None:
        self.inner.state = state

    @property
    def again(self) -> Again:
        """Told of each second try."""
        return self.inner.again

    @again.setter
    def again(self, again: Again) -> None:
        self.inner.again = again

    @property
    def position_um(self) -> Position:
        """Stage and focus position in the run's coordinates."""
        return self._of_run(self.inner.position_um)

    @property
    def objective(self) -> Objective:
        """The objective in the light path."""
        return self.inner.objective

    def move_xy(self, x_um: float, y_um: float) -> None:
        """Move the stage to a place of the run."""
        self.inner.move_xy(x_um + self.shift_um.x, y_um + self.shift_um.y)

    def move_z(self, z_um: float) -> None:
        """Move the focus drive to a depth of the run."""
        self.inner.move_z(z_um + self.shift_um.z)

    def expect_focus(self, z_um: float) -> None:
        """Say where the focus is, as a depth of the run."""
        self.inner.expect_focus(z_um + self.shift_um.z)

    def heed(self, stopped: Callable[[], bool]) -> None:
        """Let a person halt what moves."""
        self.inner.heed(stopped)

    def retract(self) -> None:
        """Retract Z."""
        self.inner.retract()

    def select_objective(self, name: str) -> None:
        """Turn the nosepiece, retracted."""
        self.inner.select_objective(name)

    def turn_out(self) -> None:
        """Turn the nosepiece to its empty position, retracted."""
        self.inner.turn_out()

    def snap(self, exposure_ms: float) -> Frame:
        """Expose one frame, which says where it was taken in the run's coordinates."""
        frame = self.inner.snap(exposure_ms)
        return replace(frame, position=self._of_run(frame.position))

    def restart_camera(self) -> None:
        """Restart the camera."""
        self.inner.restart_camera()

    def live(self, exposure_ms: float) -> AbstractContextManager[LiveStream]:
        """Run the camera freely; its frames say where the devices read that they were taken."""
        return self.inner.live(exposure_ms)

    def stop(self) -> None:
        """Halt all axes."""
        self.inner.stop()

    def close(self) -> None:
        """Let the other one go."""
        self.inner.close()

    def _of_run(self, read: Position) -> Position:
        return Position(*(value - shift for value, shift in zip(read, self.shift_um, strict=True)))


def _shifted(rig: Rig, shift_um: Position) -> Rig:
    """Return the rig with all its places in the run's coordinates."""
    x, y, z = (
        (low - shift, high - shift)
        for (low, high), shift in zip((rig.limits_um.x, rig.limits_um.y, rig.limits_um.z), shift_um, strict=True)
    )
    pose = rig.oil_pose_um
    return replace(
        rig,
        limits_um=Limits(x=x, y=y, z=z),
        z_safe_um=rig.z_safe_um - shift_um.z,
        oil_pose_um=None if pose is None else (pose[0] - shift_um.x, pose[1] - shift_um.y),
    )
