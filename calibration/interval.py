"""A mean with its 95 % interval, from repeated measurements of which a few may be wrong."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from calibration.errors import MeasurementError
from calibration.record import Measured

FEWEST = 2
FEWEST_TO_REJECT = 5
"""Below this a single odd value cannot be told from ordinary scatter."""

REJECT_SIGMA = 3.5
MAD_TO_SIGMA = 1.4826
CONFIDENCE = 0.95


def measured_mean(values: Sequence[float] | ArrayLike, *, what: str) -> Measured:
    """Return the mean of repeated measurements with its 95 % interval, without gross outliers.

    Values farther from the median than 3.5 standard deviations, estimated from the median absolute deviation, are left
    out when there are at least five. The interval is Student's.

    Parameters
    ----------
    values : array_like, shape (n,)
        At least two.
    what : str
        What is measured, for the message.

    Returns
    -------
    Measured

    Raises
    ------
    MeasurementError
        With fewer than two finite values.
    """
    given = np.asarray(values, dtype=np.float64).ravel()
    kept = _without_outliers(given[np.isfinite(given)])
    if kept.size < FEWEST:
        raise MeasurementError(
            f"{what}: {kept.size} usable measurement(s), and {FEWEST} are needed for an interval: measure more sites"
        )
    half = student_t(kept.size - 1) * float(np.std(kept, ddof=1)) / float(np.sqrt(kept.size))
    return around(float(np.mean(kept)), half)


def around(value: float, half_width: float) -> Measured:
    """Return a measured value with an interval of `half_width` to both sides."""
    return Measured(value=value, interval95=(value - half_width, value + half_width))


def student_t(degrees_of_freedom: int) -> float:
    """Return how many standard errors a 95 % interval reaches to either side."""
    return float(stats.t.ppf((1 + CONFIDENCE) / 2, degrees_of_freedom))


def _without_outliers(values: NDArray[np.float64]) -> NDArray[np.float64]:
    if values.size < FEWEST_TO_REJECT:
        return values
    distance = abs(values - np.median(values))
    limit = REJECT_SIGMA * MAD_TO_SIGMA * float(np.median(distance))
    return values[distance <= limit] if limit > 0 else values
