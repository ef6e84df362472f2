"""Initial weights of the rival networks."""

import math

import torch
from torch import nn

from enhance.network import MID_GREY


def draw_initial(
    network: nn.Module, *, first: nn.Conv2d, last: nn.Conv2d, seed: int, tail_scale: float, entry_gain: float
) -> None:
    """Draw every weight from ±1/√(inputs of a neuron) evenly, with biases of zero, then apply the recipe's two factors.

    This is torch's own rule for convolutions (LeCun's variance), which the published EDSR relies on. One rule for all
    rivals: the Gaussian of σ = 0.001 that SRCNN was published with asks for its millions of steps.

    Parameters
    ----------
    network : Module
        Whose parameters are drawn.
    first, last : Conv2d
        Its first and last convolution.
    seed : int
        Of the draw.
    tail_scale, entry_gain : float
        As in `enhance.recipes.Recipe`.
    """
    generator = torch.Generator().manual_seed(seed)
    for weight in network.parameters():
        if weight.ndim == 1:
            nn.init.zeros_(weight)
        else:
            bound = 1 / math.sqrt(weight[0].numel())
            nn.init.uniform_(weight, -bound, bound, generator=generator)
    with torch.no_grad():
        last.weight.mul_(tail_scale)
        if entry_gain != 1 and first.bias is not None:
            first.weight.mul_(entry_gain)
            first.bias.copy_(-MID_GREY * first.weight.sum(dim=(1, 2, 3)))
