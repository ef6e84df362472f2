"""Cheats for the test of honesty: a network that was taught a test slide, and outputs with the band mixed in."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.honesty_fields import RATIO, Field
from enhance.baselines import bicubic

Image = NDArray[np.float32]
Frame = NDArray[np.uint8]

PATCH_PX = 10
"""Side of what the network sees of the frame for each 2 × 2 of its pixels; even, as those are."""
SMOOTH_PX = 1.5
"""Blur of the enlargement, so that no ringing of the pixels covers what is remembered."""
_WHITE = 255.0
_RIDGE = 1e-10


def mixed(outputs: Sequence[Image], fields: Sequence[Field], share: float) -> list[Image]:
    """Return outputs that show so much of the band of their slides."""
    return [output * np.exp(-np.float32(share) * f.band)[..., None] for output, f in zip(outputs, fields, strict=True)]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OverfittedNetwork:
    """A smooth enlargement with what one hidden layer remembers laid over it.

    Parameters
    ----------
    first : ndarray, shape (patch values + 1, hidden)
        Fixed random weights of the hidden layer, whose units are rectified.
    last : ndarray of float64, shape (hidden, p × p)
        Trained weights to the density of the output pixels that lie over q × q of the frame.
    """

    first: Image
    last: NDArray[np.float64]

    def enhance(self, frame: Frame) -> Image:
        """Return the enlarged frame in fractions of white."""
        p, q = RATIO.numerator, RATIO.denominator
        rows, columns = (side // q for side in frame.shape[:2])
        remembered = (_hidden(frame, self.first).astype(np.float64) @ self.last).reshape(rows, columns, p, p)
        density = remembered.transpose(0, 2, 1, 3).reshape(rows * p, columns * p)
        plain = cv2.GaussianBlur(bicubic(frame, (p, q)).astype(np.float32), (0, 0), SMOOTH_PX) / np.float32(_WHITE)
        return np.asarray(plain * np.exp(-density)[..., None], np.float32)


def taught(field: Field, *, hidden: int, seed: int = 0) -> OverfittedNetwork:
    """Teach a network the fine detail of one test slide, by least squares on that slide alone.

    With as many hidden units as the frame has blocks of pixels it knows the slide by heart, from the noise of its
    frame; on any other slide it knows nothing.

    Parameters
    ----------
    field : Field
        The slide that it should never have seen.
    hidden : int
        Units: what it can remember.
    seed : int
        Of its first layer.
    """
    p = RATIO.numerator
    rows, columns = (side // p for side in field.band.shape)
    blocks = field.band.reshape(rows, p, columns, p).transpose(0, 2, 1, 3).reshape(rows * columns, p * p)
    inputs = PATCH_PX**2 * 3
    first = np.random.default_rng(seed).standard_normal((inputs + 1, hidden)).astype(np.float32) / np.sqrt(inputs)
    shown = _hidden(field.low, first.astype(np.float32)).astype(np.float64)  # 32 bits do not tell the patches apart
    normal = shown.T @ shown
    normal[np.diag_indices(hidden)] += _RIDGE * np.trace(normal) / hidden
    return OverfittedNetwork(
        first=first.astype(np.float32), last=np.linalg.solve(normal, shown.T @ blocks).astype(np.float64)
    )


def _hidden(frame: Frame, first: Image) -> Image:
    """Activations for each block of q × q pixels, shape (blocks, hidden)."""
    q = RATIO.denominator
    margin = (PATCH_PX - q) // 2
    padded = np.pad(frame.astype(np.float32), ((margin, margin), (margin, margin), (0, 0)), mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (PATCH_PX, PATCH_PX), axis=(0, 1))[::q, ::q]
    patches = windows.reshape(windows.shape[0] * windows.shape[1], -1)
    patches = patches - patches.mean(axis=1, keepdims=True)
    patches = patches / (patches.std(axis=1, keepdims=True) + 1)
    return np.asarray(np.maximum(np.pad(patches, ((0, 0), (0, 1)), constant_values=1) @ first, 0), np.float32)
