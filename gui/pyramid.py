"""Pyramid: one picture as the screen wants it, eight bits in B, G, R, A order, with area-averaged smaller copies."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from acquire.frame import Pixels

SMALLEST_PX = 64
"""Levels are halved until the shorter side is below twice this: a pane is never smaller."""
SCREEN_WHITE = 255


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pyramid:
    """Levels of one picture, each half the size of the one before.

    Parameters
    ----------
    levels : tuple of ndarray of uint8, each of shape (rows, columns, 4)
        B, G, R, A, contiguous, the full picture first. That is the memory order of Qt's 32-bit pictures on every
        machine we know of, so they are painted without a copy.
    """

    levels: tuple[NDArray[np.uint8], ...]

    @property
    def rows(self) -> int:
        """Rows of the full picture."""
        return len(self.levels[0])

    @property
    def columns(self) -> int:
        """Columns of the full picture."""
        return len(self.levels[0][0])


def build_pyramid(pixels: Pixels, *, white_level: float) -> Pyramid:
    """Return the levels of one picture; costs time, so call it in a worker.

    Parameters
    ----------
    pixels : ndarray of uint8 or uint16, shape (rows, columns, 3)
        R first.
    white_level : float
        Pixel value that is shown as white.

    Returns
    -------
    Pyramid
    """
    levels = [_on_screen(pixels, white_level)]
    while min(levels[-1].shape[:2]) >= 2 * SMALLEST_PX:
        levels.append(_halved(levels[-1]))
    return Pyramid(levels=tuple(levels))


def _on_screen(pixels: Pixels, white_level: float) -> NDArray[np.uint8]:
    eight_bit: NDArray[Any] = pixels
    if pixels.dtype != np.uint8 or white_level != SCREEN_WHITE:
        eight_bit = cv2.convertScaleAbs(pixels, alpha=SCREEN_WHITE / white_level)
    return np.asarray(cv2.cvtColor(eight_bit, cv2.COLOR_RGB2BGRA), dtype=np.uint8)


def _halved(level: NDArray[np.uint8]) -> NDArray[np.uint8]:
    rows, columns = level.shape[:2]
    size = ((columns + 1) // 2, (rows + 1) // 2)
    return np.asarray(cv2.resize(level, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
