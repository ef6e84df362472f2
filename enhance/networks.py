"""Networks: which class belongs to which kind of architecture, and how wide a rival is to be as large as ours."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import torch
from torch import nn

from enhance.architecture import Architecture, Kind
from enhance.network import Network
from enhance.rivals.edsr import Edsr
from enhance.rivals.espcn import Espcn
from enhance.rivals.srcnn import WIDTH as SRCNN_WIDTH
from enhance.rivals.srcnn import Srcnn

NETWORKS: Mapping[Kind, type[Network] | type[Srcnn] | type[Espcn] | type[Edsr]] = {
    "rivenson": Network,
    "srcnn": Srcnn,
    "espcn": Espcn,
    "edsr": Edsr,
}
WIDEST = 1024
"""Of the widths looked through for a rival of our size."""
Shape = tuple[int, ...]


def build_network(
    architecture: Architecture, *, seed: int | None = None, tail_scale: float = 1.0, entry_gain: float = 1.0
) -> nn.Module:
    """Build the network that an architecture describes; the parameters are those of `enhance.network.Network`."""
    made = NETWORKS[architecture.kind]
    return made(architecture, seed=seed, tail_scale=tail_scale, entry_gain=entry_gain)


def weight_shapes(architecture: Architecture) -> dict[str, Shape]:
    """Name and shape of every weight of an architecture's network."""
    with torch.device("meta"):
        return {name: tuple(weight.shape) for name, weight in build_network(architecture).state_dict().items()}


def parameter_count(architecture: Architecture) -> int:
    """Count the weights and biases of an architecture's network."""
    return sum(torch.Size(shape).numel() for shape in weight_shapes(architecture).values())


def standard_architecture(
    kind: Kind,
    *,
    ratio: tuple[int, int],
    padding: Literal["zero", "reflect"] = "zero",
    skip: Literal["none", "bicubic"] = "none",
) -> Architecture:
    """Return the numbers with which a kind of network is trained here.

    Parameters
    ----------
    kind : {'rivenson', 'srcnn', 'espcn', 'edsr'}
        `rivenson` and `srcnn` as published; `espcn` and `edsr` as wide as makes them nearest in parameters to
        `rivenson` of the same ratio.
    ratio, padding, skip
        As in `Architecture`.
    """
    ours = Architecture(ratio=ratio, padding=padding, skip=skip)
    if kind == "rivenson":
        return ours
    rival = replace(ours, kind=kind, growth=0)
    if kind == "srcnn":
        return replace(rival, width=SRCNN_WIDTH)
    return _as_large(rival, parameter_count(ours))


def _as_large(rival: Architecture, parameters: int) -> Architecture:
    """Set the width that comes nearest to a number of parameters, which rises with it."""
    above = bisect_left(range(1, WIDEST), parameters, key=lambda w: parameter_count(replace(rival, width=w))) + 1
    candidates = [replace(rival, width=width) for width in (max(1, above - 1), above)]
    return min(candidates, key=lambda candidate: abs(parameter_count(candidate) - parameters))
