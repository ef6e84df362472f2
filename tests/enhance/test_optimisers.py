import numpy as np
import pytest
import torch
from torch import nn

from enhance.optimisers import memory_of, optimiser_of, remember

SHAPES = {"few": (3, 3, 3, 3), "usual": (32, 48, 3, 3), "long": (3 * 27**2, 2, 3, 3), "bias": (700,)}
"""Of the third, the first axis is too long to have a basis."""


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
    memory = {name: tensor.clone() for name, tensor in memory_of(optimiser, list(ours)).items()}
    remember(other, list(theirs), memory, step=steps)
    for each, named in ((optimiser, ours), (other, theirs)):
        take_steps(each, named, first=steps, count=11)
    assert all(torch.equal(ours[name], theirs[name]) for name in SHAPES)


@pytest.mark.parametrize("kind", ["adam", "soap"])
def test_nothing_is_remembered_before_the_first_step(kind):
    named = weights()
    assert memory_of(optimiser_of(kind, list(named.values()), rate=1e-2), list(named)) == {}


def test_a_convolution_has_a_basis_of_its_outputs_and_one_of_its_taps_and_inputs():
    named = weights()
    optimiser = optimiser_of("soap", list(named.values()), rate=1e-2)
    take_steps(optimiser, named, first=0, count=12)
    memory = memory_of(optimiser, list(named))
    bases = {name: tuple(basis.shape) for name, basis in memory.items() if name.startswith("bases/")}
    assert bases == {
        "bases/few/0": (3, 3),
        "bases/few/1": (27, 27),
        "bases/usual/0": (32, 32),
        "bases/usual/1": (432, 432),
        "bases/long/0": (0,),
        "bases/long/1": (18, 18),
        "bases/bias/0": (0,),
    }
    basis = memory["bases/usual/1"].numpy()
    assert np.abs(basis.T @ basis - np.eye(432)).max() < 1e-4


def test_each_step_is_adam_seen_from_the_bases():
    """Of the second step, from the first's gradient, which only makes the bases: worked out anew in float64."""
    named = weights()
    optimiser = optimiser_of("soap", list(named.values()), rate=1e-2)
    take_steps(optimiser, named, first=0, count=1)
    before, left, right = (
        each.double().numpy()
        for each in (named["usual"].detach().permute(0, 2, 3, 1).reshape(32, 432), *bases_of(optimiser, named))
    )
    take_steps(optimiser, named, first=1, count=1)
    after = named["usual"].detach().permute(0, 2, 3, 1).reshape(32, 432).double().numpy()
    gradient = named["usual"].grad.permute(0, 2, 3, 1).reshape(32, 432).double().numpy()
    seen = left.T @ gradient @ right
    first = (0.05 * seen) / (1 - 0.95)
    second = (0.05 * seen**2) / (1 - 0.95)
    expected = before - 1e-2 * left @ (first / np.sqrt(second)) @ right.T
    step = np.abs(after - before).max()
    assert step > 1e-3
    assert np.abs(after - expected).max() < 1e-3 * step


def test_what_is_remembered_goes_to_where_the_weights_are():
    named = weights()
    optimiser = optimiser_of("soap", list(named.values()), rate=1e-2)
    take_steps(optimiser, named, first=0, count=2)
    far = {name: nn.Parameter(weight.detach().to("meta")) for name, weight in named.items()}
    other = optimiser_of("soap", list(far.values()), rate=1e-2)
    remember(other, list(far), memory_of(optimiser, list(named)), step=2)
    assert {tensor.device.type for tensor in memory_of(other, list(far)).values() if tensor.numel()} == {"meta"}


def bases_of(optimiser, named):
    memory = memory_of(optimiser, list(named))
    return memory["bases/usual/0"].clone(), memory["bases/usual/1"].clone()


def _channels_last(values):
    return values.to(memory_format=torch.channels_last) if values.ndim == 4 else values
