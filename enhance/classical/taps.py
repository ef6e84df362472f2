"""Taps: which low-resolution pixels each output pixel of a period p/q is computed from."""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from enhance.baselines import Image
from enhance.bitdepth import Levels

TAPS = 12
"""Along each axis, six on either side of the output pixel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taps:
    """The periods of a ratio p/q: p output pixels for every q input pixels, each phase with taps of its own.

    Parameters
    ----------
    ratio : (int, int)
        p and q.
    """

    ratio: tuple[int, int]

    @property
    def firsts(self) -> tuple[int, ...]:
        """First tap of each phase along an axis, counted from the first input pixel of its period."""
        p, q = self.ratio
        return tuple(((2 * phase + 1) * q - p) // (2 * p) - TAPS // 2 + 1 for phase in range(p))

    @property
    def lowest(self) -> int:
        """First tap of any phase."""
        return min(self.firsts)

    @property
    def span(self) -> int:
        """Input pixels along an axis that hold the taps of all phases."""
        return max(self.firsts) - self.lowest + TAPS

    def inside(self, phase: tuple[int, int]) -> NDArray[np.intp]:
        """Places of the taps of a phase among the flattened `span` × `span` pixels, shape (TAPS²,)."""
        row, column = (np.arange(TAPS) + self.firsts[each] - self.lowest for each in phase)
        return np.asarray(np.add.outer(row * self.span, column).ravel(), dtype=np.intp)

    def windows(self, plane: NDArray[np.floating]) -> NDArray[np.floating]:
        """View the pixels of every period of a plane that `padded` made, shape (periods down, across, span, span)."""
        q = self.ratio[1]
        return sliding_window_view(plane, (self.span, self.span))[::q, ::q]

    def padded(self, picture: Image | Levels) -> NDArray[np.float32]:
        """Mirror a picture beyond its edges so that `windows` has one for every period, begun ones too."""
        q = self.ratio[1]
        sides = [(-self.lowest, (-length % q) + self.lowest + self.span - q) for length in picture.shape[:2]]
        return np.pad(picture.astype(np.float32), (*sides, (0, 0)), mode="symmetric")
