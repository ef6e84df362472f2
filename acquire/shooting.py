"""The stack of one visit: the stage there, Z from the far side, plane after plane, each where it was meant."""

from dataclasses import dataclass, replace
from typing import Protocol

from acquire.autofocus import approach_z
from acquire.control import Control
from acquire.errors import MisplacedError
from acquire.frame import Frame
from acquire.microscope import Microscope
from acquire.motion import XY_TOLERANCE_UM
from acquire.oversight import Oversight
from acquire.plan import Visit
from acquire.retake import take
from acquire.safety import check_z
from acquire.steptimes import Step

WIDER_PLANES = 4
"""Added to either side when a stack did not hold its focus: 1.6 µm more at 0.4 µm, twice the stack's own reach."""


class TruthKeeper(Protocol):
    """Writes down what a simulated microscope truly did."""

    def observe(self, site: str, objective: str, index: int) -> None:
        """Take note of the plane just exposed."""
        ...

    def keep(self, site: str, objective: str) -> None:
        """Put what was noted of a stack on disk, before the stack itself is stored."""
        ...

    def write(self, site: str, *, partner: str | None = None) -> None:
        """Put the truth of a field on disk, once it and its partner's stack are stored; nothing when it is there."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shooting:
    """Takes the stacks of one run.

    Parameters
    ----------
    microscope : Microscope
        With the objective of the visit in place.
    control : Control
        Asked before every move and exposure.
    oversight : Oversight
        Measures and watches the steps.
    truth : TruthKeeper, optional
        Only on the simulated rig.
    """

    microscope: Microscope
    control: Control
    oversight: Oversight
    truth: TruthKeeper | None = None

    def stack(self, visit: Visit, z_um: float) -> list[Frame]:
        """Take the planes of a visit about a focus.

        Parameters
        ----------
        visit : Visit
            Where, and how deep a stack.
        z_um : float
            Z of its middle.

        Returns
        -------
        list of Frame
            Towards the slide, plane after plane.

        Raises
        ------
        LimitError
            When a plane lies outside the limits; nothing has moved.
        DeviceError
            When a device fails.
        MisplacedError
            When a frame was taken elsewhere than it was meant.
        CameraError
            When a frame did not come, however often it was asked for.
        HaltedError
            After an emergency stop.
        """
        depths = self._depths_um(visit, z_um)
        self._go(visit, depths)
        planes = []
        for index, depth_um in enumerate(depths):
            planes.append(self._plane(visit, depth_um, "further" if index else "first"))
            if self.truth is not None:
                self.truth.observe(visit.site, visit.objective, index)
        return planes

    def wider(self, visit: Visit, z_um: float) -> list[Frame]:
        """Take more planes than the visit has, to see where its focus lies; arguments and errors as `stack`."""
        planes = replace(visit.stack, planes=visit.stack.planes + 2 * WIDER_PLANES)
        wide = replace(visit, stack=planes)
        depths = self._depths_um(wide, z_um)
        self._go(wide, depths)
        return [self._plane(wide, depth_um, "further") for depth_um in depths]

    def _depths_um(self, visit: Visit, z_um: float) -> list[float]:
        depths = [z_um + offset_um for offset_um in visit.stack.offsets_um()]
        for depth_um in depths:
            check_z(self.microscope.rig, depth_um)
        return depths if self.microscope.rig.z.toward_slide > 0 else depths[::-1]

    def _go(self, visit: Visit, depths: list[float]) -> None:
        with self.oversight.call("move", "place"):
            self.control.check()
            self.microscope.move_xy(visit.x_um, visit.y_um)
            self.control.check()
            approach_z(self.microscope, depths[0])

    def _plane(self, visit: Visit, z_um: float, step: Step) -> Frame:
        with self.oversight.call("snap", step):
            self.control.check()
            self.microscope.move_z(z_um)
            frame = take(self.microscope, visit.exposure_ms)
        _check_place(visit, frame)
        return frame


def _check_place(visit: Visit, frame: Frame) -> None:
    """Refuse a frame that was taken elsewhere than it was meant: somebody moved the stage."""
    x_um, y_um, _ = frame.position
    if max(abs(x_um - visit.x_um), abs(y_um - visit.y_um)) > XY_TOLERANCE_UM:
        raise MisplacedError(
            f"site {visit.site} lies at ({visit.x_um:.2f}, {visit.y_um:.2f}) µm and its frame was taken at "
            f"({x_um:.2f}, {y_um:.2f}): somebody or something moved the stage; let go of it and capture again"
        )
