"""EDSR, the single-scale network of Lim et al. 2017 in small: residual blocks without batch normalisation.

Head, blocks, a convolution at their end and the long skip around them are the paper's. Its tail, which widens to p²
times the features before the shuffle, would alone have four times our parameters; here 3 p² channels are shuffled by p
and a 3×3 convolution of stride q brings the ratio to p/q, as in our network. Blocks are as many as ours; 42 channels
give it our number of parameters. At such widths the paper scales no residual either (its factor 0.1 is for 256
channels).
"""

from torch import Tensor, nn
from torch.nn import functional

from enhance.architecture import Architecture
from enhance.network import KERNEL, RGB, BicubicSkip
from enhance.rivals.initial import draw_initial


class ResidualBlock(nn.Module):
    """X + W₂ ∗ ReLU(W₁ ∗ X): no normalisation, and nothing after the sum."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, KERNEL, padding=1)
        self.second = nn.Conv2d(width, width, KERNEL, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, width, P, Q) to the same shape."""
        residual: Tensor = self.second(functional.relu(self.first(x)))
        return x + residual


class Edsr(nn.Module):
    """Picture in, enlarged picture out, both in fractions of the white level.

    Parameters
    ----------
    architecture : Architecture
        Of kind ``edsr``. The paper has no skip from input to output; the recipe `fast` gives it the bicubic one.
    seed : int, optional
        Of the initial weights; without it they stay as torch leaves them, for a state to be loaded.
    tail_scale, entry_gain : float
        As in `enhance.network.Network`; the gain's centring stands for the mean colour that the paper subtracts.

    References
    ----------
    .. [1] Lim et al., "Enhanced deep residual networks for single image super-resolution", CVPR workshops 2017,
       https://doi.org/10.1109/CVPRW.2017.151
    """

    def __init__(
        self, architecture: Architecture, *, seed: int | None = None, tail_scale: float = 1.0, entry_gain: float = 1.0
    ) -> None:
        super().__init__()
        p, q = architecture.ratio
        width = architecture.width
        self.architecture = architecture
        self.head = nn.Conv2d(RGB, width, KERNEL, padding=1)
        self.blocks = nn.ModuleList(ResidualBlock(width) for _ in range(architecture.blocks))
        self.end = nn.Conv2d(width, width, KERNEL, padding=1)
        self.spread = nn.Conv2d(width, RGB * p * p, KERNEL, padding=1)
        self.reduce = nn.Conv2d(RGB, RGB, KERNEL, stride=q, padding=1)
        self.skip = BicubicSkip(architecture.ratio) if architecture.skip == "bicubic" else None
        if seed is not None:
            draw_initial(
                self, first=self.head, last=self.reduce, seed=seed, tail_scale=tail_scale, entry_gain=entry_gain
            )

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, 3, P, Q) to (N, 3, ⌈pP/q⌉, ⌈pQ/q⌉)."""
        head: Tensor = self.head(x)
        features = head
        for block in self.blocks:
            features = block(features)
        spread = self.spread(head + self.end(features))
        y: Tensor = self.reduce(functional.pixel_shuffle(spread, self.architecture.ratio[0]))
        return y if self.skip is None else y + self.skip(x)
