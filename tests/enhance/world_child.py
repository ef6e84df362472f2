"""Train as one of those that torchrun started: PAIRS OUT, and perhaps the step at which the last is killed."""

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import torch

from enhance.errors import TrainingError
from enhance.recipes import FAST, PAPER
from enhance.train import train
from enhance.world import joined_world

FAST_TINY = replace(FAST, batch=4, crop_px=16, warm_up_steps=5, late_batch=6, ema=0.9, optimiser="soap")
PAPER_TINY = replace(PAPER, batch=6)
STEPS = 20
STOP_AT = 5


def main(pairs, out, kill_at=None):
    last = int(os.environ["RANK"]) == int(os.environ["WORLD_SIZE"]) - 1

    def signalling(step, number):
        return lambda progress: os.kill(os.getpid(), number) if last and progress.step == step else None

    if kill_at:
        fast(pairs, out / "killed", progress=signalling(kill_at, signal.SIGKILL))
    with joined_world("cpu") as world:
        mine = [torch.full((2, 3), float(world.rank)), torch.full((4,), 10.0 + world.rank)]
        world.share(mine)
        sys.stdout.write(f"shared {[sorted(set(tensor.flatten().tolist())) for tensor in mine]}\n")
    fast(pairs, out / "fast")
    paper(pairs, out / "paper")
    stopped = fast(pairs, out / "stopped", progress=signalling(STOP_AT, signal.SIGTERM))
    sys.stdout.write(f"stopped {stopped.steps} {stopped.finished} leads {stopped.leads}\n")
    fast(pairs, out / "stopped")


def fast(pairs, out, **options):
    return train(pairs, out, recipe=FAST_TINY, steps=STEPS, parts=2, validate_every=4, **options)


def paper(pairs, out):
    return train(pairs, out, recipe=PAPER_TINY, steps=STEPS, validate_every=7)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), Path(sys.argv[2]), *(int(argument) for argument in sys.argv[3:]))
    except TrainingError as error:
        sys.exit(f"in words: {error}")
