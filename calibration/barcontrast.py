"""Contrast of three bars: how much of their black and white is left in a picture."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.interpolate import BSpline

from calibration.bandwidth import Plane

Values = NDArray[np.float64]

SAMPLES = 40
"""Of the profile in a period: its extrema are then found to 0.025 periods and 0.3 % of their height."""

TOLERANCE = 1 / 5
"""Periods by which an extremum may miss its place before the element counts as lost (the paper's supplement)."""

TOP = 0.15
"""Part of the range round an extremum that belongs to its top, whose middle is its place: the tops of wide bars are
level, with an overshoot of 0.1 at either end where an edge lies between two pixels."""

REACH = 1.5
"""Periods from the middle bar to the end of the profile."""

ALONG = 0.75
"""Periods on either side of the middle over which lines are averaged: the central 60 % of the bars."""

COARSE_PERIOD_PX = 16.0
"""Period from which straight lines between pixels do: the tops of such wide bars are level."""

KNOT_PX, STIFFNESS, STIFF_PERIOD_PX = 0.5, 0.01, 2.5
"""Distance of the knots of the fitted profile, and weight of their squared second differences at that period; it grows
with the square of the period.

All bars through the dry 40x (from 2.1 px a period), turned by 0 / 3 / 5 / 8 / 25° against the pixels: largest error of
contrast 0.074 / 0.040 / 0.017 / 0.012 / 0.014. Band-limited interpolation, which takes aliases for detail, erred by
0.100 / 0.113 / 0.109 / 0.074 / 0.050.
"""

SPARE = 1.0
"""Periods beyond the profile that are fitted with it, so that it does not end where it is read."""

CUBIC = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """Where three bars lie in a picture.

    Parameters
    ----------
    centre_px : complex
        Middle of the middle bar, column + row·i.
    across_px : complex
        From the middle bar to a neighbour: one period.
    dark : bool
        Whether the bars are darker than the ground.
    """

    centre_px: complex
    across_px: complex
    dark: bool

    @property
    def period_px(self) -> float:
        """Distance from bar to bar."""
        return abs(self.across_px)

    def inside(self, shape: tuple[int, ...]) -> bool:
        """Whether a picture of (rows, columns) holds all lines that the contrast is read from."""
        points = self._points(np.array([-REACH, REACH]), np.array([-ALONG, ALONG]))
        rows, columns = shape[:2]
        x, y = points.real, points.imag
        return bool(x.min() >= 0 and y.min() >= 0 and x.max() <= columns - 1 and y.max() <= rows - 1)

    def profile(self, plane: Plane) -> Values:
        """Return brightness across the bars, the mean along them, `SAMPLES` a period from -1.5 to 1.5 periods.

        Averaged before the extrema are sought, as those of single lines would take noise for contrast.
        """
        across = np.arange(-REACH * SAMPLES, REACH * SAMPLES + 1) / SAMPLES
        if self.period_px < COARSE_PERIOD_PX:
            return self._fitted(plane, across)
        lines = math.ceil(2 * ALONG * self.period_px)
        points = self._points(across, np.linspace(-ALONG, ALONG, lines))
        return np.asarray(ndimage.map_coordinates(plane, [points.imag, points.real], np.float64, order=1).mean(axis=0))

    def _points(self, across: Values, along: Values) -> NDArray[np.complex128]:
        """Pixel points at so many periods across and along the bars, shape (along, across)."""
        return self.centre_px + self.across_px * (across + 1j * along[:, None])

    def _fitted(self, plane: Plane, across: Values) -> Values:
        """Profile as a smooth spline through all pixels between the ends of the bars, each at its own distance."""
        place, value, weight = self._pixels(plane)
        step = KNOT_PX / self.period_px
        end = REACH + SPARE
        knots = np.arange(-end - CUBIC * step, end + (CUBIC + 1) * step, step)
        design = BSpline.design_matrix(place, knots, CUBIC).toarray()
        stiffness = STIFFNESS * (self.period_px / STIFF_PERIOD_PX) ** 2
        bending = np.diff(np.eye(design.shape[1]), 2, axis=0)
        normal = design.T @ (weight[:, None] * design) + stiffness * bending.T @ bending
        return np.asarray(BSpline(knots, np.linalg.solve(normal, design.T @ (weight * value)), CUBIC)(across))

    def _pixels(self, plane: Plane) -> tuple[Values, Values, Values]:
        """Place across the bars, value and weight of the pixels near them; a pixel at the rim counts by its part."""
        reach = math.ceil(math.hypot(REACH + SPARE, ALONG) * self.period_px) + 1
        column, row = round(self.centre_px.real), round(self.centre_px.imag)
        rows = np.arange(max(row - reach, 0), min(row + reach + 1, plane.shape[0]))
        columns = np.arange(max(column - reach, 0), min(column + reach + 1, plane.shape[1]))
        place = (columns + 1j * rows[:, None] - self.centre_px) / self.across_px
        weight = np.clip((ALONG - np.abs(place.imag)) * self.period_px + 0.5, 0, 1)
        near = (weight > 0) & (np.abs(place.real) < REACH + SPARE)
        value = plane[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        return place.real[near], value[near].astype(np.float64), weight[near]


def bar_contrast(plane: Plane, bars: Bars) -> float:
    """Contrast of three bars: (largest of the bright - least of the dark extrema) / (their sum).

    For dark bars the bright extrema are the two gaps and the dark ones the three bars; for bright bars the reverse.

    Parameters
    ----------
    plane : ndarray of float32, shape (rows, columns)
        Proportional to the light: black subtracted.
    bars : Bars
        Inside the picture.

    Returns
    -------
    float
        0 to 1; 0 when an extremum lies more than a fifth of a period from its place: the element is lost.

    References
    ----------
    Y. Rivenson et al., Deep learning microscopy, Optica 4, 1437 (2017), supplementary table 4.
    """
    profile = bars.profile(plane)
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
    return float((high - low) / (high + low)) if high > low else 0.0


def _extremum(profile: Values, place: int) -> float | None:
    """Largest value near a place; None when the top within half a period of it lies elsewhere, or has its middle so."""
    first, reach = max(place - SAMPLES // 2, 0), int(TOLERANCE * SAMPLES)
    around = profile[first : place + SAMPLES // 2 + 1]
    near = float(profile[max(place - reach, 0) : place + reach + 1].max())
    level = float(around.max() - TOP * np.ptp(around))
    middle = first + float(np.flatnonzero(around >= level).mean())
    return near if near >= level and abs(middle - place) <= reach else None
