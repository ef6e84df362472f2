"""How much the crops of a site count: where bicubic is far off, errors are large and would outvote all others."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from enhance.baselines import bicubic
from enhance.bitdepth import levels
from enhance.tissue import tissue_of
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
        Of the error that the weights are divided by; 0 weighs all alike. With 1 and a loss of absolute errors, half the
        error, which is 6 dB gained, lowers the loss by as much at every site.

    Returns
    -------
    ndarray, shape (sites,)
        Their mean is 1.
    """
    weights = np.array([_bicubic_error(data, site) for site in sites]) ** -power
    return np.asarray(weights / weights.mean())


def _bicubic_error(data: TrainingSet, site: Site) -> float:
    """Mean absolute error in grey levels, in tissue; everywhere where there is none."""
    low, label = np.array(data.picture(site, "low")), data.picture(site, "high")
    error = np.abs(levels(bicubic(low, data.card.ratio)) - label)
    tissue = tissue_of(label, data.card)
    return max(float(error[tissue if tissue.any() else ...].mean()), LEAST_ERROR)
