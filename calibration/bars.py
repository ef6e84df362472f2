"""Three bars of a resolution target in a picture: where they lie, and the pixels that show them."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.bandwidth import Plane

Values = NDArray[np.float64]

REACH = 1.5
"""Periods from the middle bar to the end of the profile."""

ALONG = 0.75
"""Periods on either side of the middle over which lines are averaged: the central 60 % of the bars."""

SPARE = 1.0
"""Periods beyond the profile that are read with it, so that a fit does not end where the profile does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Pixels near three bars.

    Parameters
    ----------
    place : ndarray, shape (n,)
        Periods across the bars, from the middle of the middle bar.
    value : ndarray, shape (n,)
        Brightness.
    weight : ndarray, shape (n,)
        0 to 1: a pixel at the ends of the bars counts by its part.
    """

    place: Values
    value: Values
    weight: Values

    def within(self, periods: float) -> "Shown":
        """Those nearer to the middle than so many periods."""
        near = np.abs(self.place) < periods
        return Shown(place=self.place[near], value=self.value[near], weight=self.weight[near])


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
        points = self.points(np.array([-REACH, REACH]), np.array([-ALONG, ALONG]))
        rows, columns = shape[:2]
        x, y = points.real, points.imag
        return bool(x.min() >= 0 and y.min() >= 0 and x.max() <= columns - 1 and y.max() <= rows - 1)

    def points(self, across: Values, along: Values) -> NDArray[np.complex128]:
        """Pixel points at so many periods across and along the bars, shape (along, across)."""
        return self.centre_px + self.across_px * (across + 1j * along[:, None])

    def shown(self, plane: Plane) -> Shown:
        """Pixels between the ends of the bars, up to `REACH` + `SPARE` periods across them."""
        reach = math.ceil(math.hypot(REACH + SPARE, ALONG) * self.period_px) + 1
        column, row = round(self.centre_px.real), round(self.centre_px.imag)
        rows = np.arange(max(row - reach, 0), min(row + reach + 1, plane.shape[0]))
        columns = np.arange(max(column - reach, 0), min(column + reach + 1, plane.shape[1]))
        place = (columns + 1j * rows[:, None] - self.centre_px) / self.across_px
        weight = np.clip((ALONG - np.abs(place.imag)) * self.period_px + 0.5, 0, 1)
        near = (weight > 0) & (np.abs(place.real) < REACH + SPARE)
        value = plane[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        return Shown(place=place.real[near], value=value[near].astype(np.float64), weight=weight[near])
