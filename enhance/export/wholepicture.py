"""WholePicture: a network with all that stands around it, so that a file of it needs no code of ours."""

import numpy as np
import torch
from torch import Tensor, nn

from enhance.architecture import Architecture
from enhance.checkpoint import Checkpoint
from enhance.network import enlarged, lacking
from enhance.networks import build_network


def halo_px(architecture: Architecture) -> int:
    """Input pixels that a tile needs around it, in whole strides: 14 for the paper's network."""
    q = architecture.ratio[1]
    return -(-architecture.context_px // q) * q


class WholePicture(nn.Module):
    """Mirrored edges where the architecture asks for them, the network, the cut back to size, and values in [0, 1].

    Written so that exporters can follow it for any size: sizes are divided only where they are positive, and a
    remainder is taken by a tensor.

    Parameters
    ----------
    network : Module
        From (N, 3, rows, columns) to (N, 3, ⌈p rows / q⌉, ⌈p columns / q⌉).
    architecture : Architecture
        Its numbers.
    """

    def __init__(self, network: nn.Module, architecture: Architecture) -> None:
        super().__init__()
        self.network = network
        self.ratio = architecture.ratio
        self.halo_px = halo_px(architecture) if architecture.padding == "reflect" else 0

    def forward(self, picture: Tensor) -> Tensor:
        """Map fractions of the white level (N, 3, rows, columns) to (N, 3, ⌈p rows / q⌉, ⌈p columns / q⌉)."""
        rows, columns = picture.shape[2], picture.shape[3]
        if self.halo_px:
            picture = self._mirrored(self._mirrored(picture, 2), 3)
        output: Tensor = self.network(picture)
        first = self.halo_px * self.ratio[0] // self.ratio[1]
        last_row, last_column = first + enlarged(rows, self.ratio), first + enlarged(columns, self.ratio)
        return output[:, :, first:last_row, first:last_column].clamp(0, 1)

    def _mirrored(self, picture: Tensor, axis: int) -> Tensor:
        """Let the picture go on along an axis as its mirror image, however short it is, to a multiple of q."""
        length = picture.shape[axis]
        last = length + self.halo_px + lacking(length, self.ratio[1])
        period = torch.arange(2 * length - 2, 2 * length - 1, device=picture.device).clamp(min=1)
        folded = torch.arange(-self.halo_px, last, device=picture.device) % period
        return picture.index_select(axis, torch.minimum(folded, period - folded))


def whole_picture(checkpoint: Checkpoint) -> WholePicture:
    """Build the network of a checkpoint with its weights, ready to be written."""
    network = build_network(checkpoint.architecture)
    network.load_state_dict({name: torch.from_numpy(np.array(w)) for name, w in checkpoint.weights.items()})
    return WholePicture(network, checkpoint.architecture).eval()
