"""The network of Rivenson et al., *Deep learning microscopy* (Optica 4, 1437, 2017), whole in one file.

In the order in which a picture passes; `∗` is a 3×3 convolution with bias, padded with zeros:

=====================================================  ==========================================================
X₀ = x ∗ W_in, 3 to A₀ = 32 channels, without ReLU     `Network.enter`
A_k = A_{k−1} + ⌊α k / K + ½⌋, α = 10, K = 5           `Architecture.channels`
X_{k+1} = pad(X_k) + ReLU(ReLU(X_k ∗ W₁) ∗ W₂)         `Block`
Z = X_K ∗ W, A_K to 3 p² channels of the coarse grid   `Network.spread`
those as 3 channels of a grid p times finer            the pixel shuffle in `Network.forward`
Y, every q-th pixel of that grid after a convolution   `Network.reduce`
=====================================================  ==========================================================

The paper's L = p/q = 5/2. Its loss stands in `enhance.loss`, its training in `enhance.recipes.PAPER`, and what its
text leaves open in docs/decisions. Two things are ours and can be switched: a bicubic skip from input to output, and
mirrored picture edges.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from enhance.architecture import Architecture

RGB = 3
KERNEL = 3
CUBIC = -0.75
"""The free parameter of the cubic kernel, as in OpenCV and in torch."""
CUBIC_SUPPORT = 2
"""Pixels from its centre at which it ends."""
MID_GREY = 0.5
INITIAL_SIGMA = 0.05
"""Width of the truncated normal that the weights are drawn from (the paper's); cut at two sigma."""


class Block(nn.Module):
    """X_{k+1} = pad(X_k) + ReLU(ReLU(X_k ∗ W₁) ∗ W₂), where pad appends channels of zeros.

    Which of the two convolutions widens is not settled by the paper's text; here the second does.
    """

    def __init__(self, narrow: int, wide: int) -> None:
        super().__init__()
        self.first = _convolution(narrow, narrow)
        self.second = _convolution(narrow, wide)
        self.new_channels = wide - narrow

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, narrow, P, Q) to (N, wide, P, Q); nothing follows the sum."""
        residual = functional.relu(self.second(functional.relu(self.first(x))))
        return residual + functional.pad(x, (0, 0, 0, 0, 0, self.new_channels))


class BicubicSkip(nn.Module):
    """Bicubic enlargement by p/q on grids that share their outer edges, as one fixed convolution.

    Output pixel j = p m + r lies at q m + (r + ½) q/p − ½ of the input, so each of the p phases r has its own fixed
    taps: a convolution of stride q to p² phases and a pixel shuffle. Unlike an interpolation that computes every
    position in single precision, it gives the same numbers wherever a tile lies.
    """

    taps: Tensor

    def __init__(self, ratio: tuple[int, int]) -> None:
        super().__init__()
        self.ratio = ratio
        positions = [(r + 0.5) * ratio[1] / ratio[0] - 0.5 for r in range(ratio[0])]
        self.first = math.floor(positions[0]) - 1
        self.last = math.floor(positions[-1]) + 2
        taps = [[_cubic(x - tap) for tap in range(self.first, self.last + 1)] for x in positions]
        self.register_buffer("taps", _outer(torch.tensor(taps, dtype=torch.float64)), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, 3, P, Q) to (N, 3, ⌈pP/q⌉, ⌈pQ/q⌉); beyond its edge the picture goes on with its last pixel."""
        p, q = self.ratio
        count, colours, rows, columns = x.shape
        spare = self.last - q + 1
        padding = (-self.first, spare + lacking(columns, q), -self.first, spare + lacking(rows, q))
        padded = functional.pad(x, padding, mode="replicate").reshape(count * colours, 1, *_sum(rows, columns, padding))
        phases = functional.conv2d(padded, self.taps.to(x), stride=q)  # (3N, p², ⌈P/q⌉, ⌈Q/q⌉)
        fine = functional.pixel_shuffle(phases, p)  # (3N, 1, p⌈P/q⌉, p⌈Q/q⌉)
        fine = fine.reshape(count, colours, *fine.shape[2:])
        return fine[:, :, : enlarged(rows, self.ratio), : enlarged(columns, self.ratio)]


