"""World: the processes that train one network together, as torchrun starts them; alone when it did not.

Each takes its part of every batch and of every validation. Sums go through all of them, so that each holds the same
numbers and takes the same step; only the first writes.
"""

import atexit
import gc
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, distributed

from enhance.errors import TrainingError

CUDA = "cuda"
LEAVING_S = 0.5
LOST_WORDS = ("gloo", "nccl", "connection", "timed out")
"""What torch's message says when the others can no longer be reached; gloo raises a plain RuntimeError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One process among those that train together.

    Parameters
    ----------
    rank : int
        Its number, from 0.
    size : int
        How many there are.
    device : str
        What this one computes on, as torch names it.
    """

    rank: int = 0
    size: int = 1
    device: str = "cpu"

    @property
    def leads(self) -> bool:
        """Whether this is the one that writes and speaks."""
        return self.rank == 0

    @property
    def part(self) -> slice:
        """Which of the sites of a validation, or of the parts of a batch, are its own."""
        return slice(self.rank, None, self.size)

    def sum(self, values: Tensor) -> None:
        """Replace a tensor by its sum over all processes, the same in each of them."""
        if self.size > 1:
            distributed.all_reduce(values)

    def share(self, tensors: Sequence[Tensor]) -> None:
        """Replace tensors, in place, by those of the first process."""
        if self.size == 1:
            return
        line = torch.cat([tensor.detach().reshape(-1) for tensor in tensors])
        distributed.broadcast(line, src=0)
        with torch.no_grad():
            for tensor, values in zip(tensors, torch.split(line, [t.numel() for t in tensors]), strict=True):
                tensor.copy_(values.view(tensor.shape))

    def totals(self, values: Sequence[float]) -> list[float]:
        """Return each number summed over all processes, the same in each of them."""
        summed = torch.tensor(values, dtype=torch.float64, device=self.device)
        self.sum(summed)
        return [float(value) for value in summed.tolist()]

    def leaders(self, value: float) -> float:
        """Return the number that the first process has."""
        return self.totals([value if self.leads else 0.0])[0]

    def any(self, flag: bool) -> bool:
        """Whether it is true in at least one process."""
        return self.totals([float(flag)])[0] > 0


ALONE = World()


@contextmanager
def joined_world(device: str) -> Iterator[World]:
    """Join the processes that torchrun started.

    Parameters
    ----------
    device : str
        As torch names it. ``cuda`` becomes a card of its own for each process of a machine; they then talk by NCCL,
        otherwise by gloo.

    Yields
    ------
    World
        `ALONE` on `device` when there is only this process.

    Raises
    ------
    TrainingError
        When the others cannot be reached, or no longer.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield World(device=device)
        return
    with _reachable(size):
        _open_group(device)
        yield World(rank=distributed.get_rank(), size=size, device=_own(device))


def leads_here() -> bool:
    """Whether this process is the one that speaks, told from what torchrun set and before any world is joined."""
    return int(os.environ.get("RANK", "0")) == 0


def _open_group(device: str) -> None:
    """Open torch's process group once for all trainings of this process: one that was closed cannot be opened again."""
    if not distributed.is_initialized():
        distributed.init_process_group("nccl" if device.startswith(CUDA) else "gloo")
        atexit.register(_leave_group)


def _leave_group() -> None:
    """Leave, and give gloo's threads a moment to let go: one that still holds a result when Python ends aborts it."""
    distributed.destroy_process_group()
    gc.collect()
    time.sleep(LEAVING_S)


def _own(device: str) -> str:
    return f"{CUDA}:{os.environ.get('LOCAL_RANK', '0')}" if device == CUDA else device


@contextmanager
def _reachable(size: int) -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        if not any(word in str(error).lower() for word in LOST_WORDS):
            raise
        raise TrainingError(
            f"another of the {size} processes of this training ended or cannot be reached "
            f"({str(error).splitlines()[0]}): look at what it said; the same command goes on from the last state"
        ) from error
