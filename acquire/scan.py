"""The one capture loop: all sites with the first objective, then with the next, each stack on disk at once."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from acquire.autofocus import approach_z
from acquire.errors import AcquireError, CameraError, DeviceError, LimitError, PlanError
from acquire.focusing import FocusFinder, begin_focusing
from acquire.frame import Frame
from acquire.microscope import Microscope
from acquire.motion import XY_TOLERANCE_UM
from acquire.plan import Visit
from acquire.retake import take
from acquire.runfolder import RunFolder
from acquire.safety import check_xy, check_z
from acquire.slide import Confirm, slide_allows
from calibration.errors import CalibrationError

POWER_ON = "power_on"
POSITIONED = ("focus", "stored")
"""Events of the journal that hold positions to come back to."""

State = Literal["finished", "paused"]
Progress = Callable[[int, int, str], None]
"""Told how many visits are stored, of how many, and what was done last."""


class TruthKeeper(Protocol):
    """Writes down what a simulated microscope truly did."""

    def observe(self, site: str, objective: str, index: int) -> None:
        """Take note of the plane just exposed."""
        ...

    def keep(self, site: str, objective: str) -> None:
        """Put what was noted of a stack on disk, before the stack itself is stored."""
        ...

    def write(self, site: str) -> None:
        """Put the truth of a site on disk, once all its stacks are stored; does nothing when it is there."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureResult:
    """Counts of (site, objective) visits over the whole run, earlier sessions included."""

    sites: int
    done: int
    skipped: int
    flagged: int
    state: State
    seconds: float


