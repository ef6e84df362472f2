"""Trains the weights that ship, and what they are compared with, on what `benchmarks.slides` captured.

    python -m benchmarks.weights FOLDER [--only NAME] [--ship]

Every training is resumable: the same command goes on. `--ship` copies FOLDER/models/shipped into the package. On two
cores: first 88 minutes where bfloat16 is fast and shipped, which goes on from it, 12 where it is not; the others 10
minutes or less each.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.slides import FAMILIES, pair, slides
from enhance.architecture import KINDS, Kind
from enhance.checkpoint import load, save
from enhance.origin import DIGITS
from enhance.recipes import FAST, Recipe
from enhance.train import VALIDATE_EVERY, train
from enhance.trainingset import open_training_set
from enhance.trust.look import look_of
from parfocal.bars import bar
from parfocal.training_bar import TrainingBar

RIVAL_MINUTES = 10.0
FAMILY_MINUTES = 5.0
PAPER_STEPS = 300
FIRST = replace(FAST, decay=0.6, steps=42_000, batch=8, even=1.0, chosen_by=18)
"""In an hour batches may be larger and the rate fall for longer than in minutes; the slides differ more than those of
one user, so their sites are made even, and all validation sites choose."""
SHIPPED = replace(FIRST, learning_rate=1e-3, decay=0.8, steps=2_000)
"""Goes on from what `FIRST` made, as it did when the slides were captured anew (decision 39): what shipped began with
the weights of decision 38, which were taught on slides of one focus offset with inputs in bytes."""
SHIPPED_VALIDATE_EVERY = 500
FAMILIAR_PERFECT_SEED = "6200"
"""Of the tissue without faults that says what is familiar."""
WEIGHTS = Path(__file__).parents[1] / "enhance" / "weights" / "shipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One training.

    Parameters
    ----------
    name : str
        Of its folder.
    pairs : str
        Of the training set.
    recipe : Recipe or str
        How, or as `parfocal train` names it.
    network : str
        As `parfocal train` names it.
    steps, minutes : optional
        Its budget.
    validate_every : int
        Steps between validations.
    begin : str, optional
        Name of the one whose weights it begins with.
    """

    name: str
    pairs: str = "pairs-training"
    recipe: Recipe | str = "fast"
    network: Kind = "rivenson"
    steps: int | None = None
    minutes: float | None = None
    validate_every: int = VALIDATE_EVERY
    begin: str | None = None


def models() -> Iterator[Model]:
    """All of them, the shipped one and what it begins with first."""
    yield Model(name="first", recipe=FIRST, validate_every=SHIPPED_VALIDATE_EVERY)
    yield Model(name="shipped", recipe=SHIPPED, validate_every=SHIPPED_VALIDATE_EVERY, begin="first")
    for network in KINDS:
        yield Model(name=f"ten-minutes-{network}", pairs="pairs-mixed", network=network, minutes=RIVAL_MINUTES)
    for family in ("lung", "kidney"):
        yield Model(name=f"only-{family}", pairs=f"pairs-{family}", minutes=FAMILY_MINUTES)
    yield Model(name="paper", pairs="pairs-mixed", recipe="paper", steps=PAPER_STEPS)


def make(folder: Path, model: Model) -> None:
    """Train one of them, or go on with it."""
    pairs = folder / model.pairs
    if model.name.startswith("only-") and not pairs.is_dir():
        _pair_family(folder, model.name.removeprefix("only-"))
    with bar(f"Training {model.name}") as step:
        result = train(
            pairs,
            folder / "models" / model.name,
            recipe=model.recipe,
            network=model.network,
            steps=model.steps,
            minutes=model.minutes,
            validate_every=model.validate_every,
            begin=load(folder / "models" / model.begin) if model.begin else None,
            progress=TrainingBar(step),
        )
    if not result.finished:
        sys.exit("stopped: the same command goes on")
    gain = result.validation["psnr_db"] - result.bicubic["psnr_db"]
    print(f"{model.name}: {result.steps} steps in {result.seconds:.0f} s, {gain:+.2f} dB over bicubic on validation")


def ship(folder: Path) -> None:
    """Copy the trained weights into the package, without the state of their training.

    What is familiar to them is taken from tissue alone, for photographs have no true scale and would have the flag take
    any pixel size for known; and from few slides without faults, for with all of them another scanned section passed
    for familiar (decision 38).
    """
    first, trained = (load(folder / "models" / name) for name in ("first", "shipped"))
    if first.weights_sha256[:DIGITS] not in trained.recipe:
        sys.exit(f"models/shipped of {folder} did not begin with its models/first: train it again")
    data = open_training_set(folder / "pairs-training")
    tissue = tuple(site for site in data.sites if _is_familiar(site.slide))
    look = look_of(replace(data, sites=tissue))
    shipped = replace(
        trained,
        recipe=f"fast, sites made even, {SHIPPED.batch} pictures in a step; the last {trained.steps} steps after "
        f"{first.steps} which made the weights {first.weights_sha256[:DIGITS]}",
        steps=first.steps + trained.steps,
        ranges=look.ranges,
        familiar=look.familiar,
    )
    save(shipped, WEIGHTS)


def _is_familiar(slide: str) -> bool:
    """Whether the sites of a slide, by its name, say what is familiar."""
    kind, seed, faults = slide.split("-")
    return kind in FAMILIES and (faults == "realistic" or seed == FAMILIAR_PERFECT_SEED)


def main() -> None:
    """Train what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", choices=[model.name for model in models()])
    parser.add_argument("--ship", action="store_true")
    told = parser.parse_args()
    if told.ship:
        ship(told.folder)
        return
    for model in models():
        if told.only in (None, model.name):
            make(told.folder, model)


def _pair_family(folder: Path, family: str) -> None:
    if family not in FAMILIES:
        raise SystemExit(f"{family} is no family of tissue: choose one of {list(FAMILIES)}")
    pair(folder, family, [slide for slide in slides() if slide.kind == family and slide.faults == "realistic"])


if __name__ == "__main__":
    main()
