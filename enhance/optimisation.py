"""Optimisation: a network in training with its optimiser, one step at a time."""

from collections.abc import Callable, Iterable, Mapping
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from enhance.architecture import Architecture
from enhance.batches import Batch
from enhance.checkpoint import Weights
from enhance.errors import TrainingError
from enhance.loss import charbonnier_loss, paper_loss
from enhance.networks import build_network
from enhance.optimisers import Tensors, memory_of, optimiser_of, remember
from enhance.precision import has_bfloat16, in_bfloat16
from enhance.recipes import Recipe
from enhance.world import ALONE, World

LOSSES: Mapping[str, Callable[[Tensor, Tensor], Tensor]] = {"paper": paper_loss, "charbonnier": charbonnier_loss}


def check_device(device: str) -> None:
    """Try a device with one number.

    Raises
    ------
    TrainingError
        When torch does not know it, or it is not there.
    """
    try:
        float(torch.ones(1, device=device).sum())
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        first = str(error).splitlines()[0]
        raise TrainingError(
            f"training was asked for on device {device!r}, which cannot be used here ({first}): choose cpu, or install "
            "a torch that drives it"
        ) from error


class Optimisation:
    """A network and its optimiser.

    Parameters
    ----------
    recipe : Recipe
        Loss, optimiser, clipping, precision and initial weights.
    architecture : Architecture
        Of the network.
    seed : int
        Of the initial weights.
    world : World
        Those who take every step together, each with its part of the batch.

    Attributes
    ----------
    precision : {'float32', 'bfloat16'}
        What the convolutions are computed in.
    """

    def __init__(self, recipe: Recipe, architecture: Architecture, *, seed: int, world: World = ALONE) -> None:
        network = build_network(architecture, seed=seed, tail_scale=recipe.tail_scale, entry_gain=recipe.entry_gain)
        self._network: nn.Module = network.to(device=world.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.precision = _precision(recipe, world)
        rounded = self.precision == "bfloat16"
        self._forward = in_bfloat16(self._network, world.device) if rounded else self._network
        self._optimiser = optimiser_of(recipe.optimiser, self._weights, rate=recipe.learning_rate)
        self._loss = LOSSES[recipe.loss]
        self._clip_norm = recipe.clip_norm
        self._world = world
        self._ema = recipe.ema
        self._average: dict[str, Tensor] = self._copies() if recipe.ema else {}

    def begin_with(self, weights: Weights) -> None:
        """Have these weights, by name, before the first step instead of random ones."""
        copies = {name: torch.from_numpy(np.array(values)) for name, values in weights.items()}  # theirs stay theirs
        self._network.load_state_dict(copies)
        self._average = self._copies() if self._ema else {}

    def step(self, parts: Iterable[Batch], *, count: int, rate: float) -> float:
        """Take one step and return the loss before it.

        The gradients of all parts, here and in the other processes, are summed in double precision: who computes which
        part then makes no difference. In single precision it would, for Adam divides a small gradient by its own size.

        Parameters
        ----------
        parts : iterable of Batch
            Those of the batch that fall to this process.
        count : int
            Pictures in the whole batch.
        rate : float
            Learning rate.

        Returns
        -------
        float
            Mean over all pictures, each by its weight where they have some.
        """
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        total = torch.zeros(1 + sum(w.numel() for w in self._weights), dtype=torch.float64, device=self._world.device)
        for part in parts:
            total += len(part.low) / count * self._loss_and_gradient(part)
        self._world.sum(total)
        self._take_gradient(total[1:])
        if self._clip_norm < float("inf"):
            nn.utils.clip_grad_norm_(self._network.parameters(), self._clip_norm)
        self._optimiser.step()
        self._world.share(self._weights)  # eigenvectors come out otherwise on another kind of processor
        self._follow()
        return float(total[0])

    @property
    def _weights(self) -> list[nn.Parameter]:
        return list(self._network.parameters())

    def _loss_and_gradient(self, part: Batch) -> Tensor:
        """Return the mean loss of some pictures, and after it its gradient, as one line of float64."""
        self._network.zero_grad()
        output, label = self._forward(part.low.to(self._world.device)), part.high.to(self._world.device)
        loss = self._loss(output, label) if part.weight is None else self._weighted(output, label, part.weight)
        loss.backward()  # type: ignore[no-untyped-call]
        gradients = [w.grad.reshape(-1) for w in self._weights if w.grad is not None]
        return torch.cat([loss.detach().reshape(1), *gradients]).double()

    def _weighted(self, output: Tensor, label: Tensor, weight: Tensor) -> Tensor:
        """Return the mean over the pictures, each by its weight."""
        each = [self._loss(output[k : k + 1], label[k : k + 1]) for k in range(len(output))]
        return (torch.stack(each) * weight.to(self._world.device)).mean()

    def _take_gradient(self, line: Tensor) -> None:
        pieces = torch.split(line, [w.numel() for w in self._weights])
        for weight, values in zip(self._weights, pieces, strict=True):
            weight.grad = torch.empty_like(weight).copy_(values.view(weight.shape))

    def arrays(self) -> Weights:
        """Copy out the weights that a model is to have: their running mean where the recipe keeps one."""
        return {name: weight.numpy().copy() for name, weight in (self.average() or self.weights()).items()}

    def average(self) -> dict[str, Tensor]:
        """Return the running mean of the weights, contiguous on the processor; empty when the recipe keeps none."""
        return {name: mean.cpu().contiguous() for name, mean in self._average.items()}

    def weights(self) -> dict[str, Tensor]:
        """Return the weights by name, contiguous on the processor."""
        return {name: w.detach().cpu().contiguous() for name, w in self._network.named_parameters()}

    def memory(self) -> Tensors:
        """Return what the optimiser remembers, see `enhance.optimisers`; nothing before the first step."""
        return memory_of(self._optimiser, self._names)

    def restore(self, weights: Tensors, memory: Tensors, *, average: Tensors, step: int) -> None:
        """Go back to what `weights`, `memory` and `average` gave after `step` steps, laid out in memory as then.

        Raises
        ------
        KeyError, RuntimeError
            When something is missing, or of another size.
        """
        self._network.load_state_dict(dict(weights))
        self._average = {name: _like(w, average[name]) for name, w in self._average.items()}
        if step:
            remember(self._optimiser, self._names, memory, step=step)

    @property
    def _names(self) -> list[str]:
        return [name for name, _ in self._network.named_parameters()]

    def _copies(self) -> dict[str, Tensor]:
        return {name: w.detach().clone() for name, w in self._network.named_parameters()}

    @torch.no_grad()
    def _follow(self) -> None:
        """Move the running mean towards the weights."""
        for name, weight in self._network.named_parameters() if self._average else ():
            self._average[name].lerp_(weight, 1.0 - self._ema)


def _precision(recipe: Recipe, world: World) -> Literal["float32", "bfloat16"]:
    """Say what to compute in: all processes in the same, or their gradients would not be those of one batch."""
    rounded = recipe.precision == "mixed" and not world.any(not has_bfloat16(world.device))
    return "bfloat16" if rounded else "float32"


def _like(weight: Tensor, values: Tensor) -> Tensor:
    return torch.empty_like(weight).copy_(values).detach()
