"""The command that opens the live window."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from acquire.open import open_microscope
from acquire.rigstate import rig_key
from calibration import record
from calibration.optics import Rig
from calibration.rig import load_rig
from enhance.engine import Engine
from enhance.evidence import read_evidence, say_evidence
from enhance.open import open_engine
from gui.open import check_extra, check_screenshot, open_viewer
from parfocal.answer import Answer, answering

DEFAULT_EXPOSURE_MS = 8.0
SHIPPED = "shipped"
"""Taken without being asked for on the simulated microscope only: a person's pictures never get a silent default."""


@answering
def live(
    rig: Annotated[str, typer.Option("--rig", help="A rig file; without one, the simulated microscope.")] = "simulated",
    model: Annotated[str | None, typer.Option("--model", help="A model folder, or `shipped`.")] = None,
    calibration: Annotated[Path | None, typer.Option("--calibration", help="For correction and pixel sizes.")] = None,
    exposure_ms: Annotated[float, typer.Option("--exposure-ms", help="Exposure of each frame.")] = DEFAULT_EXPOSURE_MS,
    seconds: Annotated[float | None, typer.Option("--seconds", help="Close after this time.")] = None,
    screenshot: Annotated[
        Path | None, typer.Option("--screenshot", help="Save the window to a PNG at the end.")
    ] = None,
) -> Answer:
    """Show each frame raw and enhanced as it arrives."""
    check_extra()
    check_screenshot(screenshot)
    loaded = load_rig(rig)
    known = None if calibration is None else record.load(calibration)
    if known is not None:
        known.check(loaded, now=datetime.now(UTC))
    if model is None and loaded.source.kind == "simulated":
        model = SHIPPED
    engine = None if model is None else open_engine(model)
    tested = "" if model is None or engine is None else _tested(model, engine, loaded)
    pixel_um = {o.name: loaded.pixel_um(o.name) for o in loaded.objectives}
    if known is not None:
        pixel_um |= {name: measured.pixel_um.value for name, measured in known.objectives.items()}
    with open_microscope(loaded) as microscope:
        report = open_viewer(
            microscope,
            engine=engine,
            evidence=tested,
            corrections={} if known is None else known.corrections,
            exposure_ms=exposure_ms,
            pixel_um=pixel_um,
            seconds=seconds,
            screenshot=screenshot,
        )
    keys = {name: getattr(report, name) for name in report.__slots__} | {"evidence": tested}
    says = f"{report.frames} frames, {report.pairs} pairs shown, {report.dropped} dropped."
    return Answer(keys=keys, says=(says, *report.problems), failed=bool(report.problems))


def _tested(model: str, engine: Engine, rig: Rig) -> str:
    """Say what the model was found to be worth on this rig."""
    simulated = rig.source.kind == "simulated"
    known = read_evidence(model, engine.checkpoint)
    return say_evidence(known, rig=rig_key(rig), simulated=simulated, brief=True)
