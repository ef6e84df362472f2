"""The one implementation of `Microscope`: over any Micro-Manager core with pycromanager's names."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

from acquire import camera, motion, safety
from acquire.answered import answered
from acquire.deadline import DeadlineError, within
from acquire.errors import CameraError, DeviceError, HangingError, InterlockError, PixelError
from acquire.frame import Frame, Position
from acquire.live import CoreStream, Newest
from calibration.optics import Objective, Rig

CLOSE_S = 5.0
"""How long a core whose camera hangs may take to be let go."""


class MicroManagerMicroscope:
    """A microscope over a Micro-Manager core; see `acquire.microscope.Microscope` for what its calls promise.

    Parameters
    ----------
    rig : Rig
        What the rig file says; its camera lock is set and read back by `lock_camera`.
    core : pycromanager core
        In-process, over ZMQ, or simulated: anything with the snake_case names of a Core.
    newest : callable
        Gives the newest frame of a running camera as (its number, image); IndexError when there is none yet.
    on_close : callable
        Lets the core go; called once.
    clock : callable
        Seconds since the epoch.
    patience : Patience
        How time passes while devices move and the camera exposes.
    """

    def __init__(
        self,
        *,
        rig: Rig,
        core: Any,
        newest: Newest,
        on_close: Callable[[], None],
        clock: Callable[[], float] = time.time,
        patience: motion.Patience = motion.REAL_TIME,
    ) -> None:
        self.rig = rig
        self.core = core
        self.focus_um: float | None = None
        self._newest = newest
        self._on_close = on_close
        self._clock = clock
        self.patience = patience
        self._before: Frame | None = None
        self._hanging = False
        self._numbers = count(1)
        self._closed = False

    @property
    @answered
    def position_um(self) -> Position:
        """Stage and focus position in µm, read from the devices now."""
        return motion.position(self.core, self.rig.z)

    @property
    @answered
    def objective(self) -> Objective:
        """The objective in the light path, read from the turret now."""
        label = motion.turret_label(self.core, self.rig.nosepiece)
        for objective in self.rig.objectives:
            if objective.label == label:
                return objective
        raise InterlockError(
            f"the turret reads {label!r}, which is none of rig {self.rig.name!r}'s labels "
            f"{[o.label for o in self.rig.objectives]}: turn it to one of these or edit objectives in the rig file"
        )

    @answered
    def move_xy(self, x_um: float, y_um: float) -> None:
        """Move the stage and wait for rest; see `Microscope.move_xy`."""
        safety.check_xy(self.rig.limits_um, x_um, y_um)
        motion.move_stage(self.core, self.rig.z, x_um, y_um, self.patience)

    @answered
    def move_z(self, z_um: float) -> None:
        """Move the focus drive and wait for rest; see `Microscope.move_z`."""
        safety.check_z(self.rig, z_um, focus_um=self.focus_um, objective=self.objective.name)
        motion.move_focus(self.core, self.rig.z, z_um, self.patience)

    def expect_focus(self, z_um: float) -> None:
        """Bound `move_z` by the near margin past this Z until the nosepiece turns; see `Microscope.expect_focus`."""
        self.focus_um = z_um

    @answered
    def retract(self) -> None:
        """Move Z to `z_safe_um`, or leave it where it is farther still, and read it back; see `Microscope.retract`."""
        try:
            if self.rig.z.nearer(self.position_um.z, self.rig.z_safe_um):
                motion.move_focus(self.core, self.rig.z, self.rig.z_safe_um, self.patience)
            z_um = self.position_um.z
        except DeviceError as error:
            raise InterlockError(
                f"z was not retracted to z_safe_um {self.rig.z_safe_um:.2f} ({error}): "
                "the nosepiece may not turn before the focus drive does this"
            ) from error
        safety.check_retracted(self.rig, z_um)

    @answered
    def select_objective(self, name: str) -> None:
        """Turn the nosepiece after retracting Z; see `Microscope.select_objective`."""
        wanted, nosepiece = self.rig.objective(name), self.rig.nosepiece
        if motion.turret_label(self.core, nosepiece) == wanted.label:
            return
        self.retract()
        self.focus_um = None
        motion.turn(self.core, nosepiece, wanted.label, self.patience)
        found = motion.turret_label(self.core, nosepiece)
        if found != wanted.label:
            raise InterlockError(
                f"the turret was sent to {wanted.label!r} and reads {found!r}: "
                "Z stays retracted; check the turret by hand"
            )
        motion.apply_settings(self.core, wanted.preset, self.patience)

    @answered
    def snap(self, exposure_ms: float) -> Frame:
        """Expose one frame at rest; see `Microscope.snap`."""
        if self._hanging:
            raise CameraError("the camera hangs since an earlier snap: switch it off and on, and restart")
        camera.set_exposure(self.core, exposure_ms)
        try:
            frame = self.frame_of(camera.expose(self.core, exposure_ms, clock=self.patience.clock))
        except HangingError:
            self._hanging = True
            raise
        if self.rig.source.kind != "demo":  # whose picture is the same everywhere
            before, self._before = self._before, frame
            camera.refuse_repeated(frame, before)
        return frame

    def frame_of(self, image: Any) -> Frame:
        """Make a frame of what the core's camera just gave, with where everything stands now."""
        try:
            pixels = camera.colours(self.core, image, bayer=self.rig.camera.bayer)
        except PixelError as error:
            raise CameraError(str(error)) from error
        bits = min(int(self.core.get_image_bit_depth()), 8 * pixels.itemsize)
        return Frame(
            pixels=pixels,
            objective=self.objective.name,
            position=self.position_um,
            exposure_ms=float(self.core.get_exposure()),
            black_level=0.0,
            white_level=float(2**bits - 1),
            number=next(self._numbers),
            time_s=self._clock(),
            binning=int(self.core.get_property(self.core.get_camera_device(), "Binning")),
            roi=camera.region(self.core),
            simulated=self.rig.source.kind in ("simulated", "demo"),
        )

    @contextmanager
    def live(self, exposure_ms: float) -> Iterator[CoreStream]:
        """Run the camera freely; leaving the context stops it."""
        camera.set_exposure(self.core, exposure_ms)
        stream = CoreStream(core=self.core, newest=self._newest, frame_of=self.frame_of)
        try:
            yield stream
        finally:
            stream.close()

    def stop(self) -> None:
        """Halt all axes at once; idempotent, from any thread."""
        failed = []
        for device in (*self.rig.z.devices, self.core.get_xy_stage_device()):
            try:
                self.core.stop(device)
            except Exception as error:  # the other axis is halted all the same
                failed.append(f"{device} ({error})")
        if failed:
            raise DeviceError(f"{' and '.join(failed)} could not be halted: use the switch of the stand")

    def close(self) -> None:
        """Stop the camera and let the core go; idempotent."""
        if self._closed:
            return
        self._closed = True
        if self._hanging:  # any call would wait for the one that does not come back
            with suppress(DeadlineError):
                within(CLOSE_S, self._on_close)
            return
        try:
            if self.core.is_sequence_running():
                self.core.stop_sequence_acquisition()
            self.core.set_primary_log_file("")
        finally:
            self._on_close()

    def log_to(self, path: Path) -> None:
        """Have the core append its own log, every device call with its time, to a file."""
        self.core.set_primary_log_file(str(path), False)
        self.core.enable_debug_log(True)

    def lock_camera(self) -> Mapping[str, str]:
        """Set the camera properties of the rig file and read them back; see `acquire.camera.lock`."""
        return camera.lock(self.core, self.rig.camera.lock)
