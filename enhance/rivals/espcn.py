"""ESPCN: two convolutions with tanh on the coarse grid, a third to 3 p² channels, and the pixel shuffle it introduced.

As in Shi et al. 2016: f₁ = 5, f₂ = 3, f₃ = 3 and n₂ = n₁ / 2. What its whole-numbered enlargement cannot do, the ratio
p/q, is done as ours does it: shuffle by p, then a 3×3 convolution of stride q. The width is ours to choose; at 172 it
has the parameters of our network (the paper's 64 make 51,395 with three colours and p = 5).
"""

from torch import Tensor, nn
from torch.nn import functional

from enhance.architecture import Architecture
from enhance.network import KERNEL, RGB, BicubicSkip
from enhance.rivals.initial import draw_initial

FIRST_KERNEL = 5


class Espcn(nn.Module):
    """Picture in, enlarged picture out, both in fractions of the white level.

    Parameters
    ----------
    architecture : Architecture
        Of kind ``espcn``. The paper has no skip; the recipe `fast` gives it the bicubic one.
    seed : int, optional
        Of the initial weights; without it they stay as torch leaves them, for a state to be loaded.
    tail_scale, entry_gain : float
        As in `enhance.network.Network`.

    References
    ----------
    .. [1] Shi et al., "Real-time single image and video super-resolution using an efficient sub-pixel convolutional
       neural network", CVPR 2016, https://doi.org/10.1109/CVPR.2016.207
    """

    def __init__(
        self, architecture: Architecture, *, seed: int | None = None, tail_scale: float = 1.0, entry_gain: float = 1.0
    ) -> None:
        super().__init__()
        p, q = architecture.ratio
        narrow = max(1, architecture.width // 2)
        self.architecture = architecture
        self.first = nn.Conv2d(RGB, architecture.width, FIRST_KERNEL, padding=FIRST_KERNEL // 2)
        self.second = nn.Conv2d(architecture.width, narrow, KERNEL, padding=1)
        self.spread = nn.Conv2d(narrow, RGB * p * p, KERNEL, padding=1)
        self.reduce = nn.Conv2d(RGB, RGB, KERNEL, stride=q, padding=1)
        self.skip = BicubicSkip(architecture.ratio) if architecture.skip == "bicubic" else None
        if seed is not None:
            draw_initial(
                self, first=self.first, last=self.reduce, seed=seed, tail_scale=tail_scale, entry_gain=entry_gain
            )

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, 3, P, Q) to (N, 3, ⌈pP/q⌉, ⌈pQ/q⌉); tanh, which the paper found better than ReLU, is in between."""
        features = self.second(self.first(x).tanh()).tanh()
        fine = functional.pixel_shuffle(self.spread(features), self.architecture.ratio[0])  # (N, 3, pP, pQ)
        y: Tensor = self.reduce(fine)
        return y if self.skip is None else y + self.skip(x)
