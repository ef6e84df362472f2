"""The one capture loop: all sites with the first objective, then with the next, each stack on disk at once."""

import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

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
from acquire.runcheck import check_run
from acquire.runfolder import RunFolder
from acquire.shooting import Shooting, TruthKeeper
from acquire.sitework import Seen, SiteWork, unseen
from acquire.slide import Confirm, slide_allows
from acquire.steptimes import StepTimes
from acquire.storing import Storing
from acquire.suspend import Suspenders
from calibration.errors import CalibrationError

BYTES_PER_PIXEL = 6
"""Of three colours of 16 bits: the most that a camera gives."""

State = Literal["finished", "paused", "suspended", "aborted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureResult:
    """Counts of (site, objective) visits over the whole run, earlier sessions included.

    Parameters
    ----------
    sites, done, skipped, flagged : int
        All visits, those stored, those left out after a failure, and those stored with something wrong.
    state : str
        ``paused`` when a person wished it or did not confirm the oil; ``suspended`` when something must be seen to;
        ``aborted`` after an emergency stop. The same capture goes on from any of them.
    seconds : float
        That this session took.
    says : str
        Why it is not finished.
    """

    sites: int
    done: int
    skipped: int
    flagged: int
    state: State
    seconds: float
    says: str = ""


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
            When a dry objective would have to visit a slide that is not dry, or the run was begun earlier and the
            rig's positions die with its power.
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
        finder = begin_focusing(self.microscope, self.run, between=self._between)
        judge = Judging(
            finder=finder,
            visits=visits,
            control=self.control,
            searching=lambda looks, most, says: oversight.searching(f"{says} ({looks} looks, at most {most})"),
            resumed=bool(self.run.stored),
        )
        oversight.note("began", visits=len(visits))
        with oversight:
            state, says = self._ended(visits, judge, oversight)
            if state in ("paused", "suspended"):
                self._tidy(oversight)
            oversight.note(state, says=says)
            oversight.says(state, says)
        return self._result(visits, state, says, time.monotonic() - began_s)

    def _ended(self, visits: Sequence[Visit], judge: Judging, oversight: Oversight) -> tuple[State, str]:
        """Capture, and say how it ended."""
        try:
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

    def _passes(self, visits: Sequence[Visit], judge: Judging, oversight: Oversight) -> tuple[State, str]:
        self._write_truth(self.run.stored)  # of what was stored when the run was broken off
        shooting = Shooting(microscope=self.microscope, control=self.control, oversight=oversight, truth=self.truth)
        with Storing() as storing:
            work = SiteWork(
                run=self.run,
                shooting=shooting,
                judge=judge,
                oversight=oversight,
                control=self.control,
                suspenders=self._suspenders(visits, judge, oversight),
                storing=storing,
                seen=self.seen,
            )
            for name in self.run.objectives:
                pending = [v for v in visits if v.objective == name and not self.run.has(v.site, name)]
                left = self._pass(name, pending, judge, work) if pending else None
                if left is not None:
                    work.close()
                    return left
        return "finished", ""

    def _pass(self, name: str, pending: list[Visit], judge: Judging, work: SiteWork) -> tuple[State, str] | None:
        """Make the visits of one objective; say how the capture ended if it is not to go on."""
        objective = self.run.rig.objective(name)
        if not slide_allows(objective, microscope=self.microscope, run=self.run, confirm=self.confirm):
            return "paused", f"the slide was not ready for {name}"
        work.prepare(pending[0], lambda: self._begin(name, pending, judge, work.oversight))
        queue = deque(pending)
        lamp = LampRound(microscope=self.microscope, run=self.run, queue=queue, settle=work.settle, sleep=self._wait)
        work.prepare(pending[0], lamp.begin)
        while queue:
            if not work.suspenders.hold(self.control):
                return self._left()
            work.prepare(queue[0], lamp.look)
            visit = queue.popleft()
            if work.make(visit) == "stored":
                lamp.took(visit)
            if self.truth is not None or not queue:
                work.settle()
            if not queue:
                work.prepare(visit, partial(lamp.finish, visit))
            self._write_truth([(visit.site, visit.objective)])
        return None

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

    def _suspenders(self, visits: Sequence[Visit], judge: Judging, oversight: Oversight) -> Suspenders:
        rules = self.run.plan.suspend
        columns, rows = self.run.rig.camera.size_px
        stack_bytes = max(visit.stack.planes for visit in visits) * rows * columns * BYTES_PER_PIXEL
        return Suspenders(
            conditions=[rules.disk(self.run.free_bytes, self.run.path, stack_bytes=stack_bytes)],
            note=oversight.note,
            before=lambda: self._tidy(oversight),
            after=judge.doubt,
            told=lambda says: oversight.says("suspended", says),
            attended=self.attended,
            longest_s=rules.longest_s,
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

    def _result(self, visits: Sequence[Visit], state: State, says: str, seconds: float) -> CaptureResult:
        missing = {(v.site, v.objective) for v in visits if not self.run.has(v.site, v.objective)}
        events = list(self.run.journal.events())
        skipped = {_of(e) for e in events if e["event"] == "trouble" and e["action"] == "skip"}
        flagged = {_of(e) for e in events if e["event"] == "focus_failed" or (e["event"] == "stored" and e.get("flag"))}
        return CaptureResult(
            sites=len(visits),
            done=len(visits) - len(missing),
            skipped=len(skipped & missing),
            flagged=len(flagged),
            state=state,
            seconds=round(seconds, 2),
            says=says,
        )


def _of(event: Mapping[str, Any]) -> tuple[str, str]:
    return event["site"], event["objective"]