@dataclass(slots=True, kw_only=True, eq=False)
class Scan:
    """One capture of one run; `run` it once.

    Parameters
    ----------
    microscope : Microscope
        Focused on the slide by hand when the run is new.
    run : RunFolder
        New, or begun earlier with the same plan: what it has is not captured again.
    confirm : callable
        Asked before oil goes on the slide; returning False pauses the run.
    progress : Progress
        Told about each stored visit.
    truth : TruthKeeper, optional
        Only on the simulated rig.
    """

    microscope: Microscope
    run: RunFolder
    confirm: Confirm
    progress: Progress
    truth: TruthKeeper | None = None

    def capture(self) -> CaptureResult:
        """Capture all that is missing.

        Returns
        -------
        CaptureResult
            ``paused`` when the oil was not confirmed or the person interrupted; the same call goes on from there.

        Raises
        ------
        LimitError
            When a target is outside the limits; nothing has moved.
        PlanError
            When a dry objective would have to visit a slide that this run has oiled already, or the run was begun
            earlier and the rig's positions die with its power.
        MicroscopeError
            When the focus is not known yet and another than the first objective stands in the light path; nothing has
            moved.
        AcquireError
            When a device fails; what was stored stays stored.
        """
        start = time.monotonic()
        visits = list(self.run.plan.visits(self.run.rig, self.run.calibration))
        self._check(visits)
        finder = begin_focusing(self.microscope, self.run)
        state: State = "finished"
        self.run.journal.append(event="began", time_s=time.time(), visits=len(visits))
        try:
            self._write_truth(self.run.sites())  # of what was stored when the run was broken off
            for name in self.run.objectives:
                pending = [v for v in visits if v.objective == name and not self.run.has(v.site, name)]
                if pending and not self._pass(name, pending, visits, finder):
                    state = "paused"
                    break
        except KeyboardInterrupt:
            self._halt()
            state = "paused"
        except (AcquireError, CalibrationError) as error:
            self.run.journal.append(event="failed", time_s=time.time(), says=str(error))
            self._halt()
            raise
        self.run.journal.append(event=state, time_s=time.time())
        return self._result(visits, state, time.monotonic() - start)

    def _write_truth(self, sites: Sequence[str]) -> None:
        for site in sites:
            if self.truth is not None and all(self.run.has(site, name) for name in self.run.objectives):
                self.truth.write(site)

    def _halt(self) -> None:
        """Stop what may still be moving; the failure that led here is the one to be told."""
        try:
            self.microscope.stop()
        except DeviceError as error:
            self.run.journal.append(event="not_halted", time_s=time.time(), says=str(error))

    def _check(self, visits: Sequence[Visit]) -> None:
        missing = [visit for visit in visits if not self.run.has(visit.site, visit.objective)]
        dying = [axis for axis, kind in self.run.rig.reference.items() if kind == POWER_ON]
        if missing and dying and any(event.get("event") in POSITIONED for event in self.run.journal.events()):
            raise PlanError(
                f"{self.run.path} was begun earlier and rig {self.run.rig.name!r} counts {' and '.join(dying)} from "
                "power on, so its focus and positions may mean other places by now: focus by hand and capture into a "
                "new folder"
            )
        outside = []
        for visit in visits:
            try:
                check_xy(self.run.rig.limits_um, visit.x_um, visit.y_um)
            except LimitError as error:
                outside.append(f"site {visit.site} with {visit.objective}: {error}")
        if outside:
            more = f" (and {len(outside) - 1} more)" if len(outside) > 1 else ""
            raise LimitError(f"{outside[0]}{more}")

    def _pass(self, name: str, pending: Sequence[Visit], visits: Sequence[Visit], finder: FocusFinder) -> bool:
        objective = self.run.rig.objective(name)
        if not slide_allows(objective, microscope=self.microscope, run=self.run, confirm=self.confirm):
            return False
        surface = finder.surface([v for v in visits if v.objective == self.run.objectives[0]])
        self.microscope.select_objective(name)
        first_um = surface.at(*self._reference_xy(pending[0], visits)) + pending[0].z_offset_um
        self.microscope.expect_focus(first_um)
        extra_um = finder.recheck(pending, surface) if name != self.run.objectives[0] else 0.0
        for visit in pending:
            z_um = surface.at(*self._reference_xy(visit, visits)) + visit.z_offset_um + extra_um
            self._visit(visit, z_um)
            self.progress(len(self.run.stored), len(visits), f"site {visit.site} with {name}")
        return True

    def _visit(self, visit: Visit, z_um: float) -> None:
        depths = [z_um + offset_um for offset_um in visit.stack.offsets_um()]
        for depth_um in depths:
            check_z(self.run.rig, depth_um)
        self.microscope.move_xy(visit.x_um, visit.y_um)
        if self.run.rig.z.toward_slide < 0:
            depths.reverse()
        approach_z(self.microscope, depths[0])
        planes = []
        for index, depth_um in enumerate(depths):
            self.microscope.move_z(depth_um)
            planes.append(self._snap(visit.exposure_ms))
            _check_place(visit, planes[-1])
            if self.truth is not None:
                self.truth.observe(visit.site, visit.objective, index)
        if self.truth is not None:
            self.truth.keep(visit.site, visit.objective)
        self.run.write(visit.site, visit.objective, planes)
        self._write_truth([visit.site])

    def _snap(self, exposure_ms: float) -> Frame:
        def lost(error: CameraError) -> None:
            self.run.journal.append(event="retried", time_s=time.time(), says=str(error))

        return take(self.microscope, exposure_ms, lost=lost)

    def _reference_xy(self, visit: Visit, visits: Sequence[Visit]) -> tuple[float, float]:
        first = next(v for v in visits if v.site == visit.site)
        return first.x_um, first.y_um

    def _result(self, visits: Sequence[Visit], state: State, seconds: float) -> CaptureResult:
        done = sum(self.run.has(v.site, v.objective) for v in visits)
        flagged = {(e["site"], e["objective"]) for e in self.run.journal.events() if e.get("event") == "focus_failed"}
        return CaptureResult(
            sites=len(visits), done=done, skipped=0, flagged=len(flagged), state=state, seconds=round(seconds, 2)
        )


def _check_place(visit: Visit, frame: Frame) -> None:
    """Refuse a frame that was taken elsewhere than it was meant: somebody moved the stage."""
    x_um, y_um, _ = frame.position
    if max(abs(x_um - visit.x_um), abs(y_um - visit.y_um)) > XY_TOLERANCE_UM:
        raise DeviceError(
            f"site {visit.site} lies at ({visit.x_um:.2f}, {visit.y_um:.2f}) µm and its frame was taken at "
            f"({x_um:.2f}, {y_um:.2f}): somebody or something moved the stage; let go of it and capture again"
        )
