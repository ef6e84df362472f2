"""The command that stitches: mosaic."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from enhance.canvas import Blend
from enhance.mosaic import Mosaic, stitch_run
from parfocal.answer import Answer, answering
from parfocal.bars import bar

NAMED = 12
"""Tiles without texture that are named to people; all are in the table."""


@answering
def mosaic(
    run: Annotated[Path, typer.Argument(help="A run folder of `parfocal capture`.")],
    out: Annotated[Path, typer.Argument(help="The picture to write (.ome.tif); its tiles go to a .csv beside it.")],
    objective: Annotated[str | None, typer.Option("--objective", help="The plan's first when not given.")] = None,
    blend: Annotated[Blend, typer.Option("--blend", help="nearest: no pixel is mixed or resampled.")] = "feather",
    refine: Annotated[
        bool, typer.Option("--refine/--stage-only", help="Measure the overlaps, or believe the stage.")
    ] = True,
) -> Answer:
    """Stitch the tiles of a run into one picture (pyramidal OME-TIFF, for QuPath and Fiji)."""
    with bar("Mosaic") as step:
        result = stitch_run(run, out, objective=objective, blend=blend, refine=refine, progress=step)
    keys = asdict(result) | {"out": str(result.out), "table": str(result.table)}
    return Answer(keys=keys, says=tuple(_says(result)))


def _says(result: Mosaic) -> list[str]:
    rows, columns = result.shape
    says = [f"{result.tiles} tiles in {result.out}: {columns}×{rows} pixels, {result.levels} levels."]
    if result.links:
        says.append(
            f"{result.links} of {result.overlaps} overlaps measured, residual {result.residual_px:.3f} px rms; the "
            f"stage scatters by {result.stage_scatter_px:.1f} px."
        )
    if result.on_stage and result.overlaps:
        named = ", ".join(result.on_stage[:NAMED]) + (" …" if len(result.on_stage) > NAMED else "")
        says.append(f"{len(result.on_stage)} without texture in common, laid where the stage put them: {named}")
    return [*says, *result.notes, f"{result.seconds:.1f} s; positions of all tiles in {result.table}."]
