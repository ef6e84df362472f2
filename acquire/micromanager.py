"""The one implementation of `Microscope`: over any Micro-Manager core with pycromanager's names."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

from acquire import camera, motion, safety, turret
from acquire.answered import answered
from acquire.camerarestart import restart
from acquire.deadline import DeadlineError, within
from acquire.errors import CameraError, DeviceError, HangingError, PixelError, RefusedError
from acquire.exposing import Exposing
from acquire.frame import Frame, Position
from acquire.interlock import Interlock
from acquire.live import CoreStream, Newest
from acquire.motion import Again, untold
from acquire.rigstate import RigState
from calibration.optics import NO_POSITION, Objective, Rig

MS_PER_S = 1000.0
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
    state : RigState, optional
        What outlives this program; without one it is forgotten with the microscope.
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
        state: RigState | None = None,
        clock: Callable[[], float] = time.time,
        patience: motion.Patience = motion.REAL_TIME,
    ) -> None:
        self.rig = rig
        self.core = core
        self.state = RigState() if state is None else state
        self._newest = newest
        self._on_close = on_close
        self._clock = clock
        self.patience = patience
        self._interlock = Interlock(rig=rig, state=self.state)
        self._exposing = Exposing()
        self._stops = 0
        self._numbers = count(1)
        self._closed = False
        self._roi: camera.Region | None = None
        self.again: Again = untold

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
        raise RefusedError(
            f"the turret reads {label!r}, which is none of rig {self.rig.name!r}'s labels "
            f"{[o.label for o in self.rig.objectives]}: turn it to one of these or edit objectives in the rig file"
        )

    @answered
    def move_xy(self, x_um: float, y_um: float) -> None:
        """Move the stage and wait for rest; see `Microscope.move_xy`."""
        safety.check_xy(self.rig.limits_um, x_um, y_um)
        with self._interlock.latching():
            self._interlock.allow_xy(lambda: self.objective, lambda: motion.focus_um(self.core, self.rig.z))
            motion.move_stage(self.core, self.rig.z, x_um, y_um, self._waiting())

    @answered
    def move_z(self, z_um: float) -> None:
        """Move the focus drive and wait for rest; see `Microscope.move_z`."""
        with self._interlock.latching():
            objective, here_um = self.objective, motion.focus_um(self.core, self.rig.z)
            self._interlock.allow_z(objective, z_um, here_um=here_um)
            patience = self._waiting()
            for way_um in safety.approach(self.rig, z_um, here_um=here_um, objective=objective):
                motion.move_focus(self.core, self.rig.z, way_um, patience)

    @answered
    def expect_focus(self, z_um: float) -> None:
        """Bound `move_z` by the near margin past this Z until the nosepiece turns; see `Microscope.expect_focus`."""
        self._interlock.expect(self.objective, z_um)

    @answered
    def take_as_found(self) -> None:
        """Count where Z stands, as somebody left it, as focused by hand; once, when the microscope is opened."""
        self._interlock.found(self.objective, motion.focus_um(self.core, self.rig.z))

    def heed(self, stopped: Callable[[], bool]) -> None:
        """Let a person halt every wait from now on; see `Microscope.heed`."""
        self.patience = replace(self.patience, stopped=stopped)

    @answered
    def retract(self) -> None:
        """Move Z to `z_safe_um`, or leave it where it is farther still, and read it back; see `Microscope.retract`."""
        with self._interlock.latching():
            turret.retract(self.core, self.rig, self._waiting())

    @answered
    def select_objective(self, name: str) -> None:
        """Turn the nosepiece after retracting Z; see `Microscope.select_objective`."""
        wanted = self.rig.objective(name)
        with self._interlock.latching():
            if motion.turret_label(self.core, self.rig.nosepiece) == wanted.label:
                return
            self._interlock.allow_turn(wanted)
            self._interlock.forget()
            patience = self._waiting()
            turret.turn_retracted(self.core, self.rig, wanted.label, patience)
            motion.apply_settings(self.core, wanted.preset, patience)

    @answered
    def turn_out(self) -> None:
        """Turn the nosepiece to its empty position after retracting Z; see `Microscope.turn_out`."""
        if self.rig.nosepiece_empty == NO_POSITION:
            raise RefusedError(
                f"rig {self.rig.name!r} names no empty position of its nosepiece, and nothing has moved: write "
                "nosepiece_empty into the rig file"
            )
        with self._interlock.latching():
            self._interlock.allow_turn(None)
            self._interlock.forget()
            turret.turn_retracted(self.core, self.rig, self.rig.nosepiece_empty, self._waiting())

    def _waiting(self) -> motion.Patience:
        """Return the patience of one call: it also ends when anybody calls `stop`, and tells of second tries."""
        stops, heeded = self._stops, self.patience.stopped
        settle_s = {axis: self.rig.settle_ms.get(axis, 0.0) / MS_PER_S for axis in ("xy", "z")}
        return replace(
            self.patience,
            stopped=lambda: heeded() or self._stops != stops,
            again=self.again,
            settle_xy_s=settle_s["xy"],
            settle_z_s=settle_s["z"],
        )

    @answered
    def snap(self, exposure_ms: float) -> Frame:
        """Expose one frame at rest; see `Microscope.snap`."""
        with self._interlock.latching():
            image = self._exposing.image(self.core, exposure_ms, self._waiting())
        frame = self.frame_of(image)
        if self.rig.source.kind != "demo":  # whose picture is the same everywhere
            self._exposing.refuse_repeated(frame)
        return frame

    def frame_of(self, image: Any) -> Frame:
        """Make a frame of what the core's camera just gave, with where everything stands now."""
        try:
            pixels = camera.colours(self.core, image, bayer=self.rig.camera.bayer)
        except PixelError as error:
            raise CameraError(str(error)) from error
        bits = min(int(self.core.get_image_bit_depth()), 8 * pixels.itemsize)
        self._roi = camera.region(self.core)
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
            roi=self._roi,
            simulated=self.rig.source.kind in ("simulated", "demo"),
        )

    @answered
    def restart_camera(self) -> None:
        """Stop the camera and set up again what it was set to; see `Microscope.restart_camera`."""
        if self._exposing.hangs:
            raise HangingError("the camera hangs since an earlier snap: switch it off and on, and restart")
        roi = self._roi or camera.region(self.core)
        restart(self.core, self.rig.camera.lock, roi=roi, exposure_ms=float(self.core.get_exposure()))

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
        """Halt all axes at once; idempotent, from any thread; nothing once the core was let go."""
        if self._closed:
            return
        self._stops += 1  # first: the call that is waiting must not take the halt for a move that missed
        failed = []
        for device in (*self.rig.z.devices, ""):
            try:
                self.core.stop(device or self.core.get_xy_stage_device())
            except Exception as error:  # the other axis is halted all the same
                failed.append(f"{device or 'the stage'} ({error})")
        if failed:
            says = f"{' and '.join(failed)} could not be halted: use the switch of the stand"
            self.state.latch(says)
            raise DeviceError(says)

    def close(self) -> None:
        """Stop the camera and let the core go; idempotent."""
        if self._closed:
            return
        self._closed = True
        self._exposing.end(CLOSE_S)
        if self._exposing.hangs:  # any call would wait for the one that does not come back
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
