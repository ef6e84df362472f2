"""Optimisation: a network in training with its optimiser, one step at a time."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from enhance.batches import Batch
from enhance.checkpoint import Weights
from enhance.errors import TrainingError
from enhance.loss import charbonnier_loss, paper_loss
from enhance.network import Architecture, Network
from enhance.recipes import Recipe

LOSSES: Mapping[str, Callable[[Tensor, Tensor], Tensor]] = {"paper": paper_loss, "charbonnier": charbonnier_loss}

Tensors = dict[str, Tensor]
FIRST, SECOND = "exp_avg", "exp_avg_sq"
"""What torch calls Adam's moments."""


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
    """A network and Adam.

    Parameters
    ----------
    recipe : Recipe
        Loss, clipping and initial weights.
    architecture : Architecture
        Of the network.
    seed : int
        Of the initial weights.
    device : str
        As torch names it.
    """

    def __init__(self, recipe: Recipe, architecture: Architecture, *, seed: int, device: str = "cpu") -> None:
        network = Network(architecture, seed=seed, tail_scale=recipe.tail_scale, entry_gain=recipe.entry_gain)
        self._network: Network = network.to(device=device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._adam = torch.optim.Adam(self._network.parameters(), lr=recipe.learning_rate)
        self._loss = LOSSES[recipe.loss]
        self._clip_norm = recipe.clip_norm
        self._device = device

    def step(self, batch: Batch, *, rate: float) -> float:
        """Take one step at this learning rate and return the loss before it."""
        for group in self._adam.param_groups:
            group["lr"] = rate
        self._adam.zero_grad()
        loss = self._loss(self._network(batch.low.to(self._device)), batch.high.to(self._device))
        loss.backward()  # type: ignore[no-untyped-call]
        if self._clip_norm < float("inf"):
            nn.utils.clip_grad_norm_(self._network.parameters(), self._clip_norm)
        self._adam.step()
        return float(loss.detach())

    def arrays(self) -> Weights:
        """Copy the weights out."""
        return {name: weight.numpy().copy() for name, weight in self.weights().items()}

    def weights(self) -> Tensors:
        """Return the weights by name, contiguous on the processor."""
        return {name: w.detach().cpu().contiguous() for name, w in self._network.named_parameters()}

    def moments(self) -> tuple[Tensors, Tensors]:
        """Return Adam's first and second moments by the names of the weights; empty before the first step."""
        states = {name: self._adam.state.get(w, {}) for name, w in self._network.named_parameters()}
        first, second = ({name: state[key] for name, state in states.items() if state} for key in (FIRST, SECOND))
        return first, second

    def restore(
        self, weights: Mapping[str, Tensor], first: Mapping[str, Tensor], second: Mapping[str, Tensor], *, step: int
    ) -> None:
        """Go back to what `weights` and `moments` gave after `step` steps, laid out in memory as then."""
        self._network.load_state_dict(dict(weights))
        if not step:
            return
        taken = torch.tensor(float(step))
        states = {
            number: {"step": taken.clone(), FIRST: _like(w, first[name]), SECOND: _like(w, second[name])}
            for number, (name, w) in enumerate(self._network.named_parameters())
        }
        self._adam.load_state_dict(self._adam.state_dict() | {"state": states})


def _like(weight: Tensor, values: Tensor) -> Tensor:
    return torch.empty_like(weight).copy_(values).detach()
