"""Architecture: the numbers that make one network, ours or a rival; plain values that need no torch."""

import math
from dataclasses import dataclass
from typing import Literal, get_args

from enhance.errors import CheckpointError

Kind = Literal["rivenson", "srcnn", "espcn", "edsr"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """The numbers that make one network.

    Parameters
    ----------
    ratio : (int, int)
        p and q without common factor; the output has p/q times the pixels of the input along each axis.
    width : int
        Channels after the first convolution, A₀.
    blocks : int
        Number of residual blocks, K; `srcnn` and `espcn` have none and do not read it.
    growth : int
        α in A_k = A_{k−1} + ⌊α k / K + ½⌋; only `rivenson` grows.
    padding : {'zero', 'reflect'}
        How a picture goes on beyond its edge: `zero` leaves it to the convolutions, as in the paper; `reflect` asks
        whoever runs the network to mirror the picture by `context_px` first, since bright-field background is white.
    skip : {'none', 'bicubic'}
        Whether the bicubic enlargement of the input is added to the output, so that only the difference is learnt.
    kind : {'rivenson', 'srcnn', 'espcn', 'edsr'}
        Which network: that of `enhance.network`, or one of `enhance.rivals`. Models that do not say are `rivenson`.

    Raises
    ------
    CheckpointError
        When the numbers make no network.
    """

    ratio: tuple[int, int] = (5, 2)
    width: int = 32
    blocks: int = 5
    growth: int = 10
    padding: Literal["zero", "reflect"] = "zero"
    skip: Literal["none", "bicubic"] = "none"
    kind: Kind = "rivenson"

    def __post_init__(self) -> None:
        p, q = self.ratio
        if not 1 <= q <= p or math.gcd(p, q) != 1:
            raise CheckpointError(
                f"a ratio of {p}/{q} was asked for and the network enlarges by p/q >= 1 without common factor: "
                "state the ratio of the two pixel sizes in lowest terms"
            )
        if self.width < 1 or self.blocks < 1 or self.growth < 0:
            raise CheckpointError(
                f"width {self.width}, blocks {self.blocks} and growth {self.growth} make no network: "
                "width and blocks are at least 1, growth at least 0"
            )
        if self.kind not in KINDS:
            raise CheckpointError(f"there is no network {self.kind!r}: choose one of {list(KINDS)}")

    @property
    def channels(self) -> tuple[int, ...]:
        """A₀ … A_K of `rivenson`, the widths after the input convolution and after each block."""
        widths = [self.width]
        for k in range(1, self.blocks + 1):
            widths.append(widths[-1] + (2 * self.growth * k + self.blocks) // (2 * self.blocks))
        return tuple(widths)

    @property
    def context_px(self) -> int:
        """Input pixels on each side that an output pixel may depend on.

        One for each 3×3 convolution before the shuffle and two for a 5×5; one for the shuffle with the convolution
        after it. For `srcnn` the radii 4 + 2 + 2 of its convolutions in fine pixels, and what bicubic enlargement reads
        around that: the taps of position x are ⌊x⌋ − 1 to ⌊x⌋ + 2.
        """
        p, q = self.ratio
        contexts: dict[Kind, int] = {
            "rivenson": 1 + 2 * self.blocks + 1 + 1,
            "edsr": 1 + 2 * self.blocks + 1 + 1 + 1,
            "espcn": 2 + 1 + 1 + 1,
            "srcnn": (15 * q + p) // (2 * p) + 2,
        }
        return contexts[self.kind]

    def enlarged(self, length_px: int) -> int:
        """Output pixels along an axis of `length_px` input pixels: ⌈p · length / q⌉."""
        p, q = self.ratio
        return -(-p * length_px // q)
