"""The one implementation of `Microscope`: over any Micro-Manager core with pycromanager's names."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from acquire import safety
from acquire.errors import CameraError, DeviceError, InterlockError, PixelError
from acquire.frame import Frame, Position
from acquire.live import CoreStream, Newest
from acquire.pixels import to_rgb
from calibration.optics import Objective, Rig

XY_TOLERANCE_UM = 1.0
Z_TOLERANCE_UM = 0.1
SLOWEST_XY_UM_PER_S = 100.0
SLOWEST_Z_UM_PER_S = 10.0
BASE_TIMEOUT_MS = 5000
TURRET_TIMEOUT_MS = 30_000
EXPOSURE_TOLERANCE = 0.01
EXPOSURE_STEP_MS = 0.01


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
    """

    def __init__(
        self,
        *,
        rig: Rig,
        core: Any,
        newest: Newest,
        on_close: Callable[[], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.rig = rig
        self.core = core
        self.focus_um: float | None = None
        self._newest = newest
        self._on_close = on_close
        self._clock = clock
        self._numbers = count(1)
        self._closed = False

    @property
    def position_um(self) -> Position:
        """Stage and focus position in µm, read from the devices now."""
        stage, drive = self.core.get_xy_stage_device(), self.rig.z.device
        return Position(
            float(_read(stage, lambda: self.core.get_x_position(stage))),
            float(_read(stage, lambda: self.core.get_y_position(stage))),
            float(_read(drive, lambda: self.core.get_position(drive))),
        )

    @property
    def objective(self) -> Objective:
        """The objective in the light path, read from the turret now."""
        label = self._label()
        for objective in self.rig.objectives:
            if objective.label == label:
                return objective
        raise InterlockError(
            f"the turret reads {label!r}, which is none of rig {self.rig.name!r}'s labels "
            f"{[o.label for o in self.rig.objectives]}: turn it to one of these or edit objectives in the rig file"
        )

    def move_xy(self, x_um: float, y_um: float) -> None:
        """Move the stage and wait for rest; see `Microscope.move_xy`."""
        safety.check_xy(self.rig.limits_um, x_um, y_um)
        stage, here = self.core.get_xy_stage_device(), self.position_um
        distance_um = max(abs(x_um - here.x), abs(y_um - here.y))
        self._move(stage, distance_um / SLOWEST_XY_UM_PER_S, lambda: self.core.set_xy_position(stage, x_um, y_um))
        there = self.position_um
        if max(abs(there.x - x_um), abs(there.y - y_um)) > XY_TOLERANCE_UM:
            raise DeviceError(
                f"the stage was sent to ({x_um:.2f}, {y_um:.2f}) µm and reads ({there.x:.2f}, {there.y:.2f}): "
                "check that nothing blocks it"
            )

    def move_z(self, z_um: float) -> None:
        """Move the focus drive and wait for rest; see `Microscope.move_z`."""
        safety.check_z(self.rig, z_um, focus_um=self.focus_um, objective=self.objective.name)
        self._drive_z(z_um)

    def expect_focus(self, z_um: float) -> None:
        """Bound `move_z` by the near margin past this Z until the nosepiece turns; see `Microscope.expect_focus`."""
        self.focus_um = z_um

    def retract(self) -> None:
        """Move Z to `z_safe_um`, or leave it where it is farther still, and read it back.

        Raises
        ------
        InterlockError
            When it did not arrive.
        """
        if self.rig.z.nearer(self.position_um.z, self.rig.z_safe_um):
            self._drive_z(self.rig.z_safe_um)
        safety.check_retracted(self.rig, self.position_um.z)

    def select_objective(self, name: str) -> None:
        """Turn the nosepiece after retracting Z; see `Microscope.select_objective`."""
        wanted = self.rig.objective(name)
        if self._label() == wanted.label:
            return
        self.retract()
        self.focus_um = None
        nosepiece = self.rig.nosepiece
        self._call(nosepiece, lambda: self.core.set_property(nosepiece, "Label", wanted.label), TURRET_TIMEOUT_MS)
        found = self._label()
        if found != wanted.label:
            raise InterlockError(
                f"the turret was sent to {wanted.label!r} and reads {found!r}: "
                "Z stays retracted; check the turret by hand"
            )
        self._apply(wanted.preset)

    def snap(self, exposure_ms: float) -> Frame:
        """Expose one frame at rest; see `Microscope.snap`."""
        self._set_exposure(exposure_ms)
        try:
            self.core.snap_image()
            image = self.core.get_image()
        except Exception as error:
            raise CameraError(
                f"the camera gave no frame ({error}): check that it is free and its shutter works"
            ) from error
        return self.frame_of(image)

    def frame_of(self, image: Any) -> Frame:
        """Make a frame of what the core's camera just gave, with where everything stands now."""
        columns, rows = int(self.core.get_image_width()), int(self.core.get_image_height())
        try:
            pixels = to_rgb(image, rows=rows, columns=columns)
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
            roi=(0, 0, columns, rows),
            simulated=self.rig.source.kind in ("simulated", "demo"),
        )

    @contextmanager
    def live(self, exposure_ms: float) -> Iterator[CoreStream]:
        """Run the camera freely; leaving the context stops it."""
        self._set_exposure(exposure_ms)
        stream = CoreStream(core=self.core, newest=self._newest, frame_of=self.frame_of)
        try:
            yield stream
        finally:
            stream.close()

    def stop(self) -> None:
        """Halt all axes at once; idempotent, from any thread."""
        failed = []
        for device in (self.rig.z.device, self.core.get_xy_stage_device()):
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
        """Set the camera properties of the rig file and read them back.

        Returns
        -------
        mapping
            Property to value as the camera reports it.

        Raises
        ------
        CameraError
            When the camera reports another value than was set.
        """
        camera, lock = self.core.get_camera_device(), self.rig.camera.lock
        self._apply(tuple((camera, name, value) for name, value in lock.items()))
        found = {name: str(self.core.get_property(camera, name)) for name in lock}
        for name, value in lock.items():
            if found[name] != str(value):
                raise CameraError(
                    f"camera property {name} was set to {value!r} and reads {found[name]!r}: edit camera.lock"
                )
        return found

    def _label(self) -> str:
        nosepiece = self.rig.nosepiece
        return str(_read(nosepiece, lambda: self.core.get_state_label(nosepiece)))

    def _drive_z(self, z_um: float) -> None:
        device = self.rig.z.device
        distance_um = abs(z_um - self.position_um.z)
        self._move(device, distance_um / SLOWEST_Z_UM_PER_S, lambda: self.core.set_position(device, z_um))
        there_um = self.position_um.z
        if abs(there_um - z_um) > Z_TOLERANCE_UM:
            raise DeviceError(
                f"{device} was sent to {z_um:.2f} µm and reads {there_um:.2f}: check that nothing blocks it"
            )

    def _move(self, device: str, seconds: float, go: Callable[[], None]) -> None:
        self._call(device, go, BASE_TIMEOUT_MS + int(1000 * seconds))

    def _call(self, device: str, go: Callable[[], None], timeout_ms: int) -> None:
        try:
            self.core.set_timeout_ms(timeout_ms)
            go()
            self.core.wait_for_device(device)
        except Exception as error:
            raise DeviceError(f"{device} did not do what it was told ({error}): check it before going on") from error

    def _apply(self, settings: tuple[tuple[str, str, str], ...]) -> None:
        for device, name, value in settings:
            self._call(device, partial(self.core.set_property, device, name, str(value)), BASE_TIMEOUT_MS)

    def _set_exposure(self, exposure_ms: float) -> None:
        self.core.set_exposure(float(exposure_ms))
        actual_ms = float(self.core.get_exposure())
        if abs(actual_ms - exposure_ms) > max(EXPOSURE_TOLERANCE * exposure_ms, EXPOSURE_STEP_MS):
            raise CameraError(
                f"an exposure of {exposure_ms} ms was asked for and the camera took {actual_ms} ms: "
                "choose one it can do"
            )


def _read(device: str, read: Callable[[], Any]) -> Any:
    try:
        return read()
    except Exception as error:
        raise DeviceError(
            f"{device or 'the stage'} could not be read ({error}): check that it is connected and that the rig file "
            "names it as Micro-Manager does"
        ) from error
