"""Commands of the network: train, evaluate, enhance."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import RenderableType
from rich.table import Table

from enhance.apply import Applied, Output, enhance_path
from enhance.evaluate import evaluate as evaluate_model
from enhance.evaluation import Evaluation
from enhance.open import open_engine
from enhance.train import TrainResult
from enhance.train import train as train_model
from parfocal.answer import Answer, answering
from parfocal.bars import bar
from parfocal.evaluation_story import tell_evaluation
from parfocal.report import write_report
from parfocal.training_bar import TrainingBar

RecipeName = Literal["fast", "paper"]
SplitName = Literal["train", "validation", "test"]


@answering
def train(
    pairs: Annotated[Path, typer.Argument(help="What `parfocal pairs` wrote.")],
    out: Annotated[Path, typer.Option("--out", help="The model folder; the same one again resumes.")],
    recipe: Annotated[RecipeName, typer.Option("--recipe", help="paper: to the letter. fast: minutes.")] = "fast",
    steps: Annotated[int | None, typer.Option("--steps", min=1, help="Budget in steps.")] = None,
    minutes: Annotated[float | None, typer.Option("--minutes", min=0.01, help="Budget in minutes.")] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of weights and batches.")] = 0,
    device: Annotated[str, typer.Option("--device", help="cpu, cuda, …")] = "cpu",
) -> Answer:
    """Train the network; the same command resumes."""
    with bar("Training") as step:
        result = train_model(
            pairs,
            out,
            recipe=recipe,
            steps=steps,
            minutes=minutes,
            seed=seed,
            device=device,
            progress=TrainingBar(step),
        )
    return Answer(keys=training_keys(result), says=(_training_says(result), *result.remarks))


@answering
def evaluate(
    model: Annotated[str, typer.Argument(help="A model folder, or `shipped`.")],
    pairs: Annotated[Path, typer.Argument(help="A training set with test sites.")],
    out: Annotated[Path | None, typer.Option("--out", help="Folder for tables and page.")] = None,
    split: Annotated[SplitName, typer.Option("--split", help="Which sites.")] = "test",
) -> Answer:
    """Score whole test sites against classical baselines."""
    engine = open_engine(model)
    with bar("Evaluating") as step:
        result = evaluate_model(engine, pairs, split=split, out=out, progress=step)
    keys = result.as_dict() | {"report": None}
    says: list[RenderableType] = [scores_table(result), *result.remarks]
    if out is not None:
        write_report(tell_evaluation(result, engine, pairs), out / "report.html")
        keys["report"] = str(out / "report.html")
        says.append(f"The page is {out / 'report.html'}.")
    return Answer(keys=keys, says=tuple(says))


@answering
def enhance(
    source: Annotated[Path, typer.Argument(metavar="INPUT", help="A picture, or a folder of pictures.")],
    out: Annotated[Path, typer.Argument(help="The enhanced picture, or a folder for them.")],
    model: Annotated[str, typer.Option("--model", help="A model folder, or `shipped`.")],
    passes: Annotated[int, typer.Option("--passes", min=1, max=2, help="2: one cycle of self-feeding.")] = 1,
    white_level: Annotated[
        float | None, typer.Option("--white-level", min=1, help="Pixel value of saturation, e.g. 4095 for 12 bits.")
    ] = None,
) -> Answer:
    """Enhance any picture, at any size."""
    engine = open_engine(model)
    with bar("Enhancing") as step:
        result = enhance_path(
            source,
            out,
            engine,
            passes=passes,
            white_level=white_level,
            progress=lambda done, total, path: step(done, total, path.name),
        )
    return _applied(result)


def training_keys(result: TrainResult) -> dict[str, object]:
    """Say what a training came to, for scripts."""
    return asdict(result) | {"model": str(result.model)}


def _training_says(result: TrainResult) -> str:
    gain = result.validation["psnr_db"] - result.bicubic["psnr_db"]
    state = "" if result.finished else " (stopped: the same command goes on)"
    return (
        f"{result.steps} steps in {result.seconds:.0f} s, {gain:+.2f} dB over bicubic on the validation sites{state}."
    )


def _applied(result: Applied) -> Answer:
    keys = asdict(result) | {"outputs": [_output(output) for output in result.outputs]}
    lines = [f"{output.out}: {output.shape[1]}×{output.shape[0]} pixels" for output in result.outputs]
    notes = [f"{output.source.name}: {note}" for output in result.outputs for note in output.notes]
    closing = f"Enhanced by {result.engine} in {result.seconds:.1f} s. {result.statement.capitalize()}."
    return Answer(keys=keys, says=(*lines, *notes, *result.notes, *result.skipped, closing))


def _output(output: Output) -> dict[str, object]:
    return asdict(output) | {"out": str(output.out), "source": str(output.source), "shape": list(output.shape)}


def scores_table(result: Evaluation) -> Table:
    """Return the mean scores as a table for people."""
    table = Table("method", "PSNR dB", "SSIM", title="Tissue of the test sites", title_justify="left", show_edge=False)
    for name, score in result.methods.items():
        table.add_row(name, f"{score.psnr_db:.2f}", f"{score.ssim:.4f}")
    return table
