"""How much the crops of a site count: where bicubic is far off, errors are large and would outvote all others."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from enhance.baselines import bicubic
from enhance.metrics import tissue_mask
from enhance.trainingset import Site, TrainingSet

LEAST_ERROR = 0.25
"""Grey levels; what rounding to whole levels leaves of a perfect enlargement."""


def site_weights(data: TrainingSet, sites: Sequence[Site], power: float) -> NDArray[np.float64]:
    """Weigh sites by how far bicubic enlargement is off in their tissue.

    Parameters
    ----------
    data : TrainingSet
        Whose sites they are.
    sites : sequence of Site
        At least one.
    power : float
        Of the error that a weight is divided by; 0 weighs all alike, and with 1 an error halved counts as much at any
        site, which is 6 dB.

    Returns
    -------
    ndarray, shape (sites,)
        Their mean is 1.
    """
    weights = np.array([_bicubic_error(data, site) for site in sites]) ** -power
    return np.asarray(weights / weights.mean())


def _bicubic_error(data: TrainingSet, site: Site) -> float:
    """Mean absolute error in grey levels, in tissue; everywhere where there is none."""
    label, card = data.picture(site, "high"), data.card
    error = np.abs(bicubic(np.array(data.picture(site, "low")), card.ratio).astype(np.float32) - label)
    tissue = tissue_mask(label, pixel_um=card.pixel_um.high, white_level=card.white_level, corrected=card.corrected)
    return max(float(error[tissue if tissue.any() else ...].mean()), LEAST_ERROR)
