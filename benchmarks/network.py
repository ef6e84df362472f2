"""Hold the network, its loss, gradients, initial weights and sizes against the paper's equations in float64 NumPy.

The limit is that of issue 6: 1e-10. ``--every-size`` sends a picture of every P and Q in 1…200 through the network at
each ratio, 40,000 of them; it takes some minutes.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import kstest, truncnorm

from enhance.architecture import Architecture
from enhance.loss import paper_loss
from enhance.network import INITIAL_SIGMA, Network
from tests.enhance import numpy_network

LIMIT = 1e-10
RATIOS = ((5, 2), (2, 1), (3, 2), (4, 3), (7, 3), (1, 1))
LARGEST_PX = 200
PICTURES = (2, 3, 24, 31)
SMALLEST_P = 1e-3
"""Chance that weights drawn from the law itself would lie as far from it."""

Row = tuple[str, float, float]
"""What was measured, its value, and its limit; values are to lie below."""
Weights = dict[str, NDArray[np.float64]]

oracle: Any = numpy_network


def main() -> int:
    """Run, print each figure beside its limit; 1 when one is beyond."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--every-size", action="store_true", help="All 40,000 sizes at each ratio.")
    options = parser.parse_args()
    rows = [*_forward(), *_gradients(), *_initial()]
    if options.every_size:
        rows += [_sizes(ratio) for ratio in RATIOS]
    return _told(rows)


def _forward() -> Iterator[Row]:
    x = np.random.default_rng(0).random(PICTURES[1:])
    for ratio, skip in product(RATIOS, ("none", "bicubic")):
        network = _moved(Architecture(ratio=ratio, skip="bicubic" if skip == "bicubic" else "none"))
        with torch.inference_mode():
            got = network(torch.from_numpy(x)[None])[0].numpy()
        want = oracle.forward(x, _weights(network), ratio=ratio, bicubic=skip == "bicubic")
        yield f"forward, {ratio[0]}/{ratio[1]}, skip {skip}", float(np.abs(got - want).max()), LIMIT


def _gradients() -> Iterator[Row]:
    x = np.random.default_rng(1).random(PICTURES)
    for ratio in RATIOS:
        network = _moved(Architecture(ratio=ratio))
        weights = _weights(network)
        y = np.stack([oracle.forward(one, weights, ratio=ratio) for one in x])
        label = np.random.default_rng(2).random(y.shape)
        value, slopes = oracle.paper_loss(y, label)
        parts = [oracle.gradients(one, weights, its, ratio=ratio) for one, its in zip(x, slopes, strict=True)]
        loss = paper_loss(network(torch.from_numpy(x)), torch.from_numpy(label))
        loss.backward()  # type: ignore[no-untyped-call]
        yield f"loss, {ratio[0]}/{ratio[1]}", abs(float(loss.detach()) - value), LIMIT
        apart = [_apart(weight, sum(part[name] for part in parts)) for name, weight in network.named_parameters()]
        yield f"gradient by {sum(w.size for w in weights.values()):,} weights, {ratio[0]}/{ratio[1]}", max(apart), LIMIT


def _apart(weight: torch.Tensor, wanted: NDArray[np.float64]) -> float:
    found = weight.grad.numpy() if weight.grad is not None else np.full_like(wanted, np.inf)
    return float(np.abs(found - wanted).max() / max(1.0, np.abs(wanted).max()))


def _initial() -> Iterator[Row]:
    weights = _weights(Network(Architecture(), seed=0))
    drawn = np.concatenate([w.ravel() for name, w in weights.items() if name.endswith("weight")]).astype(np.float64)
    law = truncnorm(-2, 2, scale=INITIAL_SIGMA)
    yield "initial weights, largest beyond two sigma", float(max(0.0, np.abs(drawn).max() - 2 * INITIAL_SIGMA)), 1e-8
    yield "initial weights, sigma against the law's", float(abs(drawn.std() / law.std() - 1)), 0.005
    yield "initial weights, mean in sigma", float(abs(drawn.mean() / law.std())), 0.01
    yield "initial weights, 1 - p of Kolmogorov-Smirnov", float(1 - kstest(drawn, law.cdf).pvalue), 1 - SMALLEST_P
    yield "initial biases, largest", max(float(np.abs(b).max()) for n, b in weights.items() if n.endswith("bias")), 0.0


def _sizes(ratio: tuple[int, int]) -> Row:
    """Count the sizes that come out otherwise than rounded up."""
    p, q = ratio
    network = Network(Architecture(ratio=ratio, width=1, blocks=1, growth=0)).to("meta")
    sides = range(1, LARGEST_PX + 1)
    wrong = sum(
        tuple(network(torch.empty(1, 3, rows, columns, device="meta")).shape[2:])
        != ((p * rows + q - 1) // q, (p * columns + q - 1) // q)
        for rows, columns in product(sides, sides)
    )
    return f"wrong sizes among {len(sides) ** 2:,}, {p}/{q}", float(wrong), 0.0


def _moved(architecture: Architecture) -> Network:
    """Return a network in float64 whose biases count too."""
    network = Network(architecture, seed=3).double()
    with torch.no_grad():
        for index, weight in enumerate(network.parameters()):
            weight.add_(0.01 * torch.sin(torch.arange(weight.numel(), dtype=torch.float64) + index).view_as(weight))
    return network


def _weights(network: Network) -> Weights:
    return {name: weight.detach().numpy() for name, weight in network.named_parameters()}


def _told(rows: Sequence[Row]) -> int:
    for name, value, limit in rows:
        print(f"{name:62} {value:9.2g}   limit {limit:.3g}   {'' if value <= limit else 'BEYOND'}")
    return int(any(value > limit for _, value, limit in rows))


if __name__ == "__main__":
    sys.exit(main())
