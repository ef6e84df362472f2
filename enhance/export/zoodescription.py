"""What a package of bioimage.io says of a model, in the words of its format: tensors, weights, tolerance, people."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from enhance.checkpoint import Checkpoint
from enhance.errors import ExportError
from enhance.export.extras import needed
from enhance.export.modeltext import PAPER, PAPER_DOI, TAGS, sentence_of
from enhance.export.onnxfile import OPSET, UNKNOWN, facts_of
from enhance.export.wholepicture import halo_px

EXTRAS = "bioimageio,engines"
ONNX_FILE, TORCHSCRIPT_FILE, TEXT_FILE = "weights.onnx", "weights.torchscript.pt", "README.md"
TEST_INPUT, TEST_OUTPUT = "test-input.npy", "test-output.npy"
TOLERANCE = 1e-4
"""Of the test output, absolute and relative: a 40th of an 8-bit step. A processor needs less than a hundredth of it;
graphics cards that round to TF32 need the room."""
ROOM_STEPS = 2
"""What the smallest picture has left without its halo, in strides."""
CLASH = "index_key"
"""In the error of bioimageio.spec up to 0.5.12 under pydantic 2.14, which refuses what it passes (pydantic #13506)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What a person says of a model in a package.

    Parameters
    ----------
    name : str
        Of the model: five letters or more, no signs but ``_ + - ( )``.
    authors : tuple of str
        By name.
    licence : str or None
        An SPDX identifier, as ``CC-BY-4.0``.
    """

    name: str
    authors: tuple[str, ...] = ()
    licence: str | None = None


def smallest_px(checkpoint: Checkpoint) -> int:
    """Return the least rows and columns of an input: its halo on both sides, and something between."""
    return 2 * halo_px(checkpoint.architecture) + ROOM_STEPS * checkpoint.ratio[1]


def description_of(checkpoint: Checkpoint, place: Path, signature: Signature, *, tested: str = UNKNOWN) -> Any:
    """Fill in a description in the current format; the files that it names stand in `place`.

    Raises
    ------
    ExportError
        When the format does not take it.
    """
    v = needed("bioimageio.spec.model.v0_5", extras=EXTRAS)
    try:
        return v.ModelDescr(
            name=signature.name,
            description=sentence_of(checkpoint),
            authors=[v.Author(name=name) for name in signature.authors],
            license=signature.licence,
            cite=[v.CiteEntry(text=PAPER, doi=v.Doi(PAPER_DOI))],
            tags=list(TAGS),
            documentation=v.FileDescr(source=place / TEXT_FILE),
            inputs=[_input(v, checkpoint, place)],
            outputs=[_output(v, checkpoint, place)],
            weights=_weights(v, place),
            config=_config(v, facts_of(checkpoint, tested=tested)),
        )
    except ValueError as error:
        raise ExportError(refused(error)) from error


def _input(v: Any, checkpoint: Checkpoint, place: Path) -> Any:
    p, q = checkpoint.ratio
    size = v.ParameterizedSize(min=smallest_px(checkpoint), step=q)
    sides = [v.SpaceInputAxis(id=v.AxisId(name), size=size, scale=float(p)) for name in ("y", "x")]
    mirrored = checkpoint.architecture.padding == "reflect"
    return v.InputTensorDescr(
        id=v.TensorId("picture"),
        description="RGB in fractions of the white level",
        axes=[v.BatchAxis(), _colours(v), *sides],
        data=v.IntervalOrRatioDataDescr(type="float32", range=(0.0, 1.0)),
        pad=v.ReflectPadding(mode="reflect") if mirrored else v.ConstantPadding(mode="constant", value=0),
        test_tensor=v.FileDescr(source=place / TEST_INPUT),
    )


def _output(v: Any, checkpoint: Checkpoint, place: Path) -> Any:
    """Describe the output; scales of p and q make the ratio of sizes exact, which pixel sizes in µm do not."""
    p, q = checkpoint.ratio
    halo = halo_px(checkpoint.architecture) * p // q

    def side(name: str) -> Any:
        of_input = v.SizeReference(tensor_id=v.TensorId("picture"), axis_id=v.AxisId(name))
        return v.SpaceOutputAxisWithHalo(id=v.AxisId(name), size=of_input, scale=float(q), halo=halo)

    return v.OutputTensorDescr(
        id=v.TensorId("enhanced"),
        description="The enlarged picture, in the same unit",
        axes=[v.BatchAxis(), _colours(v), side("y"), side("x")],
        data=v.IntervalOrRatioDataDescr(type="float32", range=(0.0, 1.0)),
        test_tensor=v.FileDescr(source=place / TEST_OUTPUT),
    )


def _colours(v: Any) -> Any:
    return v.ChannelAxis(channel_names=[v.Identifier(name) for name in ("red", "green", "blue")])


def _weights(v: Any, place: Path) -> Any:
    version = v.Version(torch.__version__.split("+")[0])
    return v.WeightsDescr(
        onnx=v.OnnxWeightsDescr(source=place / ONNX_FILE, opset_version=OPSET),
        torchscript=v.TorchscriptWeightsDescr(source=place / TORCHSCRIPT_FILE, pytorch_version=version, parent="onnx"),
    )


def _config(v: Any, facts: Mapping[str, str]) -> Any:
    tolerance = v.ReproducibilityTolerance(absolute_tolerance=TOLERANCE, relative_tolerance=TOLERANCE)
    own: Mapping[str, Any] = {"parfocal": dict(facts)}
    return v.Config(bioimageio=v.BioimageioConfig(reproducibility_tolerance=[tolerance]), **own)


def refused(error: ValueError) -> str:
    """Say in words why bioimage.io did not take a description."""
    said = " ".join(str(error).split())
    if CLASH in said:
        return (
            "bioimageio.spec cannot describe a model with the pydantic that is installed here, whose version 2.14 "
            "refuses what it passes: run pip install 'pydantic<2.14'"
        )
    if " license." in said:
        return "bioimage.io does not know that licence: give its SPDX name, e.g. CC-BY-4.0, BSD-3-Clause or MIT"
    return f"bioimage.io does not take this description ({said[:200]}): give another name, licence or author"
