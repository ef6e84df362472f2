"""ONNX: one file with the network and all around it, for pictures of any size."""

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.export import Dim

from enhance.atomic import whole_file
from enhance.checkpoint import Checkpoint
from enhance.export.agreement import Agreement, Run, agreement_of, example_picture
from enhance.export.extras import needed
from enhance.export.wholepicture import WholePicture, halo_px, whole_picture

EXTRAS = "engines"
OPSET = 20
"""What torch 2.13 writes unasked; ONNX Runtime reads it from 1.17 on."""
INPUT, OUTPUT = "picture", "enhanced"
USE = "research use only, not for diagnosis"
UNKNOWN = "not known"
TRACED_SIZE = (48, 50)
"""Rows and columns of the picture that the exporter follows; any with more than one pixel would do."""


def write_onnx(checkpoint: Checkpoint, out: Path, *, tested: str = UNKNOWN) -> Agreement:
    """Write a model as ONNX, whole or not at all, once ONNX Runtime has given what the engine gives.

    Parameters
    ----------
    checkpoint : Checkpoint
        What to write.
    out : Path
        The file. It takes ``picture``, float32 (N, 3, rows, columns) in fractions of the white level, and gives
        ``enhanced``, (N, 3, ⌈p rows / q⌉, ⌈p columns / q⌉) in [0, 1]; N, rows and columns are free.
    tested : str
        What is known of its worth, as `enhance.evidence.say_evidence` says it; it travels in the file.

    Raises
    ------
    ExportError
        When a package is missing, or the file does not give what the engine gives.
    """
    runtime = needed("onnxruntime", extras=EXTRAS)
    content = onnx_of(checkpoint, tested=tested)
    with whole_file(out) as file:
        file.write(content)
        file.flush()
        return agreement_of(_run_by(runtime, file.name), checkpoint, name=out.name)


def onnx_of(checkpoint: Checkpoint, *, tested: str = UNKNOWN) -> bytes:
    """Return the content of the file; arguments as for `write_onnx`."""
    for module in ("onnx", "onnxscript"):
        needed(module, extras=EXTRAS)
    proto = _followed(whole_picture(checkpoint))
    for name, value in facts_of(checkpoint, tested=tested).items():
        proto.metadata_props.add(key=name, value=value)
    return bytes(proto.SerializeToString())


def _followed(whole: WholePicture) -> Any:
    """Return the model as ONNX has it, with number and sides of the pictures left free."""
    pictures = torch.from_numpy(np.repeat(example_picture(*TRACED_SIZE), 2, axis=0))
    with _quiet():
        program = torch.onnx.export(
            whole,
            (pictures,),
            dynamo=True,
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_shapes={INPUT: {0: Dim("pictures"), 2: Dim("rows"), 3: Dim("columns")}},
            opset_version=OPSET,
            external_data=False,
            verbose=False,
        )
    return program.model_proto  # type: ignore[union-attr]


def facts_of(checkpoint: Checkpoint, *, tested: str = UNKNOWN) -> Mapping[str, str]:
    """Say what every copy of a model must carry, by name; arguments as for `write_onnx`."""
    p, q = checkpoint.ratio
    return {
        "statement": checkpoint.statement,
        "tested": tested,
        "use": USE,
        "ratio": f"{p}/{q}",
        "pixel_um": f"{checkpoint.pixel_um.get('low')} in, {checkpoint.pixel_um.get('high')} out",
        "expects_corrected_pixels": "yes" if checkpoint.corrected else "no",
        "tiles": f"start at multiples of {q} pixels, with {halo_px(checkpoint.architecture)} around them",
        "weights_sha256": checkpoint.weights_sha256,
    }


def _run_by(runtime: Any, path: str) -> Run:
    options = runtime.SessionOptions()
    options.log_severity_level = 3  # errors; it warns of constants that it folds
    session = runtime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return lambda picture: np.asarray(session.run([OUTPUT], {INPUT: picture})[0])


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep back what the exporter says of itself: deprecations inside torch, and that torchvision is missing."""
    logger = logging.getLogger("torch.onnx")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)
