"""What a package of bioimage.io says of a model, as a person reads it."""

from collections.abc import Mapping

from enhance.checkpoint import Checkpoint
from enhance.export.onnxfile import UNKNOWN, USE, facts_of
from enhance.export.wholepicture import halo_px

PAPER = "Rivenson et al., Deep learning microscopy, Optica 4, 1437 (2017)"
PAPER_DOI = "10.1364/OPTICA.4.001437"
TAGS = ("super-resolution", "bright-field", "histology", "2d", "rgb", "image-restoration", "pytorch", "parfocal")


def sentence_of(checkpoint: Checkpoint) -> str:
    """Return the model in one line."""
    p, q = checkpoint.ratio
    return (
        f"Enlarges bright-field colour pictures {p}/{q} times along each axis and sharpens them, after Rivenson et al. "
        f"2017; {checkpoint.statement}; {USE}."
    )


def text_of(checkpoint: Checkpoint, *, name: str, tested: str = UNKNOWN) -> str:
    """Return the documentation of a package, in Markdown."""
    facts = "".join(f"| {key} | {value} |\n" for key, value in _facts(checkpoint, tested).items())
    return f"""# {name}

{sentence_of(checkpoint)}

The network draws what edges of such tissue usually looked like in its training pictures. Beyond the resolution of the
objective that took a picture this is a guess. The method may be covered by third-party patents.

| | |
|---|---|
{facts}
## Use

The input is RGB, R first, as 32-bit floats in fractions of the white level: 8-bit values divided by 255, 12-bit values
by 4095. {_sides(checkpoint)} The output is in [0, 1]. Give it pictures of the
pixel size, stain, focus and lighting that it was trained with.

## Validation

{_scores(checkpoint)}
To judge it on slides of your own, capture pairs and run `parfocal evaluate MODEL PAIRS`: whole held-out sites, tissue
only, against bicubic enlargement and classical methods. A score on other slides says nothing about yours.
"""


def _sides(checkpoint: Checkpoint) -> str:
    """Say what to do with sides that the format cannot name."""
    p, q = checkpoint.ratio
    if q == 1:
        return f"The output has {p} times the rows and columns."
    return (
        f"Rows and columns are multiples of {q}. Where they are not, let the picture go on as its mirror image by "
        f"{halo_px(checkpoint.architecture)} pixels and up to the next multiple, and cut the output to {p}/{q} of the "
        "picture, rounded up."
    )


def _facts(checkpoint: Checkpoint, tested: str) -> Mapping[str, str]:
    return {
        **facts_of(checkpoint, tested=tested),
        "recipe": f"{checkpoint.recipe}, {checkpoint.steps} steps",
        "edges": f"mirrored by {halo_px(checkpoint.architecture)} pixels inside the model"
        if checkpoint.architecture.padding == "reflect"
        else "padded with zeros by its convolutions",
        "data_sha256": checkpoint.data_sha256,
    }


def _scores(checkpoint: Checkpoint) -> str:
    if not checkpoint.scores:
        return "No score travels with this model.\n"
    rows = "".join(
        f"| {method} | {score['psnr_db']:.2f} | {score['ssim']:.4f} |\n"
        for method, score in checkpoint.scores.items()
        if {"psnr_db", "ssim"} <= score.keys()
    )
    head = "| method | PSNR dB | SSIM |\n|---|---|---|\n"
    return f"On the sites that it was selected by, which flatters it:\n\n{head}{rows}"
