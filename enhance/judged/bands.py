"""Correlation with the truth by colour, in bands between the cut-offs of the two objectives."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from calibration.transfer import COLOURS_UM
from enhance.judged.density import DensityView, Spectra, correlations
from enhance.trainingset import CardOptics, Lens

COLOURS = ("red", "green", "blue")
BANDS = ("seen", "deconvolved", "extrapolated")
"""Below 0.6 of the weaker objective's cut-off, from there to it, and from it to that of the stronger one."""
SEEN_SHARE = 0.6

Correlation = Mapping[str, Mapping[str, float]]


def cutoff(lens: Lens, condenser_na: float, wavelength_um: float) -> float:
    """Highest frequency of a weak object that is imaged, (NAo + NAc)/λ in cycles per µm; NAc counts up to NAo."""
    return (lens.na + min(lens.na, condenser_na)) / wavelength_um


def edges(optics: CardOptics) -> NDArray[np.float64]:
    """Return where the bands of each colour end, in cycles per µm, shape (3 colours, 3)."""
    low, high = (
        np.array([cutoff(lens, optics.condenser_na, wavelength) for wavelength in COLOURS_UM])
        for lens in (optics.low, optics.high)
    )
    return np.stack([SEEN_SHARE * low, low, high], axis=1)


def band_correlation(picture: Spectra, truth: Spectra, view: DensityView, optics: CardOptics) -> Correlation:
    """Correlate optical densities inside each band.

    Parameters
    ----------
    picture, truth : ndarray of complex64
        From `DensityView.spectra`.
    view : DensityView
        That took them.
    optics : CardOptics
        Of both objectives.

    Returns
    -------
    mapping of str to mapping of str to float
        By colour, then by band of `BANDS`; NaN where one of the two has nothing.
    """
    found: dict[str, dict[str, float]] = {}
    for colour, name in enumerate(COLOURS):
        part = np.searchsorted(edges(optics)[colour], view.radius, side="right")
        part[0, 0] = len(BANDS)  # the mean says nothing of detail
        each = correlations(picture[colour], truth[colour], view.twice, part)
        found[name] = dict(zip(BANDS, (float(value) for value in each), strict=True))
    return found
