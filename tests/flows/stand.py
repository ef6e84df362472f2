"""A stand that outlives the programs that drive it: every device call is seen at the wire and judged by what is true.

What is true is read from the real core behind all that fails and lies, and from the person at the stand; nothing here
asks the program under test what it believes.
"""

import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import numpy as np

from acquire.errors import DeviceError, HangingError, InterlockError, MicroscopeError, RefusedError
from acquire.micromanager import MicroManagerMicroscope
from acquire.motion import Patience
from acquire.open import open_microscope
from acquire.rigstate import RigState
from acquire.simulated.core import SimulatedCore
from acquire.simulated.failing import FailingCore
from acquire.simulated.failures import Failures
from tests.acquire.rigs import small_rig

SIDE_PX = 32
MOMENT_S = 0.0005
Z_SAFE_TOLERANCE_UM = 1.0
READ_UM = 0.02
"""What the demo's drives are off their target at rest."""
RULES = ("turned while near", "outside limits or margin", "nearer after a failure", "dry over oil")


@contextmanager
def real_core():
    """The devices of the simulated rig, without what simulates, fails or decides."""
    with open_microscope(small_rig(size_px=(SIDE_PX, SIDE_PX), specimen={"kind": "empty"})) as microscope:
        yield microscope.core._core._core


class Killed(BaseException):
    """The end of a program at one of its calls: nothing of it runs any more, and it closes nothing."""


class VirtualTime:
    """A clock that only sleeping moves; the real devices get a moment of real time at each."""

    def __init__(self):
        self.seconds = 0.0

    def sleep(self, seconds):
        self.seconds += seconds
        time.sleep(min(seconds, MOMENT_S))

    def clock(self):
        return self.seconds


@dataclass
class Truth:
    """What is true of the stand, whoever drives it."""

    wet: bool = False
    failed: bool = False
    focus_um: float = 0.0
    alive: bool = True
    calls: int = 0
    last_call: int | None = None
    broken: list[tuple[str, str]] = field(default_factory=list)


class Wire:
    """Between a program and the devices: sees each call, judges it, and is where a program dies.

    Parameters
    ----------
    core
        That fails as it was told to.
    real
        Behind it.
    rig : Rig
        Gives limits, margins and the direction of the slide.
    truth : Truth
        Of the stand.
    """

    def __init__(self, core, real, rig, truth):
        self._core, self._real, self._rig, self._truth = core, real, rig, truth

    def __getattr__(self, name):
        found = getattr(self._core, name)
        if not callable(found):
            return found

        def call(*arguments):
            self._count()
            return found(*arguments)

        return call

    def set_position(self, drive, z_um):
        self._count()
        limits, lens = self._rig.limits_um.z, self._lens()
        if not limits[0] <= z_um <= limits[1]:
            self._breaks(1, f"z {z_um}")
        margin_um = lens.near_margin_um if lens else 0.0
        if self._nearer(z_um, self._truth.focus_um + self._rig.z.toward_slide * margin_um):
            self._breaks(1, f"z {z_um} with {lens}, focus {self._truth.focus_um}")
        if self._nearer(z_um, self._z_um()):
            if self._truth.failed:
                self._breaks(2, f"z from {self._z_um()} to {z_um}")
            if self._truth.wet and (lens is None or not lens.wet):
                self._breaks(3, f"z to {z_um} with {lens}")
        self._core.set_position(drive, z_um)

    def set_xy_position(self, stage, x_um, y_um):
        self._count()
        limits = self._rig.limits_um
        if not (limits.x[0] <= x_um <= limits.x[1] and limits.y[0] <= y_um <= limits.y[1]):
            self._breaks(1, f"stage to ({x_um}, {y_um})")
        lens = self._lens()
        if self._truth.wet and (lens is None or not lens.wet) and not self._retracted():
            self._breaks(3, f"stage to ({x_um}, {y_um}) with {lens} at z {self._z_um()}")
        self._core.set_xy_position(stage, x_um, y_um)

    def set_property(self, device, name, value):
        self._count()
        if device == self._rig.nosepiece and name == "Label" and value != self._real.get_state_label(device):
            if not self._retracted():
                self._breaks(0, f"to {value} at z {self._z_um()}")
            if self._truth.failed:
                self._breaks(2, f"the nosepiece turned to {value}")
            if self._truth.wet and not next(o for o in self._rig.objectives if o.label == value).wet:
                self._breaks(3, f"turned to {value}")
        self._core.set_property(device, name, value)

    def _count(self):
        if not self._truth.alive:
            raise Killed
        self._truth.calls += 1
        if self._truth.calls == self._truth.last_call:
            self._truth.alive = False
            raise Killed

    def _breaks(self, rule, says):
        self._truth.broken.append((RULES[rule], says))

    def _nearer(self, z_um, than_um):
        return (z_um - than_um) * self._rig.z.toward_slide > READ_UM

    def _z_um(self):
        return self._real.get_position(self._rig.z.device)

    def _retracted(self):
        return not self._nearer(self._z_um(), self._rig.z_safe_um + self._rig.z.toward_slide * Z_SAFE_TOLERANCE_UM)

    def _lens(self):
        label = self._real.get_state_label(self._rig.nosepiece)
        return next((o for o in self._rig.objectives if o.label == label), None)


