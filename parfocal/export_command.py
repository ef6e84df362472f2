"""The command `export`: a model for other tools."""

from pathlib import Path
from typing import Annotated

import typer

from enhance.evidence import read_evidence, say_evidence
from enhance.export.formats import Exported, Format, default_name, export_model, target_of
from enhance.export.onnxfile import facts_of
from enhance.export.zoodescription import Signature
from enhance.open import SHIPPED, load_model
from parfocal.answer import Answer, answering

OURS = Signature(name="Parfocal shipped", authors=("The Parfocal developers",), licence="BSD-3-Clause")
"""Of the model in the package, unless a person says otherwise."""


@answering
def export(
    model: Annotated[str, typer.Argument(help="A model folder, or `shipped`.")],
    form: Annotated[Format, typer.Option("--format", help="onnx: one file. bioimageio: a package with its tests.")],
    out: Annotated[Path | None, typer.Option("--out", help="The file, or a folder; without it, here.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="Of the model, in a package.")] = None,
    author: Annotated[list[str] | None, typer.Option("--author", help="In a package; may be given again.")] = None,
    licence: Annotated[str | None, typer.Option("--licence", help="In a package: as SPDX names it.")] = None,
) -> Answer:
    """Write a model for other tools: ONNX, or bioimage.io."""
    checkpoint = load_model(model)
    signature = _signature(model, name, tuple(author or ()), licence)
    tested = say_evidence(read_evidence(model, checkpoint))
    result = export_model(checkpoint, target_of(model, out, form), form, signature, tested=tested)
    keys = _keys(result) | {"facts": dict(facts_of(checkpoint, tested=tested))}
    closing = f"{checkpoint.statement.capitalize()}; {tested}."
    return Answer(keys=keys, says=(_says(result), *_missing(result, signature), closing))


def _signature(model: str, name: str | None, authors: tuple[str, ...], licence: str | None) -> Signature:
    given = OURS if model == SHIPPED else Signature(name=default_name(model))
    return Signature(name=name or given.name, authors=authors or given.authors, licence=licence or given.licence)


def _keys(result: Exported) -> dict[str, object]:
    return {
        "out": str(result.out),
        "format": result.format,
        "bytes": result.size_bytes,
        "max_abs_difference": result.agreement.largest,
        "limit": result.agreement.limit,
        "sizes": [list(size) for size in result.agreement.sizes],
        "tested_by": "onnxruntime" if result.format == "onnx" else "bioimageio.core test_model",
    }


def _says(result: Exported) -> str:
    agreement = result.agreement
    passed = "" if result.format == "onnx" else " test_model of bioimageio.core passed."
    return (
        f"{result.out}: {result.size_bytes / 1000:.0f} kB. It differs from `parfocal enhance` by at most "
        f"{agreement.largest:.1e} of the white level at {len(agreement.sizes)} sizes; {agreement.limit:.0e} is "
        f"allowed.{passed}"
    )


def _missing(result: Exported, signature: Signature) -> tuple[str, ...]:
    if result.format == "onnx":
        return ()
    lacking = [word for word, given in (("author", signature.authors), ("licence", signature.licence)) if not given]
    options = " and ".join(f"--{word}" for word in lacking)
    return (f"Before you share it, say whose it is: {options}.",) if lacking else ()
