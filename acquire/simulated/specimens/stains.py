"""Stains: how much each absorbs in the camera's red, green and blue."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

OPTICAL_DENSITY: Mapping[str, tuple[float, float, float]] = MappingProxyType(
    {
        "haematoxylin": (0.65, 0.70, 0.29),
        "eosin": (0.16, 0.85, 0.50),
        "iron haematoxylin": (0.75, 0.62, 0.42),
        "Biebrich scarlet": (0.10, 0.75, 0.55),
        "aniline blue": (0.80, 0.42, 0.12),
    }
)
"""Decadic optical density in red, green, blue of one unit of each stain, measured on stained sections.

Eosin is the mean that unmixing gave for four sections of three laboratories (tiatoolbox's target, a kidney, two livers:
red .15 to .19, green .81 to .89, blue .43 to .57); with the .07, .99, .11 often quoted it turns magenta.
"""

MASSON = ("iron haematoxylin", "Biebrich scarlet", "aniline blue")
"""Masson's trichrome: nuclei black-violet, cytoplasm, muscle and red cells red, collagen blue."""

HE = ("haematoxylin", "eosin")
"""Haematoxylin and eosin: nuclei blue-violet, all else pink."""


def napierian(stains: tuple[str, ...]) -> NDArray[np.float32]:
    """Napierian absorbance of one unit of each stain, shape (stains, 3 colours)."""
    table: NDArray[np.float32] = (np.log(10) * np.array([OPTICAL_DENSITY[name] for name in stains])).astype(np.float32)
    return table
