"""One capture from plan to result: microscope opened, run begun or gone on with, truth kept where it is known."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from acquire.open import open_disk, open_microscope, open_witness
from acquire.plan import Plan
from acquire.runfolder import create_run
from acquire.scan import CaptureResult, Scan
from acquire.slide import Confirm
from calibration.optics import Rig
from calibration.record import Calibration
from enhance.edf import fuse
from parfocal.bars import Bar, bar


def unattended(_shown: Bar) -> Confirm:
    """Answer every question with yes: on rigs where nothing can be broken."""
    return lambda _question: True


def capture_plan(
    plan: Plan, rig: Rig, calibration: Calibration | None, out: Path, *, confirm: Callable[[Bar], Confirm] = unattended
) -> CaptureResult:
    """Capture what a plan asks for and a run folder does not hold yet.

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

    Raises
    ------
    AcquireError
        When the rig, the run folder or a device refuses; what was stored stays stored.
    """
    with open_microscope(rig) as microscope, bar(f"Capturing {plan.slide}") as step:
        run = replace(create_run(out, plan, rig, calibration), free_bytes=open_disk(microscope))
        microscope.log_to(out / "log.txt")
        truth = open_witness(microscope, out, objectives=plan.objectives, fuse=lambda planes: fuse(planes).image)
        return Scan(microscope=microscope, run=run, confirm=confirm(step), progress=step, truth=truth).capture()
