"""The independent band: fine detail that nothing a 40x can see gives away, by which a network's honesty is tested.

A component between 3.30 and 3.55 cycles per µm, above the blue cut-off of a 40x/0.95 with a condenser of 0.55 (3.26),
below that of a 100x/1.4 (4.24). It is drawn from keys of its own, so no picture of the 40x tells anything about it: a
network whose output correlates with it has seen the slide before.
"""

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.chance import drawing
from acquire.simulated.specimens.lattice import key_of, noise
from acquire.simulated.specimens.window import Window

Image = NDArray[np.float32]

BAND = (3.30, 3.55)
"""Cycles per µm."""

COARSEST_PITCH_UM = 0.0915
"""Lattices coarser than this serve lenses that pass nothing of the band, and are spared it."""

_CARRIERS = 2  # directions in each sheet
_SPREAD = 0.04  # of the carriers' frequencies round the middle of the band
_SPACING_UM = 16.0  # of the carriers' amplitudes: B-splines this wide hold 1 / 16 cycles per µm on either side


def band_noise(window: Window, seed: int, sheets: int) -> Image:
    """Compute the component in each sheet, of variance 1.

    Parameters
    ----------
    window : Window
        Of any size; the values at a place do not depend on it.
    seed : int
        Of the slide.
    sheets : int
        How many, independent of each other.

    Returns
    -------
    ndarray of float32, shape (sheets, rows, columns)
    """
    return np.stack([_sheet(window, seed, number) for number in range(sheets)])


def _sheet(window: Window, seed: int, number: int) -> Image:
    total = np.zeros((window.rows, window.columns), np.float32)
    rng = drawing(f"{seed} band {number}")
    for carrier in range(_CARRIERS):
        angle, frequency = rng.uniform(0, np.pi), sum(BAND) / 2 + rng.uniform(-_SPREAD, _SPREAD)
        keys = [key_of(seed, number) * 64 + 40_000 + 2 * carrier + part for part in range(2)]
        cosine, sine = noise(window, _SPACING_UM, *keys)
        across = np.exp(2j * np.pi * frequency * np.cos(angle) * window.x_um).astype(np.complex64)
        down = np.exp(2j * np.pi * frequency * np.sin(angle) * window.y_um).astype(np.complex64)[:, None]
        total += cosine * (across.real * down.real - across.imag * down.imag)
        total += sine * (across.real * down.imag + across.imag * down.real)
    total *= np.float32(1 / np.sqrt(_CARRIERS))
    return total
