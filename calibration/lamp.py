"""How steady the light is: brightness over time, while the lamp warms up."""

from dataclasses import replace

import numpy as np

from calibration.flatfield import Correction
from calibration.record import Curve

STEADY = 0.002
"""Share by which the light may change over the time looked at; a flat field is asked to be good to 0.5 %."""

FEWEST_POINTS = 6


def light_change(levels: Curve, over_s: float) -> float:
    """Return by which share the light changed over the last `over_s`, by a straight line through all levels in it.

    Parameters
    ----------
    levels : tuple of (float, float)
        (Time in s, brightness), in order.
    over_s : float
        Before the last one.

    Returns
    -------
    float
        Positive when it became brighter; NaN where there are fewer than six levels, or they do not go back so far.
    """
    times_s, bright = np.array(levels, float).reshape(-1, 2).T
    if not times_s.size or times_s[-1] - times_s[0] < over_s:
        return float("nan")
    last = times_s >= times_s[-1] - over_s
    if np.count_nonzero(last) < FEWEST_POINTS:
        return float("nan")
    slope = np.polyfit(times_s[last] - times_s[-1], bright[last], 1)[0]
    return float(slope * over_s / bright[last].mean())


def relit(correction: Correction, share: float) -> Correction:
    """Return a correction for light that is `share` times as bright: its flat above the dark, so many times as high."""
    flat = correction.dark + np.float32(share) * (correction.flat - correction.dark)
    return replace(correction, flat=np.asarray(flat, np.float32))
