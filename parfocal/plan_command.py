"""The command that looks at a plan before anything moves: preflight, map, exchange with other programs."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from acquire.confirmed import Confirmed
from acquire.item import Item
from acquire.plan import Plan
from acquire.planfile import load_plan
from acquire.preflight import preflight
from acquire.rigstate import open_state
from acquire.steptimes import StepTimes
from acquire.timesfile import load_times, times_path
from acquire.tissue import read_overview
from acquire.useqplan import write_sequence
from calibration import record
from calibration.optics import Rig
from calibration.record import Calibration
from calibration.rig import load_rig
from parfocal.answer import Answer, answering
from parfocal.item_table import items_answer
from parfocal.options import CalibrationOption, ConfirmAllOption, ConfirmedOption, PlanArgument, RigOption, said
from parfocal.plan_picture import draw_plan


@answering
def plan(
    plan: PlanArgument,
    rig: RigOption,
    picture: Annotated[Path | None, typer.Option("--picture", help="Where to draw the map (PNG, SVG or PDF).")] = None,
    calibration: CalibrationOption = None,
    out: Annotated[Path | None, typer.Option("--out", help="The run folder it shall be captured into.")] = None,
    confirmed: ConfirmedOption = None,
    confirm_all: ConfirmAllOption = None,
    export_useq: Annotated[
        Path | None, typer.Option("--export-useq", help="Write one objective's part as a useq-schema sequence.")
    ] = None,
    objective: Annotated[
        str | None, typer.Option("--objective", help="Of a useq-schema sequence that is read or written.")
    ] = None,
) -> Answer:
    """Check a plan without moving anything, and draw it on a map."""
    loaded = load_rig(rig)
    wanted = load_plan(plan, loaded, objective=objective)
    measured = record.load(calibration) if calibration is not None else None
    items = _looked_at(wanted, loaded, measured, out, said(confirmed, confirm_all))
    answer = items_answer(items, f"Plan {plan.name} on rig {loaded.name}")
    says, known = list(answer.says), _usable(wanted, measured)
    if picture is not None:
        overview = read_overview(plan.parent / wanted.tissue.overview, wanted.tissue) if wanted.tissue else None
        draw_plan(wanted, loaded, known, picture, items=items, overview=overview)
        says.append(f"The map is {picture}.")
    if export_useq is not None:
        name = write_sequence(wanted, loaded, known, export_useq, objective=objective)
        says.append(f"What {name} does is a useq-schema sequence in {export_useq}: without focus search and oil step.")
    return replace(answer, says=tuple(says))


def _looked_at(
    plan: Plan, rig: Rig, calibration: Calibration | None, out: Path | None, confirmed: Confirmed | None
) -> list[Item]:
    times = StepTimes(before=load_times(times_path(rig)))
    return preflight(plan, rig, calibration, run_folder=out, state=open_state(rig), measured=times, confirmed=confirmed)


def _usable(plan: Plan, calibration: Calibration | None) -> Calibration | None:
    """Leave out a calibration that does not know all objectives: it fails the preflight."""
    known = calibration is not None and set(plan.objectives) <= set(calibration.objectives)
    return calibration if known else None
