"""The command that captures a plan."""

from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from acquire.captureresult import CaptureResult
from acquire.control import Control
from acquire.errors import PlanError
from acquire.planfile import load_plan
from calibration import record
from calibration.optics import Rig
from calibration.record import Calibration
from calibration.rig import load_rig
from gui.readings import ViewerReport
from parfocal.answer import Answer, answering, people
from parfocal.asking import NOBODY_THERE, asked_by_file, asking
from parfocal.capture_viewed import viewed
from parfocal.capturing import capture_plan
from parfocal.item_table import items_table
from parfocal.options import (
    CalibrationOption,
    ConfirmAllOption,
    ConfirmedOption,
    ConfirmFileOption,
    PlanArgument,
    RefocusedOption,
    RigOption,
    said,
)

ENDED_WELL = ("finished", "paused")


@answering
def capture(
    plan: PlanArgument,
    rig: RigOption,
    out: Annotated[Path, typer.Option("--out", help="The run folder; the same one again resumes.")],
    calibration: CalibrationOption = None,
    confirmed: ConfirmedOption = None,
    confirm_all: ConfirmAllOption = None,
    confirm_file: ConfirmFileOption = None,
    refocused: RefocusedOption = False,
    view: Annotated[bool, typer.Option("--view", help="Show each stack as it is stored, in a window.")] = False,
    model: Annotated[
        str | None, typer.Option("--model", help="With --view: a model folder, or `shipped`, that enhances them.")
    ] = None,
    screenshot: Annotated[
        Path | None, typer.Option("--screenshot", help="With --view: save the window to a PNG at the end.")
    ] = None,
) -> Answer:
    """Capture all sites with the first objective, then focal stacks with the next; the same command resumes.

    Ctrl-C ends it after the site being made, a second Ctrl-C halts all axes at once.
    """
    loaded = load_rig(rig)
    wanted, known = load_plan(plan, loaded), checked(calibration, loaded)
    if (model or screenshot) and not view:
        raise PlanError("--model and --screenshot show pictures while they are captured: add --view")
    control = Control()
    work = partial(
        capture_plan,
        wanted,
        loaded,
        known,
        out,
        control=control,
        refocused=refocused,
        confirmed=said(confirmed, confirm_all),
        shown=lambda items: people().print(items_table(items, f"Before {plan.name} on rig {loaded.name}")),
    )
    confirm = partial(asking, loaded)
    if confirm_file is not None:
        confirm = partial(asked_by_file, loaded, confirm_file, control, wanted.suspend.longest_s)
    if not view:
        return _answer(work(confirm=confirm), loaded, out)
    here = confirm_file is None and loaded.source.kind not in NOBODY_THERE
    result, report = viewed(
        work, confirm, wanted, loaded, known, out, control, asked_here=here, model=model, screenshot=screenshot
    )
    return with_view(_answer(result, loaded, out), report)


def _answer(result: CaptureResult, rig: Rig, out: Path) -> Answer:
    says = f"{result.done} of {result.sites} visits stored in {out} ({result.state}, {result.seconds:.0f} s)."
    if result.flagged or result.skipped:
        says += f" {result.flagged} flagged, {result.skipped} skipped: see {out / 'journal.jsonl'}."
    if rig.source.kind == "demo":
        says += " This rig paints one test pattern everywhere: there was nothing to focus on."
    failed = result.state not in ENDED_WELL
    why = {"error": f"the capture was {result.state}: {result.says}"} if failed else {}
    more = (why["error"],) if failed else (result.says,) if result.says else ()
    return Answer(keys={"run": str(out)} | asdict(result) | why, says=(says, *more), failed=failed)


def with_view(answer: Answer, report: ViewerReport) -> Answer:
    """Add what the window showed; what went wrong in it does not make the capture a failure."""
    shown = f"{report.frames} stacks reached the window, {report.pairs} were shown enhanced."
    return replace(answer, keys={**answer.keys, "view": asdict(report)}, says=(*answer.says, shown, *report.problems))


def checked(path: Path | None, rig: Rig) -> Calibration | None:
    """Read a calibration and refuse one that is stale or of another rig."""
    if path is None:
        return None
    calibration = record.load(path)
    calibration.check(rig, now=datetime.now(UTC))
    return calibration
