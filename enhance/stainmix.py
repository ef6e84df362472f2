"""Stains that were never photographed: the optical densities of the three colours, mixed among each other."""

import numpy as np
from numpy.typing import NDArray

from calibration.flatfield import GLASS_LEVEL

Pixels = NDArray[np.uint8]
Seen = Pixels | NDArray[np.float32]
Mixture = NDArray[np.float64]

MIXING_SIGMA = 0.15
"""Width of what is added to each element of the identity; larger ones make colours that no stain has."""


def draw_mixture(rng: np.random.Generator) -> Mixture:
    """Draw a 3×3 matrix near the identity."""
    return np.asarray(np.eye(3) + MIXING_SIGMA * rng.standard_normal((3, 3)))


def mixed(picture: Seen, mixture: Mixture, *, white_level: float, corrected: bool) -> Seen:
    """Mix the optical densities of a picture; what has none, empty glass, stays as it is.

    Mixing is not quite exchangeable with blurring, since density is no linear measure of light: input and label of a
    pair differ afterwards by a little more than the optics.

    Parameters
    ----------
    picture : ndarray of uint8 or float32, shape (rows, columns, 3)
        Input or label; both of a pair take the same mixture.
    mixture : ndarray, shape (3, 3)
        Row i says how much of the old densities makes the new density of colour i.
    white_level : float
        Pixel value of saturation.
    corrected : bool
        Whether empty glass lies at `calibration.flatfield.GLASS_LEVEL` of it; at the white level otherwise.

    Returns
    -------
    ndarray, same shape and dtype
        Whole levels where it is of uint8.
    """
    glass = white_level * (GLASS_LEVEL if corrected else 1.0)
    densities = -np.log(np.maximum(picture, 0.5).astype(np.float32) / np.float32(glass))
    light = np.float32(glass) * np.exp(-densities @ mixture.T.astype(np.float32))
    levels: NDArray[np.float32] = np.clip(light, 0, white_level)
    return np.rint(levels).astype(np.uint8) if picture.dtype == np.uint8 else levels
