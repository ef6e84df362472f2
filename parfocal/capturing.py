"""One capture from plan to result: microscope opened, run begun or gone on with, truth kept where it is known."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from acquire.awake import awake
from acquire.confirmed import Confirmed
from acquire.control import Control
from acquire.item import Item, refuse_failed
from acquire.keyboard import keyboard
from acquire.open import open_disk, open_microscope, open_witness
from acquire.plan import Plan
from acquire.preflight import preflight
from acquire.runopen import create_run
from acquire.scan import CaptureResult, Scan
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
    times = StepTimes(before=load_times(times_path(rig)))
    with open_microscope(rig) as microscope:
        opened(microscope.stop)
        disk = open_disk(microscope)
        looked_at = preflight(
            plan,
            rig,
            calibration,
            run_folder=out,
            state=microscope.state,
            microscope=microscope,
            measured=times,
            confirmed=confirmed,
        )
        shown(looked_at)
        refuse_failed(looked_at, f"the capture into {out}")
        run = replace(create_run(out, plan, rig, calibration), free_bytes=disk)
        if confirmed is not None:
            run.journal.append(**confirmed.event())
        microscope.log_to(out / "log.txt")
        wishes, total = control or Control(), sum(1 for _ in plan.visits(rig, calibration))
        with (
            bar(f"Capturing {plan.slide}") as step,
            awake(f"Parfocal captures slide {plan.slide}") as unkept,
            keyboard(wishes, microscope, heard=lambda says: step(len(run.stored), total, says)),
        ):
            if unkept:
                run.journal.append(event="not_kept_awake", says=unkept)
            scan = Scan(
                microscope=microscope,
                run=run,
                confirm=confirm(step),
                progress=step,
                truth=open_witness(microscope, out, objectives=plan.objectives, fuse=lambda planes: fuse(planes).image),
                control=wishes,
                seen=seen,
                times=times,
            )
            result = scan.capture()
        with suppress(OSError):  # only makes the next estimate worse
            save_times(times_path(rig), times)
    if unkept:
        people().print(unkept)
    return result
