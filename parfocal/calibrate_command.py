"""The command that calibrates a rig, and what it writes: the record, its page, lines for Micro-Manager."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from acquire.characterise import SITES, Characterise
from acquire.errors import PlanError
from acquire.micromanager import MicroManagerMicroscope
from acquire.open import open_microscope
from acquire.simulated.specimens.mounted import GLASS_UM
from calibration import record
from calibration.errors import RecordError
from calibration.optics import Rig
from calibration.pixelsizes import PixelSize, by_objective, compare, pixel_size_lines, read_pixel_sizes
from calibration.record import Calibration
from calibration.rig import load_rig
from calibration.ruler import Ruler
from parfocal.answer import Answer, answering
from parfocal.asking import asking
from parfocal.bars import bar
from parfocal.calibration_answer import calibration_keys, calibration_says
from parfocal.calibration_page import calibration_page
from parfocal.options import RigOption

Point = tuple[float, float]
SIMULATED_TISSUE_UM = (500.0, 500.0)
PITCH_UM = 10.0
"""Of most stage micrometers: 1 mm in a hundred parts."""


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
    from_tissue: Annotated[
        bool,
        typer.Option("--flat-from-tissue", help="Flat fields from 56 places with tissue, where no glass is empty."),
    ] = False,
    micrometer_um: Annotated[
        tuple[float, float] | None,
        typer.Option("--micrometer", help="Stage x and y in µm of the middle of a stage micrometer, for pixel sizes."),
    ] = None,
    pitch_um: Annotated[float, typer.Option("--pitch-um", help="Of the micrometer, line to line.")] = PITCH_UM,
    usaf_um: Annotated[
        tuple[float, float] | None,
        typer.Option("--usaf", help="Stage x and y in µm of the finest groups of a USAF target, for pixel sizes."),
    ] = None,
    sites: Annotated[
        int, typer.Option("--sites", min=2, help="How many places; errors fall with its square root.")
    ] = SITES,
    from_pixel_sizes: Annotated[
        Path | None, typer.Option("--from-pixel-sizes", help="A configuration of Micro-Manager to compare with.")
    ] = None,
    pixel_sizes: Annotated[
        Path | None, typer.Option("--pixel-sizes", help="Write lines for Micro-Manager's configuration file here.")
    ] = None,
) -> Answer:
    """Measure pixel sizes, camera-to-stage affine, play, offsets between objectives, flat fields, stage and camera."""
    loaded = load_rig(rig)
    record.check_writable(out)
    known = {} if from_pixel_sizes is None else by_objective(_read(from_pixel_sizes), loaded)
    ruler, ruler_um = _ruler(micrometer_um, pitch_um, usaf_um)
    with open_microscope(loaded) as microscope, bar("Calibrating") as step:
        work = Characterise(
            microscope=microscope,
            confirm=asking(loaded, step),
            progress=step,
            sites=sites,
            ruler=ruler,
            ruler_um=ruler_um,
            from_tissue=from_tissue,
        )
        at_um, glass_um = _places(microscope, at_um, glass_um, from_tissue=from_tissue)
        measured = work.calibrate(at_um=at_um, glass_um=glass_um, now=datetime.now(UTC))
    measured = replace(measured, remarks=(*measured.remarks, *compare(measured, known)))
    return _written(measured, loaded, out, pixel_sizes)


def _written(measured: Calibration, rig: Rig, out: Path, pixel_sizes: Path | None) -> Answer:
    record.save(measured, out)
    page = out.with_suffix(".html")
    page.write_text(calibration_page(measured, rig), encoding="utf-8")
    says = calibration_says(measured)
    if pixel_sizes is not None:
        pixel_sizes.write_text("\n".join([*pixel_size_lines(measured, rig), ""]), encoding="utf-8")
        says = (*says, f"Lines for Micro-Manager's configuration file are in {pixel_sizes}.")
    return Answer(
        keys=calibration_keys(measured, out) | {"page": str(page)}, says=(*says, f"Written to {out}; shown in {page}.")
    )


def _ruler(micrometer_um: Point | None, pitch_um: float, usaf_um: Point | None) -> tuple[Ruler | None, Point | None]:
    if micrometer_um is not None and usaf_um is not None:
        raise PlanError("both --micrometer and --usaf are given: pixel sizes can follow one of them only")
    if usaf_um is not None:
        return Ruler(kind="usaf"), usaf_um
    return (None, None) if micrometer_um is None else (Ruler(kind="micrometer", pitch_um=pitch_um), micrometer_um)


def _read(path: Path) -> dict[str, PixelSize]:
    try:
        return dict(read_pixel_sizes(path.read_text(encoding="utf-8", errors="replace")))
    except OSError as error:
        raise RecordError(
            f"{path} cannot be read ({error.strerror}): give a configuration file of Micro-Manager"
        ) from error


def _places(
    microscope: MicroManagerMicroscope, at_um: Point | None, glass_um: Point | None, *, from_tissue: bool
) -> tuple[Point, Point]:
    """Tissue where the person left the stage, and glass where they say; the simulated slide knows both."""
    if microscope.rig.source.kind == "simulated":
        return at_um or SIMULATED_TISSUE_UM, glass_um or GLASS_UM
    here = microscope.position_um
    at_um = at_um or (here.x, here.y)
    if glass_um is None and not from_tissue:
        raise PlanError(
            "flat fields need empty glass: say where it is on the slide with --glass X Y (stage µm), or take them from "
            "tissue (--flat-from-tissue)"
        )
    return at_um, glass_um or at_um
