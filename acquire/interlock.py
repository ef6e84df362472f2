"""Interlock: what one microscope may do now, from its rig, its state and the focus of the lens in place."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from acquire import safety
from acquire.errors import DeviceError, HangingError, InterlockError, RefusedError
from acquire.rigstate import RigState
from calibration.optics import Objective, Rig

HOMED = "homed"
"""Of an axis whose positions mean the same after the power was off."""


@dataclass(slots=True, kw_only=True, eq=False)
class Interlock:
    """Stands between the calls of one microscope and its motions; it moves nothing itself.

    Parameters
    ----------
    rig : Rig
        Limits, margins and the direction of the slide.
    state : RigState
        Latch and slide; asked anew at every motion.
    """

    rig: Rig
    state: RigState
    _focus: tuple[str, float] | None = field(default=None, init=False)

    def found(self, objective: Objective, z_um: float) -> None:
        """Take what stands in place when the microscope is opened: its Z counts as focused by hand.

        After a session that was not closed it may have been left anywhere; then the last focus that was verified in
        pictures counts where that is farther. An immersion lens found near the slide stands in its oil.

        Parameters
        ----------
        objective : Objective
            In place.
        z_um : float
            As read.
        """
        record = self.state.record
        verified = record.foci.get(objective.name)
        homed = self.rig.reference.get("z", HOMED) == HOMED
        if record.doubt and homed and verified is not None and self.rig.z.nearer(z_um, verified.z_um):
            z_um = verified.z_um
        self.expect(objective, z_um)
        if objective.wet and not safety.retracted(self.rig, z_um):
            self.state.oiled()

    def expect(self, objective: Objective, z_um: float) -> None:
        """Let this lens go as near as its margin past a focus, as long as it stays in place."""
        self._focus = objective.name, z_um

    def forget(self) -> None:
        """Forget the focus: the nosepiece is about to turn."""
        self._focus = None

    def allow_xy(self, objective: Callable[[], Objective], z_um: Callable[[], float]) -> None:
        """Refuse to drive the stage under a dry lens that stands nearer than `z_safe_um` over a wet slide.

        Parameters
        ----------
        objective, z_um : callable
            Read what is in place, and where; asked only when the slide is wet.

        Raises
        ------
        RefusedError
            Then, or when nobody knows what is in place.
        """
        if self.state.record.lies_wet and not safety.retracted(self.rig, z_um()):
            safety.check_dry(self.state.record, objective())

    def allow_z(self, objective: Objective, z_um: float, *, here_um: float) -> None:
        """Refuse a target of the focus drive that breaks a rule; an immersion lens that nears the slide oils it.

        Raises
        ------
        LimitError
            When the target is outside the limits, past the near margin, or nearer while no focus is known.
        RefusedError
            When it is nearer and the latch is set, or a dry lens would near a wet slide.
        """
        focus_um = self._focus_um(objective)
        safety.check_z(self.rig, z_um, focus_um=focus_um, objective=objective.name)
        if not self.rig.z.nearer(z_um, here_um):
            return
        safety.check_latch(self.state.record)
        safety.check_dry(self.state.record, objective)
        if focus_um is None:
            safety.check_nearing(self.rig, z_um, here_um=here_um, objective=objective.name)
        if objective.wet:
            self.state.oiled()

    def allow_turn(self, objective: Objective | None) -> None:
        """Refuse to turn the nosepiece to an objective, or to an empty position when it is None.

        Raises
        ------
        RefusedError
            When the latch is set, or the objective is dry and the slide is not.
        """
        safety.check_latch(self.state.record)
        if objective is not None:
            safety.check_dry(self.state.record, objective)

    @contextmanager
    def latching(self) -> Iterator[None]:
        """Set the latch when a motion in this context fails; a refusal or a halt by hand is no failure."""
        try:
            yield
        except RefusedError:
            raise
        except (DeviceError, HangingError, InterlockError) as error:
            self.state.latch(str(error))
            raise

    def _focus_um(self, objective: Objective) -> float | None:
        if self._focus is None or self._focus[0] != objective.name:
            return None
        return self._focus[1]
