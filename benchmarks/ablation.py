"""What each choice of the recipe `fast` is worth: one training a choice, all of the same length, on the same pairs.

    python -m benchmarks.ablation PAIRS --out DIR [--minutes 2 | --steps 600] [--seeds 0 1] [--only ema mixing] [--list]

Broken off and started again it goes on where it was: in the middle of a training, and with the scores it has. The table
is printed and written as DIR/ablation.md. Nothing else should run; one seed decides nothing under 0.2 dB.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from enhance.architecture import Kind
from enhance.atomic import write_whole
from enhance.baselines import bicubic
from enhance.bitdepth import as_bytes, white_of
from enhance.engine import Engine
from enhance.lamp import reference_of
from enhance.metrics import score
from enhance.open import open_engine
from enhance.recipes import FAST, PAPER, Recipe, recipe_named
from enhance.tissue import tissue_of
from enhance.train import train
from enhance.trainingset import Split, TrainingSet, open_training_set
from enhance.validation import trimmed

BORDER_PX = 35
"""Left out at each side of every picture: the widest context of all networks, 14 px, enlarged by 5/2."""
ROW_FILE = "ablation.json"
Numbers = dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One training: a recipe, and the network it teaches."""

    recipe: Recipe = FAST
    network: Kind = "rivenson"


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """How long each training is: steps, or minutes."""

    steps: int | None
    minutes: float | None


def _fast(**changes: Any) -> Variant:
    return Variant(recipe=replace(FAST, **changes))


VARIANTS: Mapping[str, Variant] = {
    "fast": Variant(),
    "without bicubic skip": _fast(skip="none"),
    "loss of the paper": _fast(loss="paper"),
    "rate 1e-3": _fast(learning_rate=1e-3),
    "rate never falls": _fast(decay=0.0),
    "rate falls over half": _fast(decay=0.5),
    "no clipping": _fast(clip_norm=float("inf")),
    "not turned": _fast(dihedral=False),
    "zero padding": _fast(padding="zero"),
    "plain beginning": _fast(tail_scale=1.0, entry_gain=1.0),
    "batches of 8": _fast(batch=8),
    "crops of 32": _fast(crop_px=32, batch=9),
    "ema 0.99": _fast(ema=0.99),
    "places anywhere": _fast(textured=0.0),
    "all textured": _fast(textured=1.0),
    "mixing 0.2": _fast(mixing=0.2),
    "mixing 0.5": _fast(mixing=0.5),
    "late batches of 8": _fast(late_batch=8),
    "sites made even": _fast(even=1.0),
    "with Adam": _fast(optimiser="adam"),
    "in float32": _fast(precision="float32"),
    "with Adam in float32": _fast(optimiser="adam", precision="float32"),
    "paper": Variant(recipe=PAPER),
    "srcnn": Variant(recipe=recipe_named("fast", "srcnn"), network="srcnn"),
    "espcn": Variant(network="espcn"),
    "edsr": Variant(network="edsr"),
}
"""Each is the recipe `fast` with one thing changed; the last four are whole recipes or networks of others."""


def main() -> None:
    """Train and score what is asked for, and print the table."""
    arguments = _arguments()
    if arguments.list:
        print(*VARIANTS, sep="\n")
        return
    chosen = arguments.only or list(VARIANTS)
    length = Length(steps=arguments.steps, minutes=None if arguments.steps else arguments.minutes)
    data = open_training_set(arguments.pairs)
    rows: dict[str, list[Numbers]] = {}
    for seed in arguments.seeds:
        for name in chosen:
            folder = arguments.out / f"{name.replace(' ', '-')}-{seed}"
            rows.setdefault(name, []).append(row_of(data, VARIANTS[name], folder, seed=seed, length=length))
            print(_line(name, rows[name]), flush=True)
    table = "\n".join(table_of(data, rows, length, len(arguments.seeds)))
    write_whole(arguments.out / "ablation.md", f"{table}\n".encode())
    print(f"\n{table}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--only", nargs="+", choices=list(VARIANTS))
    parser.add_argument("--list", action="store_true")
    return parser.parse_args()


def row_of(data: TrainingSet, variant: Variant, folder: Path, *, seed: int, length: Length) -> Numbers:
    """Train one variant to its end, unless its row is there, and score it on validation and test sites.

    A row counts for the very recipe that made it: `fast` itself changes, and rows of two of them are no comparison.
    """
    path = folder / ROW_FILE
    recipe = {"recipe": variant.recipe.identity(), "network": variant.network}
    asked = {**asdict(length), "data": data.card.data_sha256, **recipe}
    if path.is_file() and (found := json.loads(path.read_text()))["asked"] == asked:
        return dict(found["row"])
    result = train(data.folder, folder, recipe=variant.recipe, network=variant.network, seed=seed, **asdict(length))
    if not result.finished:
        sys.exit("stopped: the same command goes on")
    engine = open_engine(folder)
    row: Numbers = {"steps": result.steps, "seconds": result.seconds}
    for split in ("validation", "test"):
        row |= {f"{split}_{name}": value for name, value in mean_scores(data, split, engine).items()}
    write_whole(path, json.dumps({"asked": asked, "row": row}).encode())
    return row


def mean_scores(data: TrainingSet, split: Split, engine: Engine | None) -> Numbers:
    """PSNR and SSIM in tissue, mean over whole sites, of an engine or, without one, of the bicubic enlargement."""
    found = np.array(list(_scores(data, split, engine))) if data.of(split) else np.full((1, 2), np.nan)
    return dict(zip(("psnr_db", "ssim"), found.mean(axis=0).tolist(), strict=True))


def _scores(data: TrainingSet, split: Split, engine: Engine | None) -> Iterator[tuple[float, float]]:
    card = data.card
    for site in data.of(split):
        truth = trimmed(reference_of(data, site), BORDER_PX)
        low = np.array(data.picture(site, "low"))
        picture = engine.enhance(low, white_level=white_of(low)) if engine else bicubic(low, card.ratio)
        told = score(trimmed(as_bytes(picture), BORDER_PX), truth, tissue_of(truth, card), data_range=card.white_level)
        yield told.psnr_db, told.ssim


def table_of(data: TrainingSet, rows: Mapping[str, Sequence[Numbers]], length: Length, seeds: int) -> Iterator[str]:
    """Give the lines of the table: mean over the seeds, gains over bicubic."""
    below = {split: mean_scores(data, split, None) for split in ("validation", "test")}
    each = f"{length.steps} steps" if length.steps else f"{length.minutes:g} minutes"
    kind = "simulated" if data.card.simulated else "captured"
    yield f"Gain over bicubic in tissue of {kind} sites, {each} each, mean over {seeds} seed(s)."
    yield ""
    yield "| variant | steps | validation dB | validation SSIM | test dB | test SSIM |"
    yield "|---|---|---|---|---|---|"
    for name, found in rows.items():
        mean = {key: float(np.mean([row[key] for row in found])) for key in found[0]}
        cells = [
            f"{mean[f'{split}_{key}'] - below[split][key]:+.{digits}f}"
            for split in ("validation", "test")
            for key, digits in (("psnr_db", 2), ("ssim", 4))
        ]
        yield f"| {name} | {mean['steps']:.0f} | {' | '.join(cells)} |"


def _line(name: str, found: Sequence[Numbers]) -> str:
    last = found[-1]
    return (
        f"{name}: {last['steps']:.0f} steps in {last['seconds']:.0f} s, test {last['test_psnr_db']:.2f} dB, "
        f"SSIM {last['test_ssim']:.4f}"
    )


if __name__ == "__main__":
    main()
