"""A package of bioimage.io: weights, pictures to test them by, and what the model is, in one zip file."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from enhance.atomic import write_whole
from enhance.checkpoint import Checkpoint
from enhance.errors import ExportError
from enhance.export.agreement import Agreement, example_picture
from enhance.export.extras import needed
from enhance.export.modeltext import text_of
from enhance.export.onnxfile import UNKNOWN, write_onnx
from enhance.export.torchscript import torchscript_of
from enhance.export.wholepicture import whole_picture
from enhance.export.zoodescription import (
    EXTRAS,
    ONNX_FILE,
    TEST_INPUT,
    TEST_OUTPUT,
    TEXT_FILE,
    TORCHSCRIPT_FILE,
    Signature,
    description_of,
    smallest_px,
)

TEST_MORE = (8, 20)
"""Strides by which the test picture has more rows and columns than the smallest: it shall not be square."""


def write_package(checkpoint: Checkpoint, out: Path, signature: Signature, *, tested: str = UNKNOWN) -> Agreement:
    """Write a model as a package of bioimage.io, whole or not at all, once `bioimageio.core` has tested it.

    Parameters
    ----------
    checkpoint : Checkpoint
        What to write.
    out : Path
        The zip file.
    signature : Signature
        What a person says of it.
    tested : str
        As for `enhance.export.onnxfile.write_onnx`.

    Returns
    -------
    Agreement
        Of its ONNX or its TorchScript weights with the engine, whichever is farther.

    Raises
    ------
    ExportError
        When a package is missing, the weights do not give what the engine gives, or `test_model` does not pass.
    """
    spec, core = (needed(module, extras=EXTRAS) for module in ("bioimageio.spec", "bioimageio.core"))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:  # bioimageio leaves files open
        place = Path(folder)
        agreements = _write_weights(checkpoint, place, tested)
        _write_tests(checkpoint, place)
        (place / TEXT_FILE).write_text(text_of(checkpoint, name=signature.name, tested=tested), encoding="utf-8")
        description = description_of(checkpoint, place, signature, tested=tested)
        packed = Path(spec.save_bioimageio_package(description, output_path=place / "package.zip"))
        _test(core, packed, out.name)
        write_whole(out, packed.read_bytes())
    return max(agreements, key=lambda agreement: agreement.largest)


def _write_weights(checkpoint: Checkpoint, place: Path, tested: str) -> tuple[Agreement, Agreement]:
    content, traced = torchscript_of(checkpoint, name=TORCHSCRIPT_FILE)
    (place / TORCHSCRIPT_FILE).write_bytes(content)
    return write_onnx(checkpoint, place / ONNX_FILE, tested=tested), traced


def _write_tests(checkpoint: Checkpoint, place: Path) -> None:
    picture = example_picture(*(smallest_px(checkpoint) + checkpoint.ratio[1] * more for more in TEST_MORE))
    with torch.inference_mode():
        enhanced = whole_picture(checkpoint)(torch.from_numpy(picture)).numpy()
    np.save(place / TEST_INPUT, picture)
    np.save(place / TEST_OUTPUT, enhanced)


def _test(core: Any, packed: Path, name: str) -> None:
    summary = core.test_model(packed)
    failed = [detail for detail in summary.details if detail.status != "passed"]
    if failed or summary.status != "passed":
        reasons = [f"{detail.name}: {error.msg}" for detail in failed for error in detail.errors] or [summary.status]
        raise ExportError(
            f"{name} was not kept: test_model of bioimageio.core does not pass ({' '.join(reasons[0].split())}): "
            "report this with the versions of torch and bioimageio.core"
        )
