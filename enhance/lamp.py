"""Light: a lamp is never quite the same for two pictures; what is compared with an input is lit as the input is."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from enhance.bitdepth import WHITE_LEVEL, levels
from enhance.trainingset import Kind, Pixels, Site, TrainingSet

Lit = NDArray[np.float32]


def lit_exactly(low: NDArray[Any], high: NDArray[np.float32]) -> Lit:
    """Give a picture the mean of the input it belongs to in each colour, and do not round it.

    Parameters
    ----------
    low : ndarray of uint8 or uint16, shape (rows, columns, 3)
        The input.
    high : ndarray of float32, shape (p rows / q, p columns / q, 3)
        A picture of the same field.

    Returns
    -------
    ndarray of float32, shape of high
        One factor for each colour; as it was where a colour is black.
    """
    factors = levels(low).mean(axis=(0, 1), dtype=np.float64) / np.maximum(
        high.mean(axis=(0, 1), dtype=np.float64), 1.0
    )
    lit: Lit = high * factors.astype(np.float32)
    return lit


def lit_as(low: NDArray[Any], high: NDArray[np.float32]) -> Pixels:
    """Give a label the light of its input, as `lit_exactly` does, in whole levels."""
    return np.clip(np.rint(lit_exactly(low, high)), 0, WHITE_LEVEL).astype(np.uint8)


def truth_of(data: TrainingSet, site: Site, kind: Kind = "truth") -> Lit:
    """Read a picture without noise of a site, in the light of its input.

    It was drawn with the lamp at its nominal level; by how much that was missed, no picture of the field tells, and a
    label has the light of its input too.

    Parameters
    ----------
    data : TrainingSet
        With the site.
    site : Site
        Which.
    kind : {'truth', 'other'}
        Which of the two.

    Returns
    -------
    ndarray of float32, shape (rows, columns, 3)
        Not rounded, for half a level would count among errors of one.

    Raises
    ------
    PairsError
        When a picture is missing or damaged.
    """
    return lit_exactly(data.picture(site, "low"), levels(data.picture(site, kind)))


def reference_of(data: TrainingSet, site: Site) -> NDArray[Any]:
    """Read what pictures of a site are compared with: its truth as `truth_of` gives it, or its label where none is."""
    return truth_of(data, site) if data.has(site, "truth") else data.picture(site, "high")
