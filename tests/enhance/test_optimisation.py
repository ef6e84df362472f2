from dataclasses import replace

import numpy as np
import pytest
import torch

from enhance.architecture import Architecture
from enhance.batches import Batch
from enhance.optimisation import Optimisation
from enhance.recipes import FAST, PAPER
from enhance.world import World

EXACT = replace(FAST, optimiser="adam", precision="float32")
SMALL = Architecture(width=3, blocks=1, growth=2, skip="bicubic")


@pytest.mark.parametrize("recipe", [EXACT, PAPER], ids=lambda recipe: recipe.name)
@pytest.mark.parametrize("shares", [(3, 3), (1, 5), (2, 3, 1)])
def test_the_gradient_over_parts_is_that_of_the_whole_batch_however_uneven_they_are(recipe, shares):
    whole, parted = gradient(recipe, (6,)), gradient(recipe, shares)
    assert np.abs(whole).max() > 0
    assert np.abs(whole - parted).max() <= 1e-13


def test_the_loss_told_is_the_mean_over_all_pictures():
    low, high = pictures()
    optimisation = Optimisation(FAST, SMALL, seed=1)
    singles = [Optimisation(FAST, SMALL, seed=1).step([cut(low, high, k, 1)], count=1, rate=0.0) for k in range(6)]
    assert optimisation.step([cut(low, high, 0, 6)], count=6, rate=0.0) == pytest.approx(np.mean(singles), rel=1e-6)


@pytest.mark.parametrize("recipe", [EXACT, PAPER], ids=lambda recipe: recipe.name)
def test_a_picture_that_weighs_twice_counts_as_two_and_one_that_weighs_nothing_as_none(recipe):
    low, high = pictures()
    shares = ((0, 1, [2.0]), (1, 3, [1.0, 0.0]))
    weighed = [Batch(low=low[k:n], high=high[k:n], weight=torch.tensor(weight)) for k, n, weight in shares]
    thrice = Batch(low=low[[0, 0, 1]], high=high[[0, 0, 1]])
    first, second = Optimisation(recipe, SMALL, seed=1), Optimisation(recipe, SMALL, seed=1)
    assert first.step(weighed, count=3, rate=1e-3) == pytest.approx(second.step([thrice], count=3, rate=1e-3))
    for name, moment in first.memory().items():
        if name.startswith("first_moments/"):
            assert moment.any()
            assert torch.allclose(moment, second.memory()[name], rtol=1e-4, atol=1e-8)


@pytest.mark.parametrize("optimiser", ["adam", "soap"])
@pytest.mark.parametrize("steps", [0, 1, 2, 10, 13])  # SOAP turns its bases after 11
def test_weights_memory_and_mean_that_were_restored_take_the_same_next_steps(optimiser, steps):
    recipe = replace(FAST, ema=0.7, optimiser=optimiser)
    low, high = pictures()
    first = Optimisation(recipe, SMALL, seed=1)
    for _ in range(steps):
        first.step([cut(low, high, 0, 3)], count=3, rate=1e-3)
    second = Optimisation(recipe, SMALL, seed=2)
    second.restore(first.weights(), first.memory(), average=first.average(), step=steps)
    for each in (first, second):
        for _ in range(12):
            each.step([cut(low, high, 3, 3)], count=3, rate=1e-3)
    assert all(torch.equal(value, second.weights()[name]) for name, value in first.weights().items())
    assert all(np.array_equal(value, second.arrays()[name]) for name, value in first.arrays().items())


def test_after_each_step_all_processes_have_the_weights_of_the_first():
    optimisation = Optimisation(FAST, SMALL, seed=1, world=First())
    low, high = pictures()
    optimisation.step([cut(low, high, 0, 3)], count=3, rate=1e-3)
    assert all((weight == 7).all() for weight in optimisation.weights().values())


class First(World):
    """Processes of which the first has come to sevens."""

    @torch.no_grad()
    def share(self, tensors):
        for tensor in tensors:
            tensor.fill_(7)


def gradient(recipe, shares):
    """What a step of `recipe` gives Adam, in float64: a tenth of the gradient stands in its first moments."""
    optimisation = Optimisation(recipe, SMALL, seed=1)
    optimisation._network.double()
    low, high = (tensor.double() for tensor in pictures())
    begins = np.cumsum((0, *shares[:-1]))
    parts = [cut(low, high, begin, count) for begin, count in zip(begins, shares, strict=True)]
    optimisation.step(parts, count=6, rate=1e-3)
    first = [moment for name, moment in optimisation.memory().items() if name.startswith("first_moments/")]
    return np.concatenate([moment.numpy().ravel() for moment in first])


def pictures():
    generator = torch.Generator().manual_seed(0)
    return torch.rand(6, 3, 8, 8, generator=generator), torch.rand(6, 3, 20, 20, generator=generator)


def cut(low, high, begin, count):
    return Batch(low=low[begin : begin + count], high=high[begin : begin + count])
