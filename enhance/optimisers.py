"""Optimisers: Adam, and SOAP, with all that each remembers from step to step as named tensors.

SOAP (Vyas et al., "SOAP: Improving and Stabilizing Shampoo using Adam", https://arxiv.org/abs/2409.11321) is Adam in
the eigenbases of the gradient's two correlations, among a convolution's outputs and among its inputs and taps.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import torch
from pytorch_optimizer import SOAP
from torch import Tensor, nn
from torch.optim import Optimizer

Kind = Literal["adam", "soap"]
Memory = Mapping[str, Tensor]
"""By ``what/weight``, and ``what/weight/axis`` where there is one for each axis."""

MOMENTS = {"first_moments": "exp_avg", "second_moments": "exp_avg_sq"}
"""What is remembered of every weight, and torch's names for it."""
AXES = {"correlations": "GG", "bases": "Q"}
"""What SOAP remembers of each axis of a weight, and its names for it."""
LONGEST_AXIS = 600
"""A convolution's axes are put together up to this length: those of 62 channels become 62 outputs by 558 inputs and
taps."""
FEW = 1000
"""Numbers up to which a weight keeps its axes apart; pytorch_optimizer 4.1 fails on what fits into one axis."""
SOAP_MEANS = (0.95, 0.95)
"""How much of their running means the moments and correlations keep; what its authors take."""
SOAP_TURNS = 10
"""Steps between two turns of the bases; theirs too."""


def optimiser_of(kind: Kind, weights: Sequence[nn.Parameter], *, rate: float) -> Optimizer:
    """Make an optimiser of weights."""
    if kind == "adam":
        return torch.optim.Adam(weights, lr=rate)
    large = [weight for weight in weights if weight.numel() > FEW]
    small = [weight for weight in weights if weight.numel() <= FEW]
    return SOAP(
        [{"params": large, "merge_dims": True}, {"params": small, "merge_dims": False}],
        lr=rate,
        betas=SOAP_MEANS,
        weight_decay=0.0,
        precondition_frequency=SOAP_TURNS,
        max_precondition_dim=LONGEST_AXIS,
    )


def memory_of(optimiser: Optimizer, weights: Mapping[str, nn.Parameter]) -> Memory:
    """Return what an optimiser remembers of weights by name; nothing before the first step."""
    return dict(_remembered(optimiser, weights))


def remember(optimiser: Optimizer, weights: Mapping[str, nn.Parameter], memory: Memory, *, step: int) -> None:
    """Have an optimiser know what `memory_of` told of one of its kind after `step` steps, laid out in memory alike."""
    for group in optimiser.param_groups:
        group["step"] = step  # SOAP's count, which Adam does not read
    for name, weight in weights.items():
        state: dict[str, Any] = {
            key: torch.empty_like(weight).copy_(memory[f"{what}/{name}"]).detach() for what, key in MOMENTS.items()
        }
        if isinstance(optimiser, SOAP):
            state |= {key: _of_axes(memory, f"{what}/{name}") for what, key in AXES.items()}
            state |= {"precondition_frequency": SOAP_TURNS, "shampoo_beta": SOAP_MEANS[1]}
        else:
            state["step"] = torch.tensor(float(step))
        optimiser.state[weight] = state


def _remembered(optimiser: Optimizer, weights: Mapping[str, nn.Parameter]) -> Iterator[tuple[str, Tensor]]:
    for name, weight in weights.items():
        state = optimiser.state.get(weight, {})
        yield from ((f"{what}/{name}", state[key]) for what, key in MOMENTS.items() if key in state)
        for what, key in AXES.items():
            for axis, matrix in enumerate(state.get(key, ())):
                yield f"{what}/{name}/{axis}", matrix if len(matrix) else torch.empty(0)  # a bias, or too long an axis


def _of_axes(memory: Memory, name: str) -> list[Tensor]:
    return [memory[key].clone() for key in sorted(memory) if key.rpartition("/")[0] == name]
