"""The command that scores a model on whole test sites."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import RenderableType

from enhance.engine import Engine
from enhance.errors import PairsError
from enhance.evaluate import evaluate as evaluate_model
from enhance.evaluation import Evaluation
from enhance.evidence import keep_evidence
from enhance.open import open_engine
from enhance.proof import evidence_of
from enhance.trainingset import open_training_set
from parfocal.answer import Answer, answering
from parfocal.bars import bar
from parfocal.evaluation_page import write_evaluation_page
from parfocal.evaluation_story import tell_evaluation
from parfocal.method_names import NAMES
from parfocal.scores_table import scores_table

SplitName = Literal["train", "validation", "test"]
AgainstName = Literal["truth", "frames"]


@answering
def evaluate(
    model: Annotated[str, typer.Argument(help="A model folder, or `shipped`.")],
    pairs: Annotated[Path, typer.Argument(help="A training set with test sites.")],
    out: Annotated[Path | None, typer.Option("--out", help="Folder for tables and page.")] = None,
    split: Annotated[SplitName, typer.Option("--split", help="Which sites.")] = "test",
    rival: Annotated[
        list[str] | None, typer.Option("--rival", help="Another model to score beside; repeat it.")
    ] = None,
    against: Annotated[
        AgainstName, typer.Option("--against", help="frames: the registered ones even where the truth is known.")
    ] = "truth",
) -> Answer:
    """Score whole test sites against classical methods and other networks."""
    engine = open_engine(model)
    with bar("Evaluating") as step:
        result = evaluate_model(
            engine, pairs, split=split, rivals=_rivals(rival or []), against=against, out=out, progress=step
        )
    keys = result.as_dict() | {"report": None}
    says: list[RenderableType] = [scores_table(result), *result.remarks]
    if out is not None:
        write_evaluation_page(tell_evaluation(result, engine, pairs), out / "report.html")
        keys["report"] = str(out / "report.html")
        says.append(f"The page is {out / 'report.html'}.")
    if split == "test":
        kept = _kept(result, model, engine, pairs)
        keys["evidence"] = str(kept)
        says.append(f"What it scored travels with the model: {kept}.")
    return Answer(keys=keys, says=tuple(says))


def _kept(result: Evaluation, model: str, engine: Engine, pairs: Path) -> Path:
    """Keep what was measured where `enhance` and `live` look for it."""
    data = open_training_set(pairs)
    return keep_evidence(evidence_of(result, engine.checkpoint, data, datetime.now(UTC)), model)


def _rivals(models: list[str]) -> dict[str, Engine]:
    """Open each rival under the name of its folder."""
    names = [Path(model).resolve().name for model in models]
    taken = [name for name in names if names.count(name) > 1 or name in NAMES]
    if taken:
        raise PairsError(f"the rival {taken[0]} has the name of another method in the table: rename its folder")
    return {name: open_engine(model) for name, model in zip(names, models, strict=True)}
