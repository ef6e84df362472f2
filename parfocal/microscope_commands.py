"""Commands that look at, calibrate and drive a microscope."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from acquire.characterise import SITES, Characterise
from acquire.errors import PlanError
from acquire.micromanager import MicroManagerMicroscope
from acquire.open import open_microscope
from acquire.planfile import load_plan
from acquire.preflight import Item, check_microscope, check_plan, passed
from acquire.simulated.specimens.mounted import GLASS_UM
from acquire.slide import Confirm
from calibration import record
from calibration.optics import Rig
from calibration.pixelsizes import pixel_size_lines
from calibration.record import Calibration
from calibration.rig import load_rig
from parfocal.answer import Answer, answering, people
from parfocal.bars import Bar, bar
from parfocal.calibration_answer import calibration_keys, calibration_says
from parfocal.calibration_page import calibration_page
from parfocal.capturing import capture_plan
from parfocal.plan_picture import draw_plan

RigOption = Annotated[str, typer.Option("--rig", help="A rig file, or `simulated`, or `demo`.")]
PlanArgument = Annotated[Path, typer.Argument(help="The plan, a YAML file.")]
CalibrationOption = Annotated[Path | None, typer.Option("--calibration", help="What `parfocal calibrate` wrote.")]
Point = tuple[float, float]
SIMULATED_TISSUE_UM = (500.0, 500.0)
MARKS = {"pass": "[green]pass[/]", "warn": "[yellow]warn[/]", "fail": "[red]fail[/]"}


@answering
def check(rig: Annotated[str, typer.Argument(help="A rig file, or `simulated`, or `demo`.")]) -> Answer:
    """Connect and verify devices, labels, pixel sizes and limits; moves nothing by itself."""
    loaded = load_rig(rig)
    people().print("Connecting. Loading a Micro-Manager configuration may move hardware, as in Micro-Manager itself.")
    with open_microscope(loaded) as microscope:
        items = check_microscope(microscope)
    return _items(items, f"Rig {loaded.name}")


@answering
def plan(
    plan: PlanArgument,
    rig: RigOption,
    picture: Annotated[Path | None, typer.Option("--picture", help="Where to draw the map (PNG or SVG).")] = None,
    calibration: CalibrationOption = None,
) -> Answer:
    """Check a plan without moving anything, and draw it on a map."""
    loaded = load_rig(rig)
    wanted, known = load_plan(plan, loaded), _calibration(calibration, loaded)
    if picture is not None:
        draw_plan(wanted, loaded, known, picture)
    answer = _items(check_plan(wanted, loaded, known), f"Plan {plan.name} on rig {loaded.name}")
    drawn = () if picture is None else (f"The map is {picture}.",)
    return replace(answer, says=(*answer.says, *drawn))


@answering
def calibrate(
    rig: RigOption,
    out: Annotated[Path, typer.Option("--out", help="Where to write the calibration (CAL.yaml, its page CAL.html).")],
    at_um: Annotated[
        tuple[float, float] | None, typer.Option("--at", help="Stage x and y in µm of the middle of much tissue.")
    ] = None,
    glass_um: Annotated[
        tuple[float, float] | None, typer.Option("--glass", help="Stage x and y in µm of empty glass.")
    ] = None,
    sites: Annotated[
        int, typer.Option("--sites", min=2, help="How many places; errors fall with its square root.")
    ] = SITES,
    pixel_sizes: Annotated[
        Path | None, typer.Option("--pixel-sizes", help="Write lines for Micro-Manager's configuration file here.")
    ] = None,
) -> Answer:
    """Measure pixel sizes, camera-to-stage affine, play, parcentric and parfocal offsets, flat fields, the camera."""
    loaded = load_rig(rig)
    record.check_writable(out)
    with open_microscope(loaded) as microscope, bar("Calibrating") as step:
        work = Characterise(microscope=microscope, confirm=_confirm(loaded, step), progress=step, sites=sites)
        at_um, glass_um = _places(microscope, at_um, glass_um)
        measured = work.calibrate(at_um=at_um, glass_um=glass_um, now=datetime.now(UTC))
    record.save(measured, out)
    page = out.with_suffix(".html")
    page.write_text(calibration_page(measured, loaded), encoding="utf-8")
    says = calibration_says(measured)
    if pixel_sizes is not None:
        pixel_sizes.write_text("\n".join([*pixel_size_lines(measured, loaded), ""]), encoding="utf-8")
        says = (*says, f"Lines for Micro-Manager's configuration file are in {pixel_sizes}.")
    return Answer(
        keys=calibration_keys(measured, out) | {"page": str(page)}, says=(*says, f"Written to {out}; shown in {page}.")
    )


@answering
def capture(
    plan: PlanArgument,
    rig: RigOption,
    out: Annotated[Path, typer.Option("--out", help="The run folder; the same one again resumes.")],
    calibration: CalibrationOption = None,
) -> Answer:
    """Capture all sites with the first objective, then focal stacks with the next; the same command resumes."""
    loaded = load_rig(rig)
    wanted, known = load_plan(plan, loaded), _calibration(calibration, loaded)
    faults = [item.says for item in check_plan(wanted, loaded, known) if item.state == "fail"]
    if faults:
        raise PlanError(f"plan {plan.name} on rig {loaded.name!r}: {'; '.join(faults)}")
    result = capture_plan(wanted, loaded, known, out, confirm=lambda shown: _confirm(loaded, shown))
    says = f"{result.done} of {result.sites} visits stored in {out} ({result.state}, {result.seconds:.0f} s)."
    if loaded.source.kind == "demo":
        says += " This rig paints one test pattern everywhere: there was nothing to focus on."
    return Answer(keys={"run": str(out)} | asdict(result), says=(says,))


def _places(microscope: MicroManagerMicroscope, at_um: Point | None, glass_um: Point | None) -> tuple[Point, Point]:
    """Tissue where the person left the stage, and glass where they say; the simulated slide knows both."""
    if microscope.rig.source.kind == "simulated":
        return at_um or SIMULATED_TISSUE_UM, glass_um or GLASS_UM
    if glass_um is None:
        raise PlanError("flat fields need empty glass: say where it is on the slide with --glass X Y (stage µm)")
    here = microscope.position_um
    return at_um or (here.x, here.y), glass_um


def _calibration(path: Path | None, rig: Rig) -> Calibration | None:
    if path is None:
        return None
    calibration = record.load(path)
    calibration.check(rig, now=datetime.now(UTC))
    return calibration


def _confirm(rig: Rig, shown: Bar) -> Confirm:
    if rig.source.kind in ("demo", "simulated"):
        return lambda _question: True
    return lambda question: asked(question, shown)


def asked(question: str, shown: Bar) -> bool:
    """Ask the person, the bar taken away meanwhile; no answer, as where there is no terminal, is a no."""
    with shown.pause():
        try:
            return typer.confirm(question, err=True)
        except typer.Abort:
            return False


def _items(items: Sequence[Item], title: str) -> Answer:
    table = Table("", "what", "says", title=title, title_justify="left", show_edge=False)
    for item in items:
        table.add_row(MARKS[item.state], item.name, item.says.replace("[", "\\["))
    failed = not passed(items)
    keys = {"passed": not failed, "items": [asdict(item) for item in items]}
    if failed:
        keys["error"] = "; ".join(item.says for item in items if item.state == "fail")
    return Answer(keys=keys, says=(table,), failed=failed)
