"""Commands that measure and combine pictures: register, fuse, pairs."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from calibration.register import register as register_pictures
from enhance.pairs import build_pairs
from enhance.picturefile import read_picture
from enhance.stackfile import fuse_path
from parfocal.answer import Answer, answering
from parfocal.bars import bar

FusionMethod = Literal["forster", "pooled"]
LabelKind = Literal["fused", "plane"]
SplitKind = Literal["auto", "site"]


@answering
def register(
    low: Annotated[Path, typer.Argument(help="The picture of the lower magnification.")],
    high: Annotated[Path, typer.Argument(help="The sharper picture of a part of it.")],
    factor: Annotated[float, typer.Option("--factor", help="Pixels of HIGH per pixel of LOW.")] = 2.5,
    white_levels: Annotated[
        tuple[float, float] | None,
        typer.Option("--white-levels", help="Pixel values of saturation of LOW and HIGH, e.g. 255 4095."),
    ] = None,
) -> Answer:
    """Find the transform that lays HIGH on LOW, its residual, and whether to believe it."""
    found = register_pictures(read_picture(low), read_picture(high), factor=factor, white_levels=white_levels)
    keys = {
        "matrix": found.matrix.tolist(),
        "residual_px": found.residual_px,
        "high_pass_ncc": found.high_pass_ncc,
        "accepted": found.accepted,
        "reason": found.reason,
    }
    verdict = "accepted" if found.accepted else f"not accepted: {found.reason}"
    rows = "\n".join("  ".join(f"{value:12.6f}" for value in row) for row in found.matrix)
    says = f"HIGH to LOW pixels (x, y):\n{rows}\nresidual {found.residual_px:.3f} LOW px rms, {verdict}"
    return Answer(keys=keys, says=(says,))


@answering
def fuse(
    stack: Annotated[Path, typer.Argument(help="A TIFF or OME-TIFF of several planes, or a folder of pictures.")],
    out: Annotated[Path, typer.Argument(help="The fused picture (.tif, .ome.tif or .png).")],
    method: Annotated[FusionMethod, typer.Option("--method", help="forster: complex wavelets.")] = "forster",
    align: Annotated[bool, typer.Option("--align", help="Undo sideways drift between planes first.")] = False,
) -> Answer:
    """Extended depth of field (focus stacking): one picture, sharp everywhere, from planes at several depths."""
    result = fuse_path(stack, out, method=method, align=align)
    keys = {key: str(value) if isinstance(value, Path) else value for key, value in asdict(result).items()}
    says = f"{result.planes} planes fused into {result.out} in {result.seconds:.1f} s; depth map in {result.depth}."
    return Answer(keys=keys, says=(says,))


@answering
def pairs(
    runs: Annotated[list[Path], typer.Argument(help="Run folders of `parfocal capture`.")],
    out: Annotated[Path, typer.Option("--out", help="The training set to write.")],
    label: Annotated[LabelKind, typer.Option("--label", help="What the network shall learn to show.")] = "fused",
    split: Annotated[
        SplitKind, typer.Option("--split", help="site: at random by site, only to repeat the paper.")
    ] = "auto",
    test_slides: Annotated[list[str] | None, typer.Option("--test", help="A slide to keep for testing.")] = None,
) -> Answer:
    """Register, gate and split captured pairs, and cut them into patches."""
    with bar("Pairs") as step:
        result = build_pairs(runs, out, label=label, split=split, test_slides=tuple(test_slides or ()), progress=step)
    says = [f"{result.accepted} of {result.pairs} pairs accepted, {result.patches} patches in {out}."]
    says += [f"  rejected {rejected['site']}: {rejected['reason']}" for rejected in result.rejected]
    return Answer(keys=asdict(result), says=tuple(says))
