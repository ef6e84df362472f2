"""What speaks against believing a fused picture, in words."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from enhance.depth import NEIGHBOURS, Clearness

Array = NDArray[Any]

FEWEST_CLEAR = 0.01
"""Share of clear pixels below which a field counts as empty."""
MOST_SATURATED = 0.01
MOST_AT_AN_END = 0.5
"""Share of the clear pixels above which the stack is thought to end too early; a surface that it just spans has 0.2."""
WHITE_LEVELS = tuple(2**bits - 1 for bits in range(8, 17))
SAMPLED_ROWS = 256


def notes_on(planes: Array, clearness: Clearness) -> tuple[str, ...]:
    """Say what makes a stack a doubtful one: nothing in focus, saturated pixels, or an end that came too early.

    Parameters
    ----------
    planes : ndarray, shape (planes, rows, columns, 3)
        As they were recorded.
    clearness : Clearness
        Of the whole picture.

    Returns
    -------
    tuple of str
        One sentence each; empty when there is nothing to say.
    """
    return tuple(_notes(planes, clearness))


def saturated_share(planes: Array) -> float:
    """Share of the pixels with a colour at the white level, which is the greatest value if that is 2ⁿ − 1; 0 if not."""
    sample = planes[:, :: max(1, planes.shape[1] // SAMPLED_ROWS)]
    greatest = sample.max()
    if planes.dtype == np.float32 or greatest not in WHITE_LEVELS:
        return 0.0
    return float((sample == greatest).any(axis=-1).mean())


def _notes(planes: Array, clearness: Clearness) -> Iterator[str]:
    saturated = saturated_share(planes)
    if saturated > MOST_SATURATED:
        yield (f"{saturated:.0%} of the pixels are saturated and show nothing, sharp or not: shorten the exposure")
    if clearness.clear < FEWEST_CLEAR * clearness.pixels:
        yield (
            "no plane is sharper than another, so there was nothing to choose by and the depth map means nothing: "
            "check that the field is not empty and the planes lie in focus"
        )
    elif len(planes) >= NEIGHBOURS and clearness.at_an_end > MOST_AT_AN_END * clearness.clear:
        yield (
            f"{clearness.at_an_end / clearness.clear:.0%} of what has detail is sharpest in the first or last plane: "
            "the specimen may reach beyond them, so capture more planes"
        )
