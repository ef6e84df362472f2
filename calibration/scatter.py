"""How well something comes back: the standard deviation of repeated arrivals, with its 95 % interval."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from calibration.errors import MeasurementError
from calibration.record import Measured

FEWEST = 3
TAIL = 0.025


def scatter(values: Sequence[float] | ArrayLike, *, what: str) -> Measured:
    """Return the standard deviation of repeated arrivals along each of some axes.

    Parameters
    ----------
    values : array_like, shape (n,) or (n, axes)
        At least three arrivals; the axes, taken as alike, are pooled.
    what : str
        What comes back, for the message.

    Returns
    -------
    Measured
        With the interval of chi squared, which takes the arrivals as Gaussian.

    Raises
    ------
    MeasurementError
        With fewer than three arrivals.
    """
    given = np.asarray(values, float)
    given = given.reshape(len(given), -1)
    if len(given) < FEWEST:
        raise MeasurementError(
            f"{what}: {len(given)} arrivals were measured and {FEWEST} are needed: return more often"
        )
    freedom = (len(given) - 1) * given.shape[1]
    squares = float(np.sum((given - given.mean(axis=0)) ** 2))
    low, high = (float(np.sqrt(squares / stats.chi2.ppf(tail, freedom))) for tail in (1 - TAIL, TAIL))
    return Measured(value=float(np.sqrt(squares / freedom)), interval95=(low, high))
