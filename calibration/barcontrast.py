"""Contrast of three bars: how much of their black and white is left in a picture."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.interpolate import BSpline

from calibration.bandwidth import Plane
from calibration.barmodel import SEEN, BarModel
from calibration.bars import ALONG, REACH, SPARE, Bars, Shown

Values = NDArray[np.float64]

SAMPLES = 40
"""Of the profile in a period: its extrema are then found to 0.025 periods and 0.3 % of their height."""

TOLERANCE = 1 / 5
"""Periods by which an extremum may miss its place before the element counts as lost (the paper's supplement)."""

TOP = 0.15
"""Part of the range round an extremum that belongs to its top, whose middle is its place: the tops of wide bars are
level, with an overshoot of 0.1 at either end where an edge lies between two pixels."""

ROUNDING = float(np.finfo(np.float32).eps)
"""Of the light: a plane of float32 tells no smaller difference, and on empty ground nothing else is left."""

COARSE_PERIOD_PX = 16.0
"""Period from which straight lines between pixels do: the tops of such wide bars are level."""

KNOT_PX, STIFFNESS, STIFF_PERIOD_PX = 0.5, 0.01, 2.5
"""Distance of the knots of the fitted profile, and weight of their squared second differences at that period; it grows
with the square of the period.

All bars through the dry 40x (from 2.1 px a period), turned by 0 / 3 / 5 / 8 / 25° against the pixels: largest error of
contrast without a model 0.074 / 0.040 / 0.017 / 0.012 / 0.014. Band-limited interpolation, which takes aliases for
detail, erred by 0.100 / 0.113 / 0.109 / 0.074 / 0.050.
"""

STIFFER = 10.0
"""By so much when the spline only mends a model; 1 and 3 follow the noise (worst error at 25° 0.041 for 0.034)."""

CUBIC = 3


def bar_profile(plane: Plane, bars: Bars, model: BarModel | None = None) -> Values:
    """Return brightness across bars, the mean along them, `SAMPLES` a period from -1.5 to 1.5 periods.

    Averaged before the extrema are sought, as those of single lines would take noise for contrast.

    Parameters
    ----------
    plane, bars, model
        As in `bar_contrast`.
    """
    across = np.arange(-REACH * SAMPLES, REACH * SAMPLES + 1) / SAMPLES
    if bars.period_px < COARSE_PERIOD_PX:
        return _fitted(plane, bars, across, model)
    lines = math.ceil(2 * ALONG * bars.period_px)
    points = bars.points(across, np.linspace(-ALONG, ALONG, lines))
    return np.asarray(ndimage.map_coordinates(plane, [points.imag, points.real], np.float64, order=1).mean(axis=0))


def _fitted(plane: Plane, bars: Bars, across: Values, model: BarModel | None) -> Values:
    """Profile as a smooth spline through all pixels between the ends of the bars, each at its own distance.

    With a model the spline is laid through what the model leaves.
    """
    whole = bars.shown(plane)
    shown = whole.within(SEEN)
    if model is None or not model.knows(bars, shown):
        return np.asarray(_spline(whole, bars.period_px, STIFFNESS)(across))
    known, drawn = model.fitted(bars, shown, across)
    left = replace(shown, value=shown.value - known)
    return np.asarray(drawn + _spline(left, bars.period_px, STIFFER * STIFFNESS)(across))


def _spline(shown: Shown, period_px: float, stiffness: float) -> BSpline:
    step = KNOT_PX / period_px
    end = REACH + SPARE
    knots = np.arange(-end - CUBIC * step, end + (CUBIC + 1) * step, step)
    design = BSpline.design_matrix(shown.place, knots, CUBIC).toarray()
    bending = np.diff(np.eye(design.shape[1]), 2, axis=0)
    normal = design.T @ (shown.weight[:, None] * design)
    normal += stiffness * (period_px / STIFF_PERIOD_PX) ** 2 * bending.T @ bending
    return BSpline(knots, np.linalg.solve(normal, design.T @ (shown.weight * shown.value)), CUBIC)


def bar_contrast(plane: Plane, bars: Bars, model: BarModel | None = None) -> float:
    """Contrast of three bars: (largest of the bright - least of the dark extrema) / (their sum).

    For dark bars the bright extrema are the two gaps and the dark ones the three bars; for bright bars the reverse.

    Parameters
    ----------
    plane : ndarray of float32, shape (rows, columns)
        Proportional to the light: black subtracted.
    bars : Bars
        Inside the picture.
    model : BarModel, optional
        From `barmodel.learn_bars`, of bars of this direction: a fine element is then read as the lens must have drawn
        it and by how much it differs from that.

    Returns
    -------
    float
        0 to 1; 0 when an extremum lies more than a fifth of a period from its place: the element is lost.

    References
    ----------
    Y. Rivenson et al., Deep learning microscopy, Optica 4, 1437 (2017), supplementary table 4.
    """
    profile = bar_profile(plane, bars, model)
    middle = (profile.size - 1) // 2
    at_bars = [middle + SAMPLES * bar for bar in (-1, 0, 1)]
    at_gaps = [middle - SAMPLES // 2, middle + SAMPLES // 2]
    bright, dark = (at_gaps, at_bars) if bars.dark else (at_bars, at_gaps)
    highs = [_extremum(profile, place) for place in bright]
    lows = [_extremum(-profile, place) for place in dark]
    if None in highs or None in lows:
        return 0.0
    high, low = max(h for h in highs if h is not None), min(-v for v in lows if v is not None)
    low = max(low, 0.0)
    return float((high - low) / (high + low)) if high - low > ROUNDING * high else 0.0


def _extremum(profile: Values, place: int) -> float | None:
    """Largest value near a place; None when the top within half a period of it lies elsewhere, or has its middle so."""
    first, reach = max(place - SAMPLES // 2, 0), int(TOLERANCE * SAMPLES)
    around = profile[first : place + SAMPLES // 2 + 1]
    near = float(profile[max(place - reach, 0) : place + reach + 1].max())
    level = float(around.max() - TOP * np.ptp(around))
    middle = first + float(np.flatnonzero(around >= level).mean())
    return near if near >= level and abs(middle - place) <= reach else None
