"""The one capture loop: all sites with the first objective, then with the next, each stack on disk at once."""

import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from acquire.captureresult import CaptureResult, State, result_of
from acquire.conditions import Conditions
from acquire.control import Control
from acquire.errors import (
    AcquireError,
    BrokenOffError,
    DeviceError,
    HaltedError,
    MicroscopeError,
    SuspendedError,
)
from acquire.focusing import begin_focusing
from acquire.judging import Judging
from acquire.lampround import LampRound
from acquire.microscope import Microscope
from acquire.oversight import Oversight, Progress
from acquire.plan import Visit
from acquire.reregister import Reregistering
from acquire.runcheck import check_run, lost_axes
from acquire.runfolder import RunFolder
from acquire.shooting import Shooting, TruthKeeper
from acquire.sitework import Seen, SiteWork, unseen
from acquire.slide import Confirm, slide_allows
from acquire.steptimes import StepTimes
from acquire.storing import Storing
from acquire.suspend import Suspenders
from calibration.errors import CalibrationError


@dataclass(slots=True, kw_only=True, eq=False)
class Scan:
    """One capture of one run; `capture` it once.

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
    control : Control
        The wishes of a person, from any thread.
    attended : bool
        Whether somebody can take a pause back, as in a window; else a paused run ends, and the same capture goes on.
    seen : callable
        Shown each stored stack; it must return at once.
    times : StepTimes
        What earlier runs on the rig measured, for the time left.
    refocused : bool
        A person's word that a lens stands focused by hand on the last site it captured: asked for where positions have
        died with the power.
    """

    microscope: Microscope
    run: RunFolder
    confirm: Confirm
    progress: Progress
    truth: TruthKeeper | None = None
    control: Control = field(default_factory=Control)
    attended: bool = False
    seen: Seen = unseen
    times: StepTimes = field(default_factory=StepTimes)
    refocused: bool = False

    def capture(self) -> CaptureResult:
        """Capture all that is missing.

        Returns
        -------
        CaptureResult
            Of the whole run; the same call goes on where this one ended.

        Raises
        ------
        LimitError
            When a target is outside the limits; nothing has moved.
        PlanError
            When a dry objective would have to visit a slide that is not dry, or the run was begun earlier, the rig's
            positions die with its power, and nobody has focused anew.
        MicroscopeError
            When the focus is not known yet and another than the first objective stands in the light path; nothing has
            moved.
        AcquireError
            When a failure is not one that the plan's policies retry, skip or suspend; what was stored stays stored.
        """
        began_s = time.monotonic()
        visits = list(self.run.plan.visits(self.run.rig, self.run.calibration))
        check_run(self.run, visits)
        self.microscope.heed(self.control.stopped)
        oversight = Oversight(run=self.run, visits=visits, progress=self.progress, times=self.times)
        self.microscope.again = oversight.again
        with oversight:
            state, says = self._ended(visits, oversight)
            if state in ("paused", "suspended"):
                self._tidy(oversight)
            oversight.note(state, says=says)
            oversight.says(state, says)
        return result_of(self.run, visits, state=state, says=says, seconds=time.monotonic() - began_s)

    def _ended(self, visits: Sequence[Visit], oversight: Oversight) -> tuple[State, str]:
        """Capture, and say how it ended."""
        try:
            came_back = self._come_back(visits, oversight)
            judge = self._judge(visits, oversight)
            if came_back:
                judge.doubt()
            oversight.note("began", visits=len(visits))
            return self._passes(visits, judge, oversight)
        except SuspendedError as error:
            return "suspended", str(error)
        except HaltedError as error:
            return "aborted", str(error)
        except BrokenOffError as error:
            return "paused", str(error)
        except KeyboardInterrupt:
            self._halt(oversight)
            return "paused", "stopped by hand"
        except (AcquireError, CalibrationError) as error:
            oversight.note("failed", says=str(error))
            self._halt(oversight)
            oversight.says("aborted", str(error))
            raise

    def _come_back(self, visits: Sequence[Visit], oversight: Oversight) -> bool:
        """Go on in the coordinates that the run was begun in, where the devices have forgotten them."""
        axes = lost_axes(self.run, visits)
        if axes:
            self.microscope = Reregistering(
                microscope=self.microscope,
                run=self.run,
                visits=visits,
                axes=axes,
                confirm=self.confirm,
                progress=partial(_searching, oversight),
                poll=self.control.between_planes,
            ).done(refocused=self.refocused)
        return bool(axes)

    def _judge(self, visits: Sequence[Visit], oversight: Oversight) -> Judging:
        return Judging(
            finder=begin_focusing(self.microscope, self.run, between=self._between),
            visits=visits,
            control=self.control,
            searching=partial(_searching, oversight),
            resumed=bool(self.run.stored),
        )

    def _passes(self, visits: Sequence[Visit], judge: Judging, oversight: Oversight) -> tuple[State, str]:
        self._write_truth(self.run.stored)  # of what was stored when the run was broken off
        shooting = Shooting(microscope=self.microscope, control=self.control, oversight=oversight, truth=self.truth)
        conditions = Conditions(run=self.run, visits=visits, drift=judge.drift, control=self.control)
        with Storing() as storing:
            work = SiteWork(
                run=self.run,
                shooting=shooting,
                judge=judge,
                oversight=oversight,
                control=self.control,
                suspenders=self._suspenders(conditions, judge, oversight),
                storing=storing,
                seen=self.seen,
            )
            for name in self.run.objectives:
                pending = [v for v in visits if v.objective == name and not self.run.has(v.site, name)]
                left = self._pass(name, pending, judge, work, conditions) if pending else None
                if left is not None:
                    work.close()
                    return left
        return "finished", ""

    def _pass(
        self, name: str, pending: list[Visit], judge: Judging, work: SiteWork, conditions: Conditions
    ) -> tuple[State, str] | None:
        """Make the visits of one objective; say how the capture ended if it is not to go on."""
        objective = self.run.rig.objective(name)
        if not slide_allows(objective, microscope=self.microscope, run=self.run, confirm=self.confirm):
            return "paused", f"the slide was not ready for {name}"
        work.prepare(pending[0], lambda: self._begin(name, pending, judge, work.oversight))
        queue = deque(pending)
        conditions.lamp = lamp = self._lamp(queue, judge, work)
        work.prepare(pending[0], lamp.begin)
        while queue:
            if not self._goes(queue[0], lamp, work):
                return self._left()
            self._make_next(queue, lamp, work)
        return None

    def _lamp(self, queue: deque[Visit], judge: Judging, work: SiteWork) -> LampRound:
        return LampRound(
            microscope=self.microscope,
            run=self.run,
            queue=queue,
            settle=work.settle,
            focus=judge.expected_um,
            sleep=self._wait,
        )

    def _make_next(self, queue: deque[Visit], lamp: LampRound, work: SiteWork) -> None:
        """Make one visit; after the last one the lamp may put some back that were taken in other light."""
        visit = queue.popleft()
        if work.make(visit) == "stored":
            lamp.took(visit)
        if self.truth is not None or not queue:
            work.settle()
        if not queue:
            work.prepare(visit, partial(lamp.finish, visit))
        self._write_truth([(visit.site, visit.objective)])

    def _goes(self, visit: Visit, lamp: LampRound, work: SiteWork) -> bool:
        """Wait as long as anything asks for it, a look at the lamp included; False to leave the run."""
        while work.suspenders.hold(self.control):
            if not lamp.due:
                return True
            work.prepare(visit, lamp.look)
        return False

    def _begin(self, name: str, pending: Sequence[Visit], judge: Judging, oversight: Oversight) -> None:
        with self.times.turning(name, exposure_ms=pending[0].exposure_ms), oversight.call("autofocus"):
            judge.begin(name, pending)

    def _between(self) -> None:
        """Hear the person between the planes of a sweep, and measure these."""
        self.control.between_planes()
        self.times.plane()

    def _wait(self, seconds: float) -> None:
        """Wait for a lamp as long as nobody wishes otherwise."""
        self.control.wait(seconds)
        self.control.between_planes()

    def _left(self) -> tuple[State, str]:
        if self.control.goes:
            return "suspended", "what was waited for did not come in time"
        return ("aborted" if self.control.stopped() else "paused"), self.control.says

    def _suspenders(self, conditions: Conditions, judge: Judging, oversight: Oversight) -> Suspenders:
        return Suspenders(
            conditions=conditions.watched(),
            note=oversight.note,
            before=lambda: self._tidy(oversight),
            after=judge.doubt,
            told=lambda says: oversight.says("suspended", says),
            attended=self.attended,
            longest_s=self.run.plan.suspend.longest_s,
        )

    def _write_truth(self, stored: Iterable[tuple[str, str]]) -> None:
        """Write the truth of the fields among these whose stacks are all on disk."""
        if self.truth is None:
            return
        first, *later = self.run.objectives
        for site, name in tuple(stored):
            partner = self.run.partner(site, name)
            if name != first and self.run.has(partner, first) and all(self.run.has(site, one) for one in later):
                self.truth.write(site, partner=partner)

    def _tidy(self, oversight: Oversight) -> None:
        """Leave the lens retracted for whoever comes; what kept it from that is told."""
        try:
            self.microscope.retract()
        except MicroscopeError as error:
            oversight.note("not_retracted", says=str(error))

    def _halt(self, oversight: Oversight) -> None:
        """Stop what may still be moving; the failure that led here is the one to be told."""
        try:
            self.microscope.stop()
        except DeviceError as error:
            oversight.note("not_halted", says=str(error))


def _searching(oversight: Oversight, looks: int, most: int, says: str) -> None:
    oversight.searching(f"{says} ({looks} looks, at most {most})")
