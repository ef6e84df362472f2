"""Formats in which a model can be written for other tools."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from enhance.checkpoint import Checkpoint
from enhance.errors import ExportError
from enhance.export.agreement import Agreement
from enhance.export.bioimage import write_package
from enhance.export.onnxfile import write_onnx
from enhance.export.zoodescription import Signature

Format = Literal["onnx", "bioimageio"]
ENDINGS: dict[Format, str] = {"onnx": ".onnx", "bioimageio": ".bioimageio.zip"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written.

    Parameters
    ----------
    out : Path
        The file.
    format : {'onnx', 'bioimageio'}
        Its kind.
    size_bytes : int
        Of the file.
    agreement : Agreement
        With what `parfocal enhance` gives.
    """

    out: Path
    format: Format
    size_bytes: int
    agreement: Agreement


def export_model(checkpoint: Checkpoint, out: Path, form: Format, signature: Signature, *, tested: str) -> Exported:
    """Write a model for other tools, whole or not at all.

    Parameters
    ----------
    checkpoint : Checkpoint
        What to write.
    out : Path
        The file; what stood there is replaced once the new one is whole.
    form : {'onnx', 'bioimageio'}
        Which tools.
    signature : Signature
        What a person says of it; only bioimage.io has a place for it.
    tested : str
        What is known of its worth, as `enhance.evidence.say_evidence` says it.

    Raises
    ------
    ExportError
        When a package is missing, or the file would not give what the engine gives.
    """
    if form == "onnx":
        agreement = write_onnx(checkpoint, out, tested=tested)
    else:
        agreement = write_package(checkpoint, out, signature, tested=tested)
    return Exported(out=out, format=form, size_bytes=out.stat().st_size, agreement=agreement)


def default_name(model: str) -> str:
    """Make a name that bioimage.io takes of that of a model folder."""
    return f"Parfocal {re.sub('[^A-Za-z0-9_+ ()-]', '-', Path(model).resolve().name)}"


def target_of(model: str, out: Path | None, form: Format) -> Path:
    """Return the file to write: `out`, or a file named after the model in that folder, or here.

    Raises
    ------
    ExportError
        When `out` is no folder and does not end as such files do.
    """
    name = f"{Path(model).resolve().name}{ENDINGS[form]}"
    if out is None:
        return Path(name)
    if out.is_dir():
        return out / name
    ending = Path(name).suffix
    if out.suffix.lower() != ending:
        raise ExportError(
            f"{out} is no folder that exists and does not end in {ending}: name a file or make the folder"
        )
    return out