class MortalState(RigState):
    """A state that a dead program writes no more."""

    truth = None

    def _change(self, **changes):
        if self.truth is not None and not self.truth.alive:
            raise Killed
        super()._change(**changes)


class Watched(MicroManagerMicroscope):
    """A microscope whose failed motions are noted where they leave it, whatever it notes itself."""

    truth = None

    def _noted(self, motion, *arguments):
        try:
            return motion(*arguments)
        except RefusedError:
            raise
        except (DeviceError, InterlockError, HangingError):
            self.truth.failed = True
            raise

    def move_xy(self, x_um, y_um):
        return self._noted(super().move_xy, x_um, y_um)

    def move_z(self, z_um):
        return self._noted(super().move_z, z_um)

    def retract(self):
        return self._noted(super().retract)

    def select_objective(self, name):
        return self._noted(super().select_objective, name)

    def snap(self, exposure_ms):
        try:
            return super().snap(exposure_ms)
        except HangingError:
            self.truth.failed = True
            raise


class Stand:
    """The devices of one rig and the slide on them, through any number of programs.

    Parameters
    ----------
    real
        An in-process core with the simulated configuration.
    rig : Rig
        That it is.
    state_path : Path
        Where programs keep what they know of it.
    """

    def __init__(self, real, rig, state_path):
        self.real, self.rig, self.state_path = real, rig, state_path
        self.truth = Truth()
        self.time = VirtualTime()
        self.simulated = SimulatedCore(real, rig, clock=self.time.clock)
        self.failing = None
        self._reset()

    def program(self, failures: Failures, *, last_call=None):
        """Start a program: it finds the stand as the last one left it, and may die at a call."""
        self.failing = FailingCore(self.simulated, self.rig, failures, sleep=self.time.sleep)
        self._rest()
        z_um, toward = self.real.get_position(self.rig.z.device), self.rig.z.toward_slide
        self.truth.focus_um = toward * max(toward * z_um, toward * self.truth.focus_um)
        self.truth.alive, self.truth.calls, self.truth.last_call = True, 0, last_call
        state = MortalState(self.state_path)
        state.truth = self.truth
        state.opened()
        microscope = Watched(
            rig=self.rig,
            core=Wire(self.failing, self.real, self.rig, self.truth),
            newest=lambda: (_ for _ in ()).throw(IndexError),
            on_close=lambda: None,
            state=state,
            patience=Patience(clock=self.time.clock, sleep=self.time.sleep),
        )
        microscope.truth = self.truth
        with suppress(MicroscopeError):
            microscope.take_as_found()
        return microscope

    def end(self, microscope):
        """Close a program that is still alive."""
        if self.truth.alive:
            microscope.state.closed()
        self.failing.release()

    def _reset(self):
        self.real.set_position(self.rig.z.device, 0.0)
        self.real.set_property(self.rig.nosepiece, "Label", self.rig.objectives[0].label)
        self.real.set_xy_position(self.real.get_xy_stage_device(), *np.array([500.0, 500.0]))
        self._rest()

    def _rest(self):
        for device in (self.rig.z.device, self.rig.nosepiece, self.real.get_xy_stage_device()):
            self.real.wait_for_device(device)
