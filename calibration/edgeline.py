"""The line of a straight edge through a picture, to hundredths of a pixel."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.errors import MeasurementError

Values = NDArray[np.float64]

LEAST_STEP = 0.2
"""Michelson contrast of the edge below which noise and shading weigh too much: one of 0.1 fails."""

SMALLEST_SIDE_PX = 20
"""Of the picture: below, the edge spread is cut off where it still changes."""

WANDERING_PX = 0.5
"""Rms distance of the edge in single rows from a straight line, above which it is none."""

NEAR_PX = 8.0
"""Half width of the window round the line in which the edge of a row is sought again."""

LEAST_RISE = 0.25
"""Of a row's edge to that of the middle one: dust and the picture's corner leave less."""

RISE = 0.05
"""Slopes below this share of the steepest are noise when the edge of a row is sought the first time."""

FIT_STEPS = 6
"""After each the window lies better; the slants of 120 random drawn edges are then right to 0.025°."""

_NO_EDGE = "there is no straight edge through this picture: give a part with one edge and nothing else"


def edge_line(plane: Values) -> tuple[float, float]:
    """Fit column = slope · row + start to the edge of a picture that is dark on its left.

    Parameters
    ----------
    plane : ndarray of float64, shape (rows, columns)
        One edge that crosses the rows, bright on the right.

    Returns
    -------
    slope, start : float
        Column of the edge in each row.

    Raises
    ------
    MeasurementError
        When the edge is weak, not straight, or sees all rows in one phase.
    """
    _check_step(plane)
    rows, columns = np.arange(plane.shape[0]), np.arange(plane.shape[1] - 1) + 0.5
    change = np.diff(plane, axis=1)
    seen = np.apply_along_axis(np.convolve, 1, change, np.ones(5) / 5, mode="same")
    weight = np.where(seen > RISE * seen.max(), seen, 0.0)
    slope, start = _straight(rows, columns[np.argmax(weight, axis=1)])
    for _ in range(FIT_STEPS):
        found, places = _crossings(change, np.asarray(slope * rows + start, dtype=np.float64))
        slope, start = _straight(found, places)
    wandering = float(np.sqrt(np.mean((places - slope * found - start) ** 2)))
    _check_line(slope, wandering, plane.shape[0])
    return slope, start


def _crossings(change: Values, line: Values) -> tuple[NDArray[np.int_], Values]:
    """Rows that the edge crosses well inside, and the column where each does, sought near a line."""
    columns = np.arange(change.shape[1]) + 0.5
    away = np.clip((columns - line[:, None]) / NEAR_PX, -1, 1)
    seen = change * np.cos(0.5 * np.pi * away) ** 2
    mass = seen.sum(axis=1)
    whole = (line > NEAR_PX) & (line < columns[-1] - NEAR_PX)
    typical = float(np.median(mass[whole])) if whole.any() else np.inf
    rows = np.flatnonzero(whole & (mass > LEAST_RISE * typical) & (mass > 0))
    if rows.size < SMALLEST_SIDE_PX // 2:
        raise MeasurementError(_NO_EDGE)
    return rows, (seen * columns).sum(axis=1)[rows] / mass[rows]


def _check_step(plane: Values) -> None:
    dark, bright = np.percentile(plane, (5, 95))
    step = float((bright - dark) / max(bright + dark, 1e-12))
    if step < LEAST_STEP:
        raise MeasurementError(
            f"the edge has a contrast of {step:.2f} and at least {LEAST_STEP} is needed: use chrome on glass, or "
            "subtract the black level"
        )


def _check_line(slope: float, wandering_px: float, rows: int) -> None:
    if wandering_px > WANDERING_PX:
        raise MeasurementError(f"the edge leaves a straight line by {wandering_px:.1f} px rms: {_NO_EDGE}")
    if abs(slope) * rows < 1:
        raise MeasurementError(
            f"the edge drifts by {abs(slope) * rows:.2f} px over {rows} rows, so that pixels see it in one phase only: "
            "turn target or camera by 3° to 10°"
        )


def _straight(rows: NDArray[Any], places: Values) -> tuple[float, float]:
    """Least squares without the rows that lie far off."""
    for _ in range(2):
        slope, start = np.polyfit(rows, places, 1)
        missed = np.abs(places - slope * rows - start)
        near = missed <= max(3 * float(np.median(missed)), 1e-6)
        rows, places = rows[near], places[near]
    return float(slope), float(start)
