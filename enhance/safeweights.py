"""Named arrays from safetensors files, the only kind that is read; pickles are refused in words."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as parse

from enhance.errors import CheckpointError

PICKLES = frozenset({".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".bin"})
PICKLE_STARTS = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
"""A zip archive, as torch writes, and the protocols of pickle."""


def read_weights(path: Path) -> dict[str, NDArray[np.float32]]:
    """Read named arrays from a safetensors file, the only kind that is read.

    Raises
    ------
    CheckpointError
        When it is missing, damaged, or not a safetensors file.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CheckpointError(
            f"the model {path.parent} has no readable {path.name}: train it again or copy it whole"
        ) from error
    try:
        weights: dict[str, NDArray[np.float32]] = parse(content)
    except (SafetensorError, ValueError, KeyError) as error:
        # asked only now: a header of 640, 896, 1152 or 1408 bytes begins with the two bytes of a pickle
        if content.startswith(PICKLE_STARTS):
            raise CheckpointError(_pickled(path)) from error
        raise CheckpointError(f"{path} is truncated or not a safetensors file: take another copy of it") from error
    return weights


def refuse_pickles(folder: Path, *, expected: str) -> None:
    """Say so when what was named as a model folder is a file, or holds pickles where `expected` should be.

    Raises
    ------
    CheckpointError
        In one sentence.
    """
    if folder.is_file():
        if folder.suffix.lower() in PICKLES:
            raise CheckpointError(_pickled(folder))
        raise CheckpointError(f"{folder} is a file and a model is a folder: name the folder that holds {expected}")
    pickles = sorted(p for p in folder.glob("*") if p.suffix.lower() in PICKLES)
    if pickles and not (folder / expected).exists():
        raise CheckpointError(_pickled(pickles[0]))


def _pickled(path: Path) -> str:
    return (
        f"{path} is a pickle, which can run any program when it is opened, and only safetensors are read: "
        "convert it where you trust it"
    )
