"""Chrome on glass: the amount of it that lets a wanted amplitude of light through."""

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.specimens.targets.passband import Bounds
from calibration.errors import RigError

Image = NDArray[np.float32]
Values = NDArray[np.float64]

OPTICAL_DENSITY = 2.7
"""Of the chrome, unless told: 0.2 % of the light passes."""

_DARKEST = 0.1  # amplitude below which nothing goes, as a share of what chrome lets through


def grey() -> Image:
    """Napierian absorbance of one unit of chrome, the same in all colours, shape (1 stain, 3)."""
    return np.full((1, 3), np.log(10), np.float32)


def check_density(optical_density: float) -> None:
    """Refuse an optical density that is none.

    Raises
    ------
    RigError
        When it is not above 0.
    """
    if not optical_density > 0:
        raise RigError(f"optical_density is {optical_density}, but chrome absorbs: give a number above 0, such as 2.7")


def room(optical_density: float) -> Bounds:
    """Least and greatest coverage whose transmission exists; the least is that of clear shapes in chrome."""
    chrome = _amplitude(optical_density)
    spare = (1 - _DARKEST) * chrome / (1 - chrome)
    return -spare, 1 + spare


def sheet(coverage: Values, optical_density: float) -> Image:
    """Turn coverage into the one sheet of a target.

    The amplitude that passes, ``1 - coverage * (1 - 10**(-optical_density / 2))``, is what has the band limits of
    `passband`; the amount of chrome is the one that gives it. It is negative where ringing outshines the glass.

    Parameters
    ----------
    coverage : ndarray, shape (rows, columns)
        1 is chrome.
    optical_density : float
        Of the chrome.

    Returns
    -------
    ndarray of float32, shape (1, 2, rows, columns)
        Optical density, and no optical path.
    """
    chrome = _amplitude(optical_density)
    amplitude = np.maximum(1 - coverage * (1 - chrome), _DARKEST * chrome)
    amount = -2 * np.log10(amplitude)
    return np.stack([amount, np.zeros_like(amount)])[None].astype(np.float32)


def _amplitude(optical_density: float) -> float:
    return float(10 ** (-optical_density / 2))