class Network(nn.Module):
    """Picture in, enlarged picture out, both in fractions of the white level.

    Parameters
    ----------
    architecture : Architecture
        Its numbers.
    seed : int, optional
        Of the initial weights; without it they stay as torch leaves them, for a state to be loaded.
    tail_scale : float
        Factor on the initial weights of the last convolution; below 1 a network with a skip starts near its skip.
    entry_gain : float
        Factor on the initial weights of the first convolution; other than 1, that convolution is centred on mid-grey.

    References
    ----------
    .. [1] Rivenson et al., "Deep learning microscopy", Optica 4, 1437 (2017), https://doi.org/10.1364/OPTICA.4.001437
    """

    def __init__(
        self, architecture: Architecture, *, seed: int | None = None, tail_scale: float = 1.0, entry_gain: float = 1.0
    ) -> None:
        super().__init__()
        widths = architecture.channels
        p, q = architecture.ratio
        self.architecture = architecture
        self.enter = _convolution(RGB, widths[0])
        self.blocks = nn.ModuleList(Block(a, b) for a, b in pairwise(widths))
        self.spread = _convolution(widths[-1], RGB * p * p)
        self.reduce = _convolution(RGB, RGB, stride=q)
        self.skip = BicubicSkip(architecture.ratio) if architecture.skip == "bicubic" else None
        if seed is not None:
            self._draw(torch.Generator().manual_seed(seed), tail_scale, entry_gain)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, 3, P, Q) to (N, 3, ⌈pP/q⌉, ⌈pQ/q⌉).

        The last convolution of stride q is centred on pixel q j of the fine grid, half a fine pixel from where output
        pixel j lies on grids that share their outer edges: training learns that shift, the skip needs none.
        """
        features = self.enter(x)  # (N, A₀, P, Q), without ReLU
        for block in self.blocks:
            features = block(features)  # (N, A_k, P, Q)
        fine = functional.pixel_shuffle(self.spread(features), self.architecture.ratio[0])  # (N, 3, pP, pQ)
        y: Tensor = self.reduce(fine)  # (N, 3, ⌈pP/q⌉, ⌈pQ/q⌉)
        return y if self.skip is None else y + self.skip(x)

    def _draw(self, generator: torch.Generator, tail_scale: float, entry_gain: float) -> None:
        for name, weight in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(weight)
            else:
                bound = 2 * INITIAL_SIGMA
                nn.init.trunc_normal_(weight, std=INITIAL_SIGMA, a=-bound, b=bound, generator=generator)
        with torch.no_grad():
            self.reduce.weight.mul_(tail_scale)
            if entry_gain != 1:
                self.enter.weight.mul_(entry_gain)
                centred = -MID_GREY * self.enter.weight.sum(dim=(1, 2, 3))
                self.enter.load_state_dict({"weight": self.enter.weight, "bias": centred})


def enlarged(length_px: int, ratio: tuple[int, int]) -> int:
    """Return ⌈p · length / q⌉, by a division of positive numbers only: ONNX rounds it towards zero, Python down."""
    p, q = ratio
    return (p * length_px + q - 1) // q


def lacking(length_px: int, step: int) -> int:
    """Return how many pixels lack to the next multiple of `step`; positive numbers only, as in `enlarged`."""
    return (step - length_px % step) % step


def _convolution(inputs: int, outputs: int, *, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, KERNEL, stride=stride, padding=1)


def _cubic(x: float) -> float:
    """Keys' cubic convolution kernel at `x` pixels from its centre."""
    x = abs(x)
    if x <= 1:
        return (CUBIC + 2) * x**3 - (CUBIC + 3) * x**2 + 1
    return CUBIC * (x**3 - 5 * x**2 + 8 * x - 4) if x < CUBIC_SUPPORT else 0.0


def _outer(line: Tensor) -> Tensor:
    """(p, taps) of one axis to (p², 1, taps, taps), phases in the order of a pixel shuffle."""
    phases, taps = line.shape
    return torch.einsum("ay,bx->abyx", line, line).reshape(phases * phases, 1, taps, taps)


def _sum(rows: int, columns: int, padding: Sequence[int]) -> tuple[int, int]:
    return rows + padding[2] + padding[3], columns + padding[0] + padding[1]
