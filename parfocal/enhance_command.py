"""Enhance: the command that applies a model to pictures."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from calibration import record
from calibration.flatfield import Correction
from enhance.applied import Applied, Output
from enhance.apply import enhance_path
from enhance.errors import ImageError
from enhance.evidence import read_evidence, say_evidence
from enhance.open import open_engine
from enhance.trust.consistency import DOUBTFUL
from parfocal.answer import Answer, answering
from parfocal.bars import bar


@answering
def enhance(
    source: Annotated[Path, typer.Argument(metavar="INPUT", help="A picture, or a folder of pictures.")],
    out: Annotated[Path, typer.Argument(help="The enhanced picture, or a folder for them.")],
    model: Annotated[str, typer.Option("--model", help="A model folder, or `shipped`.")],
    passes: Annotated[int, typer.Option("--passes", min=1, max=2, help="2: one cycle of self-feeding.")] = 1,
    white_level: Annotated[
        float | None, typer.Option("--white-level", min=1, help="Pixel value of saturation, e.g. 4095 for 12 bits.")
    ] = None,
    pixel_um: Annotated[
        float | None, typer.Option("--pixel-um", min=1e-3, help="Pixel size at the specimen, where files do not tell.")
    ] = None,
    calibration: Annotated[
        Path | None, typer.Option("--calibration", help="Of the rig of raw frames, to correct their light.")
    ] = None,
    objective: Annotated[
        str | None, typer.Option("--objective", help="Of the frames, where the calibration knows several.")
    ] = None,
) -> Answer:
    """Enhance any picture, at any size."""
    engine = open_engine(model)
    correction = None if calibration is None else _correction(calibration, objective)
    with bar("Enhancing") as step:
        result = enhance_path(
            source,
            out,
            engine,
            passes=passes,
            white_level=white_level,
            pixel_um=pixel_um,
            correction=correction,
            progress=lambda done, total, path: step(done, total, path.name),
        )
    return _applied(result, say_evidence(read_evidence(model, engine.checkpoint)))


def _correction(path: Path, objective: str | None) -> Correction:
    corrections = record.load(path).corrections
    if objective is None and len(corrections) == 1:
        return next(iter(corrections.values()))
    if objective is None or objective not in corrections:
        asked = "no --objective was given" if objective is None else f"--objective {objective} is none of it"
        raise ImageError(f"{path} knows the flat fields of {', '.join(corrections)}, and {asked}: give one of these")
    return corrections[objective]


def _applied(result: Applied, tested: str) -> Answer:
    keys = asdict(result) | {"outputs": [_output(output) for output in result.outputs], "evidence": tested}
    lines = [_line(output) for output in result.outputs]
    notes = [f"{output.source.name}: {note}" for output in result.outputs for note in output.notes]
    closing = f"Enhanced by {result.engine} in {result.seconds:.1f} s. {result.statement.capitalize()}; {tested}."
    return Answer(keys=keys, says=(*lines, *notes, *result.notes, *result.skipped, closing))


def _line(output: Output) -> str:
    size = f"{output.out}: {output.shape[1]}×{output.shape[0]} pixels"
    of = "" if output.pixel_um is None else f" of {output.pixel_um:.4g} µm"
    novel = "" if output.novel_fraction is None else f", {output.novel_fraction:.0%} unlike the training"
    agrees = "" if output.consistency is None else _agreement(output.consistency)
    return f"{size}{of}{novel}{agrees}"


def _agreement(score: float) -> str:
    return f", consistency {score:.2f} (above {DOUBTFUL:g} it disagrees)"


def _output(output: Output) -> dict[str, object]:
    return asdict(output) | {"out": str(output.out), "source": str(output.source), "shape": list(output.shape)}
