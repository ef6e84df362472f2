"""SRCNN: bicubic enlargement first, then three convolutions on the fine grid.

As in Dong et al. 2016: f₁ = 9, f₂ = 5, f₃ = 5 (their network of best quality at acceptable cost; 9-1-5 is the smaller
one) with n₁ = 64 and n₂ = 32 filters, on three colours. 69,251 parameters: the paper's size is kept rather than brought
to ours, for every one of them is paid p²/q² times for each input pixel.
"""

from torch import Tensor, nn
from torch.nn import functional

from enhance.architecture import Architecture
from enhance.network import RGB, BicubicSkip
from enhance.rivals.initial import draw_initial

WIDTH = 64
"""n₁ of the paper; n₂ is half of it."""
KERNELS = (9, 5, 5)


class Srcnn(nn.Module):
    """Picture in, enlarged picture out, both in fractions of the white level.

    Parameters
    ----------
    architecture : Architecture
        Of kind ``srcnn``. With a skip the enlarged input is added to the output, as VDSR did later; the paper has none.
    seed : int, optional
        Of the initial weights; without it they stay as torch leaves them, for a state to be loaded.
    tail_scale, entry_gain : float
        As in `enhance.network.Network`.

    References
    ----------
    .. [1] Dong et al., "Image super-resolution using deep convolutional networks", IEEE TPAMI 38, 295 (2016; first
       ECCV 2014), https://doi.org/10.1109/TPAMI.2015.2439281
    """

    def __init__(
        self, architecture: Architecture, *, seed: int | None = None, tail_scale: float = 1.0, entry_gain: float = 1.0
    ) -> None:
        super().__init__()
        narrow = max(1, architecture.width // 2)
        self.architecture = architecture
        self.enlarge = BicubicSkip(architecture.ratio)
        self.extract = nn.Conv2d(RGB, architecture.width, KERNELS[0], padding=KERNELS[0] // 2)
        self.map = nn.Conv2d(architecture.width, narrow, KERNELS[1], padding=KERNELS[1] // 2)
        self.rebuild = nn.Conv2d(narrow, RGB, KERNELS[2], padding=KERNELS[2] // 2)
        if seed is not None:
            draw_initial(
                self, first=self.extract, last=self.rebuild, seed=seed, tail_scale=tail_scale, entry_gain=entry_gain
            )

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, 3, P, Q) to (N, 3, ⌈pP/q⌉, ⌈pQ/q⌉): F₁ = ReLU(W₁ ∗ Y + B₁), F₂ = ReLU(W₂ ∗ F₁ + B₂), W₃ ∗ F₂ + B₃."""
        enlarged: Tensor = self.enlarge(x)  # Y of the paper
        patches = functional.relu(self.extract(enlarged))
        y: Tensor = self.rebuild(functional.relu(self.map(patches)))
        return y if self.architecture.skip == "none" else y + enlarged
