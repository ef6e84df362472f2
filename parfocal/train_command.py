"""Train: the command that teaches a network, alone or in as many processes as torchrun started."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.text import Text

from enhance.open import load_model
from enhance.train import TrainResult
from enhance.train import train as train_model
from enhance.world import leads_here
from parfocal.answer import Answer, answering, people
from parfocal.bars import Bar, bar
from parfocal.training_bar import TrainingBar

RecipeName = Literal["fast", "paper"]
NetworkName = Literal["rivenson", "srcnn", "espcn", "edsr"]


@answering
def train(
    pairs: Annotated[Path, typer.Argument(help="What `parfocal pairs` wrote.")],
    out: Annotated[Path, typer.Option("--out", help="The model folder; the same one again resumes.")],
    recipe: Annotated[RecipeName, typer.Option("--recipe", help="paper: to the letter. fast: minutes.")] = "fast",
    network: Annotated[
        NetworkName, typer.Option("--network", help="rivenson is ours; the others are to compare it with.")
    ] = "rivenson",
    steps: Annotated[int | None, typer.Option("--steps", min=1, help="Budget in steps.")] = None,
    minutes: Annotated[float | None, typer.Option("--minutes", min=0.01, help="Budget in minutes.")] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of weights and batches.")] = 0,
    patience: Annotated[
        int | None, typer.Option("--patience", min=1, help="End after so many validations without a better SSIM.")
    ] = None,
    parts: Annotated[
        int | None, typer.Option("--parts", min=1, help="Parts of a batch; equally many come out alike in any world.")
    ] = None,
    tensorboard: Annotated[Path | None, typer.Option("--tensorboard", help="Folder for TensorBoard's curves.")] = None,
    begin: Annotated[
        str | None, typer.Option("--begin", help="A model folder, or shipped: begin with its weights, not random ones.")
    ] = None,
    device: Annotated[str, typer.Option("--device", help="cpu, cuda, …")] = "cpu",
) -> Answer:
    """Train the network; the same command resumes."""
    with _shown() as step:
        result = train_model(
            pairs,
            out,
            recipe=recipe,
            network=network,
            steps=steps,
            minutes=minutes,
            seed=seed,
            patience=patience,
            parts=parts,
            curves=tensorboard,
            warn=_warn,
            device=device,
            begin=load_model(begin) if begin is not None else None,
            progress=TrainingBar(step),
        )
    if not result.leads:  # the first process speaks for all
        raise typer.Exit
    return Answer(keys=training_keys(result), says=(_training_says(result), *result.remarks))


def training_keys(result: TrainResult) -> dict[str, object]:
    """Say what a training came to, for scripts."""
    return asdict(result) | {"model": str(result.model)}


@contextmanager
def _shown() -> Iterator[Bar]:
    """Show a bar, but on no terminal where another process already shows it."""
    with bar("Training", None if leads_here() else Console(quiet=True)) as step:
        yield step


def _warn(sentence: str) -> None:
    if leads_here():
        people().print(Text(f"parfocal: {sentence}"), soft_wrap=True)


def _training_says(result: TrainResult) -> str:
    gain = result.validation["psnr_db"] - result.bicubic["psnr_db"]
    state = "" if result.finished else " (stopped: the same command goes on)"
    return (
        f"{result.steps} steps in {result.seconds:.0f} s, {gain:+.2f} dB over bicubic on the validation sites{state}."
    )
