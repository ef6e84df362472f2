"""One capture from plan to result: microscope opened, run begun or gone on with, truth kept where it is known."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from acquire.awake import awake
from acquire.captureresult import CaptureResult
from acquire.confirmed import Confirmed
from acquire.control import Control
from acquire.item import Item, refuse_failed
from acquire.keyboard import keyboard
from acquire.micromanager import MicroManagerMicroscope
from acquire.open import open_disk, open_microscope, open_witness
from acquire.plan import Plan
from acquire.preflight import preflight
from acquire.runfolder import RunFolder
from acquire.runopen import create_run
from acquire.scan import Scan
from acquire.shooting import TruthKeeper
from acquire.sitework import Seen, unseen
from acquire.slide import Confirm
from acquire.steptimes import StepTimes
from acquire.timesfile import load_times, save_times, times_path
from calibration.optics import Rig
from calibration.record import Calibration
from enhance.edf import fuse
from parfocal.answer import people
from parfocal.bars import Bar, bar


def unattended(_shown: Bar) -> Confirm:
    """Answer every question with yes: on rigs where nothing can be broken."""
    return lambda _question: True


def quiet(_items: list[Item]) -> None:
    """Show the preflight to nobody."""


def _unheeded(_halt: Callable[[], None]) -> None:
    """Leave it to the keyboard."""


def capture_plan(
    plan: Plan,
    rig: Rig,
    calibration: Calibration | None,
    out: Path,
    *,
    confirm: Callable[[Bar], Confirm] = unattended,
    confirmed: Confirmed | None = None,
    control: Control | None = None,
    refocused: bool = False,
    seen: Seen = unseen,
    shown: Callable[[list[Item]], None] = quiet,
    opened: Callable[[Callable[[], None]], None] = _unheeded,
) -> CaptureResult:
    """Capture what a plan asks for and a run folder does not hold yet.

    Ctrl-C ends the capture after the site being made, a second one halts all axes.

    Parameters
    ----------
    plan : Plan
        What to capture.
    rig : Rig
        On what.
    calibration : Calibration, optional
        Gives the offsets between objectives and is kept with the run.
    out : Path
        The run folder.
    confirm : callable
        Makes of the bar that is shown what asks a person before oil goes on the slide.
    confirmed : Confirmed, optional
        What a person has seen to at the stand; kept with the run.
    control : Control, optional
        Of somebody who stops it from another thread.
    refocused : bool
        As in `acquire.scan.Scan`.
    seen : callable
        Shown each stack.
    shown : callable
        Shown the preflight, also one that has failed.
    opened : callable
        Told how all axes are halted, once the microscope is open.

    Raises
    ------
    PlanError
        When the preflight has failed; nothing has moved.
    AcquireError
        When the rig, the run folder or a device refuses; what was stored stays stored.
    """
    job = _Job(plan=plan, rig=rig, calibration=calibration, out=out, confirmed=confirmed)
    times, wishes = StepTimes(before=load_times(times_path(rig))), control or Control()
    with open_microscope(rig) as microscope:
        opened(microscope.stop)
        job.refuse_unfit(microscope, times, shown)
        run = job.begin(microscope)
        with _overseen(run, microscope, wishes) as step:
            scan = Scan(
                microscope=microscope,
                run=run,
                confirm=confirm(step),
                progress=step,
                truth=job.witness(microscope),
                control=wishes,
                seen=seen,
                times=times,
                refocused=refocused,
            )
            result = scan.capture()
        with suppress(OSError):  # only makes the next estimate worse
            save_times(times_path(rig), times)
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """What is to be captured, on what, and into which folder."""

    plan: Plan
    rig: Rig
    calibration: Calibration | None
    out: Path
    confirmed: Confirmed | None

    def refuse_unfit(
        self, microscope: MicroManagerMicroscope, times: StepTimes, shown: Callable[[list[Item]], None]
    ) -> None:
        """Make the preflight, show it, and refuse to go on when it has failed."""
        looked_at = preflight(
            self.plan,
            self.rig,
            self.calibration,
            run_folder=self.out,
            state=microscope.state,
            microscope=microscope,
            measured=times,
            confirmed=self.confirmed,
        )
        shown(looked_at)
        refuse_failed(looked_at, f"the capture into {self.out}")

    def begin(self, microscope: MicroManagerMicroscope) -> RunFolder:
        """Begin the run, or go on with it; what was confirmed is kept with it, and the log of the core."""
        run = create_run(self.out, self.plan, self.rig, self.calibration)
        if self.confirmed is not None:
            run.journal.append(**self.confirmed.event())
        microscope.log_to(self.out / "log.txt")
        return replace(run, free_bytes=open_disk(microscope))

    def witness(self, microscope: MicroManagerMicroscope) -> TruthKeeper | None:
        """Return who writes down the truth, on the simulated rig."""
        return open_witness(
            microscope, self.out, objectives=self.plan.objectives, fuse=lambda planes: fuse(planes).image
        )


@contextmanager
def _overseen(run: RunFolder, microscope: MicroManagerMicroscope, wishes: Control) -> Iterator[Bar]:
    """Show a bar, keep the machine from sleeping and hear Ctrl-C, as long as the context lasts."""
    total = sum(1 for _ in run.plan.visits(run.rig, run.calibration))
    with (
        bar(f"Capturing {run.slide}") as step,
        awake(f"Parfocal captures slide {run.slide}") as unkept,
        keyboard(wishes, microscope, heard=lambda says: step(len(run.stored), total, says)),
    ):
        if unkept:
            run.journal.append(event="not_kept_awake", says=unkept)
        yield step
    if unkept:
        tell_once(unkept)


@cache
def tell_once(sentence: str) -> None:
    """Tell people what stays true as long as this process lives: a demo captures many times."""
    people().print(sentence)
