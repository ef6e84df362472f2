"""Optimisers: Adam, and SOAP, with all that each remembers from step to step as named tensors.

SOAP (Vyas et al., "SOAP: Improving and Stabilizing Shampoo using Adam", https://arxiv.org/abs/2409.11321) is Adam in
the eigenbases of the gradient's two correlations: among a convolution's outputs, and among its taps and inputs.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import torch
from pytorch_optimizer import SOAP
from torch import Tensor, nn
from torch.optim import Optimizer

Method = Literal["adam", "soap"]
Tensors = Mapping[str, Tensor]

MOMENTS = {"first_moments": "exp_avg", "second_moments": "exp_avg_sq"}
"""What is remembered of every weight, as ``what/weight``, and what torch calls it."""
AXES = {"correlations": "GG", "bases": "Q"}
"""What SOAP remembers of each axis, as ``what/weight/axis``, and what it calls it; empty where an axis has none."""
LONGEST_AXIS = 2_000
"""An axis that is longer has no basis."""
MEANS_KEPT = (0.95, 0.95)
"""How much of their running means SOAP's moments keep, and its correlations as much as the second; as its authors."""
TURNED_EVERY = 10
"""Steps between two turns of SOAP's bases; as its authors."""


class MatrixSoap(SOAP):
    """SOAP for weights of which each convolution is one matrix: a row for each output, a column for each tap and input.

    Its first step only looks at the gradient.

    Parameters
    ----------
    weights : sequence of Parameter
        Channels last in memory.
    rate : float
        Learning rate.
    """

    def __init__(self, weights: Sequence[nn.Parameter], *, rate: float) -> None:
        self._seen = [(weight, _as_matrix(weight.detach())) for weight in weights]
        super().__init__(
            [matrix for _, matrix in self._seen],
            lr=rate,
            betas=MEANS_KEPT,
            weight_decay=0.0,
            precondition_frequency=TURNED_EVERY,
            max_precondition_dim=LONGEST_AXIS,
        )

    def step(self, closure: Any = None) -> Any:
        """Take one step with the gradients that the weights have."""
        for weight, matrix in self._seen:
            matrix.grad = None if weight.grad is None else _as_matrix(weight.grad)
        return super().step(closure)

    def update_pre_conditioner(self, grad: Tensor, state: dict[str, Any], *steps: Any, **options: Any) -> None:
        """Follow the correlations, and turn the bases; row by row in memory, as a saved state has them."""
        super().update_pre_conditioner(grad, state, *steps, **options)
        state["Q"] = [basis.contiguous() if len(basis) else basis for basis in state["Q"]]


def optimiser_of(method: Method, weights: Sequence[nn.Parameter], *, rate: float) -> Optimizer:
    """Make an optimiser of weights."""
    return torch.optim.Adam(weights, lr=rate) if method == "adam" else MatrixSoap(weights, rate=rate)


def memory_of(optimiser: Optimizer, names: Sequence[str]) -> Tensors:
    """Return what an optimiser remembers of its weights, named in their order; nothing before the first step."""
    return dict(_remembered(optimiser, names))


def remember(optimiser: Optimizer, names: Sequence[str], memory: Tensors, *, step: int) -> None:
    """Have an optimiser know what `memory_of` told of one of its kind after `step` steps.

    Raises
    ------
    KeyError, RuntimeError
        When something is missing, or of another size.
    """
    for group in optimiser.param_groups:
        group["step"] = step  # SOAP's count, which Adam does not read
    for name, weight in zip(names, _weights(optimiser), strict=True):
        state: dict[str, Any] = {
            key: torch.empty_like(weight).copy_(memory[f"{what}/{name}"]).detach() for what, key in MOMENTS.items()
        }
        if isinstance(optimiser, SOAP):
            state |= {key: _of_axes(memory, f"{what}/{name}", weight) for what, key in AXES.items()}
            state |= {"precondition_frequency": TURNED_EVERY, "shampoo_beta": MEANS_KEPT[1]}
        else:
            state["step"] = torch.tensor(float(step))
        optimiser.state[weight] = state


def _weights(optimiser: Optimizer) -> list[Tensor]:
    return [weight for group in optimiser.param_groups for weight in group["params"]]


def _as_matrix(weight: Tensor) -> Tensor:
    """Show a convolution (outputs, inputs, rows, columns), channels last in memory, as a matrix of the same numbers."""
    return weight.permute(0, 2, 3, 1).view(len(weight), -1) if weight.ndim > 1 else weight


def _remembered(optimiser: Optimizer, names: Sequence[str]) -> Iterator[tuple[str, Tensor]]:
    for name, weight in zip(names, _weights(optimiser), strict=True):
        state = optimiser.state.get(weight, {})
        yield from ((f"{what}/{name}", state[key]) for what, key in MOMENTS.items() if key in state)
        for what, key in AXES.items():
            for axis, matrix in enumerate(state.get(key, ())):
                yield f"{what}/{name}/{axis}", matrix if len(matrix) else torch.empty(0)


def _of_axes(memory: Tensors, name: str, weight: Tensor) -> list[Tensor]:
    """Return what is remembered of each axis as tensors of their own; an axis that has nothing keeps that."""
    found = [(length, memory[f"{name}/{axis}"]) for axis, length in enumerate(weight.shape)]
    return [(each.view(length, length) if len(each) else each).to(weight.device, copy=True) for length, each in found]
