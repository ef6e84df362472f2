import numpy as np
import pytest
import torch
from torch import nn

from enhance.optimisers import memory_of, optimiser_of, remember

SHAPES = {"few": (3, 3, 3, 3), "usual": (32, 32, 3, 3), "long": (700, 2, 3, 3), "bias": (700,)}
"""Of the third, the first axis is too long to have a basis; SOAP sets one of length 1 before it."""


def weights():
    generator = torch.Generator().manual_seed(0)
    drawn = {name: torch.randn(shape, generator=generator) for name, shape in SHAPES.items()}
    return {name: nn.Parameter(_channels_last(values)) for name, values in drawn.items()}


def take_steps(optimiser, named, *, first, count):
    for step in range(first, first + count):
        generator = torch.Generator().manual_seed(step)
        for weight in named.values():
            weight.grad = _channels_last(torch.randn(weight.shape, generator=generator))
        optimiser.step()


@pytest.mark.parametrize("kind", ["adam", "soap"])
@pytest.mark.parametrize("steps", [1, 2, 12])
def test_what_is_remembered_makes_another_take_the_very_steps(kind, steps):
    ours = weights()
    optimiser = optimiser_of(kind, list(ours.values()), rate=1e-2)
    take_steps(optimiser, ours, first=0, count=steps)
    theirs = {name: nn.Parameter(weight.detach().clone()) for name, weight in ours.items()}
    other = optimiser_of(kind, list(theirs.values()), rate=1e-2)
    memory = {name: tensor.clone() for name, tensor in memory_of(optimiser, ours).items()}
    remember(other, theirs, memory, step=steps)
    for each, named in ((optimiser, ours), (other, theirs)):
        take_steps(each, named, first=steps, count=11)
    assert all(torch.equal(ours[name], theirs[name]) for name in SHAPES)


@pytest.mark.parametrize("kind", ["adam", "soap"])
def test_nothing_is_remembered_before_the_first_step(kind):
    named = weights()
    assert memory_of(optimiser_of(kind, list(named.values()), rate=1e-2), named) == {}


def test_a_convolution_has_a_basis_of_its_outputs_and_one_of_its_inputs_and_taps():
    named = weights()
    optimiser = optimiser_of("soap", list(named.values()), rate=1e-2)
    take_steps(optimiser, named, first=0, count=12)
    bases = {
        name: tuple(basis.shape) for name, basis in memory_of(optimiser, named).items() if name.startswith("bases/")
    }
    assert bases == {
        **{f"bases/few/{axis}": (3, 3) for axis in range(4)},
        "bases/usual/0": (32, 32),
        "bases/usual/1": (288, 288),
        "bases/long/0": (1, 1),
        "bases/long/1": (0,),
        "bases/long/2": (18, 18),
        "bases/bias/0": (0,),
    }
    basis = memory_of(optimiser, named)["bases/usual/1"].numpy()
    assert np.abs(basis.T @ basis - np.eye(288)).max() < 1e-4


def _channels_last(values):
    return values.to(memory_format=torch.channels_last) if values.ndim == 4 else values
