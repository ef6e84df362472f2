"""A section of tissue, 4 µm thick: the sheets it is made up of, and noise that is another in each."""

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.specimens.lattice import key_of, noise
from acquire.simulated.specimens.window import Window

Image = NDArray[np.float32]

SHEET_UM = 0.8
"""Thickness of the slab each sheet stands for."""

DEPTHS_UM = (-1.6, -0.8, 0.0, 0.8, 1.6)
"""Depths of the five sheets; a deeper one lies nearer to the slide."""

FIBRES, BUNDLES = 10, 20
"""Numbers of what a section holds beside the `textures`, for `sheet_keys`; the ten keys from there on are its own."""

_FIRST_KEY, _KEYS_OF_A_SHEET = 500, 31


def sheet_keys(seed: int, number: int) -> list[int]:
    """Key, in each sheet, of one of the things that are random there.

    Parameters
    ----------
    seed : int
        Of the slide.
    number : int
        Of the thing, 0 to 30: the octave of a texture, or from `FIBRES` or `BUNDLES` on.
    """
    return [key_of(seed, _FIRST_KEY + _KEYS_OF_A_SHEET * sheet + number) for sheet in range(len(DEPTHS_UM))]


def textures(window: Window, spacings_um: tuple[float, ...], seed: int) -> tuple[Image, ...]:
    """Noise of mean 0 and variance 1 in each sheet, from coarse to fine.

    Parameters
    ----------
    window : Window
        A tile.
    spacings_um : tuple of float
        Lattice constants of the noises, at most ten; see `lattice.noise`.
    seed : int
        Of the slide.

    Returns
    -------
    tuple of ndarray of float32, shape (sheets, rows, columns)
        One for each spacing, all independent.
    """
    return tuple(noise(window, spacing, *sheet_keys(seed, n)) for n, spacing in enumerate(spacings_um))
