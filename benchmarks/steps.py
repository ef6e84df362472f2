"""How long a step of training takes with each optimiser and precision, as ratios in one run.

    python -m benchmarks.steps [--pictures 4 8 16] [--threads 2] [--laps 5]

Every lap times all kinds one after the other, so that a machine that slows down slows all of them; told is the median
over the laps. Nothing else should run.
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from statistics import median

import torch

from enhance.batches import Batch
from enhance.memory import keep_freed_memory
from enhance.networks import standard_architecture
from enhance.optimisation import Optimisation
from enhance.precision import has_bfloat16
from enhance.recipes import FAST, Recipe

RATIO = (5, 2)
RATE = 1e-4
STEPS = 10
"""In one lap: of these SOAP turns its bases in one."""


def kinds() -> Iterator[tuple[str, Recipe]]:
    """Give what is compared, by name; the first is what the others are divided by."""
    for optimiser, precision in product(("adam", "soap"), ("float32", "mixed")):
        yield f"{optimiser}, {precision}", replace(FAST, optimiser=optimiser, precision=precision)


def pictures(count: int) -> Batch:
    """Noise: a step takes the same time whatever it sees."""
    side, (p, q) = FAST.crop_px, RATIO
    low, high = (torch.rand(count, 3, length, length) for length in (side, side * p // q))
    return Batch(low=low.to(memory_format=torch.channels_last), high=high)


def milliseconds(optimisation: Optimisation, batch: Batch) -> float:
    """Mean time of a step in one lap."""
    begun = time.perf_counter()
    for _ in range(STEPS):
        optimisation.step([batch], count=len(batch.low), rate=RATE)
    return 1e3 * (time.perf_counter() - begun) / STEPS


def main() -> None:
    """Time them and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, nargs="+", default=[4, 8, 16])
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--laps", type=int, default=5)
    told = parser.parse_args()
    keep_freed_memory()
    torch.set_num_threads(told.threads)
    network = standard_architecture("rivenson", ratio=RATIO, padding=FAST.padding, skip=FAST.skip)
    print(f"{told.threads} thread(s); bfloat16 of the processor's own: {'yes' if has_bfloat16('cpu') else 'no'}")
    print("| optimiser, precision | pictures | ms a step | ratio |\n|---|---|---|---|")
    for count in told.pictures:
        batch = pictures(count)
        trained = {name: Optimisation(recipe, network, seed=0) for name, recipe in kinds()}
        laps = [{name: milliseconds(each, batch) for name, each in trained.items()} for _ in range(told.laps + 1)]
        found = {name: median(lap[name] for lap in laps[1:]) for name in trained}  # in the first, memory is laid out
        first = next(iter(found.values()))
        for name, ms in found.items():
            print(f"| {name} | {count} | {ms:.0f} | {ms / first:.2f} |")


if __name__ == "__main__":
    main()
