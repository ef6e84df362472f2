"""Commands that measure and combine pictures: register, fuse, pairs."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from calibration.flatfield import Pixels
from calibration.register import Method, Registration, Window, covered_window, warp_high_to_low_grid
from calibration.register import register as register_pictures
from enhance.pairs import build_pairs
from enhance.picturefile import read_picture, write_picture
from enhance.stackfile import fuse_path
from parfocal.answer import Answer, answering
from parfocal.bars import bar

FusionMethod = Literal["forster", "energy", "laplacian"]
FusionAlign = Literal["none", "translation", "affine"]
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
    method: Annotated[
        Method, typer.Option("--method", help="paper: by features and correlated blocks as the paper did, to compare.")
    ] = "ecc",
    distortion: Annotated[
        bool, typer.Option("--distortion", help="Fit a smooth distortion too, and judge what it leaves.")
    ] = False,
    laid: Annotated[
        Path | None, typer.Option("--laid", help="Picture to write when accepted: HIGH on LOW's grid × factor.")
    ] = None,
) -> Answer:
    """Find the transform that lays HIGH on LOW, its residual, and whether to believe it."""
    pictures = read_picture(low), read_picture(high)
    found = register_pictures(*pictures, factor=factor, white_levels=white_levels, method=method, distortion=distortion)
    keys = {
        "matrix": found.matrix.tolist(),
        "measured": found.measured,
        "residual_px": found.residual_px,
        "high_pass_ncc": found.high_pass_ncc,
        "accepted": found.accepted,
        "reason": found.reason,
        "distortion_px": None if found.distortion is None else found.distortion.largest_px,
    }
    says = [_registered(found)]
    if laid is not None and found.accepted:
        window = _write_laid(laid, *pictures, found, factor)
        keys |= {"laid": str(laid), "window": window._asdict()}
        says.append(
            f"{laid} shows {window.rows} rows of LOW from {window.row}, {window.columns} columns from {window.column}."
        )
    return Answer(keys=keys, says=tuple(says))


def _registered(found: Registration) -> str:
    if not found.measured:
        return f"not registered: {found.reason}"
    verdict = "accepted" if found.accepted else f"not accepted: {found.reason}"
    rows = "\n".join("  ".join(f"{value:12.6f}" for value in row) for row in found.matrix)
    bent = "" if found.distortion is None else f", distortion up to {found.distortion.largest_px:.2f} LOW px undone"
    return f"HIGH to LOW pixels (x, y):\n{rows}\nresidual {found.residual_px:.3f} LOW px rms{bent}, {verdict}"


def _write_laid(path: Path, low: Pixels, high: Pixels, found: Registration, factor: float) -> Window:
    """Write the part of HIGH that LOW shows too, on LOW's grid × factor; return that part of LOW."""
    window = covered_window(found.matrix, high.shape, low.shape, factor)
    drawn = warp_high_to_low_grid(
        high, found.matrix, low_shape=low.shape, factor=factor, window=window, distortion=found.distortion
    )
    write_picture(path, drawn)
    return window


@answering
def fuse(
    stack: Annotated[Path, typer.Argument(help="A TIFF or OME-TIFF of several planes, or a folder of pictures.")],
    out: Annotated[Path, typer.Argument(help="The fused picture (.tif, .ome.tif or .png).")],
    method: Annotated[
        FusionMethod,
        typer.Option(
            "--method",
            help="forster: complex wavelets, pixels as recorded. energy: wavelets, smoother against noise. "
            "laplacian: best on one smooth surface.",
        ),
    ] = "forster",
    align: Annotated[
        FusionAlign,
        typer.Option("--align", help="Lay the planes on each other first; affine where scale changes with focus too."),
    ] = "none",
    step_um: Annotated[
        float | None,
        typer.Option("--step-um", help="Z from plane to plane, for a depth map in µm; otherwise as the file tells."),
    ] = None,
) -> Answer:
    """Extended depth of field (focus stacking): one picture, sharp everywhere, from planes at several depths."""
    result = fuse_path(stack, out, method=method, align=align, step_um=step_um)
    keys = {key: str(value) if isinstance(value, Path) else value for key, value in asdict(result).items()}
    says = (
        f"{result.planes} planes fused into {result.out} in {result.seconds:.1f} s; depth map in {result.depth}, in "
        f"{'µm' if result.depth_unit == 'um' else 'planes: --step-um gives µm'}.",
        f"{result.quality:.0%} of the pixels are clearly sharper in one plane than in another, and the depth of "
        f"{result.depth_known:.0%} is known; the others are nan in the map.",
        *(f"Mind: {note}." for note in result.notes),
    )
    return Answer(keys=keys, says=says)


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
