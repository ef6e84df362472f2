"""The period of a line grating in a picture, such as a stage micrometer, from the middles of its lines."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.bandwidth import Plane, blur
from calibration.errors import MeasurementError

GLASS_PERCENTILE = 90.0
"""Of a picture's brightness: clear glass. Lines cover a fifth of a scale at most."""

GRADIENT_BLUR_PX = 2.0

STRIP_PX = 32
"""Along the lines, of the strips in which their middles are found one by one: their turn shows from strip to strip."""

WINDOW = 0.25
"""Of the period, to either side of a middle: beyond the blurred flank of a line, short of its neighbours."""

FLANK = 0.42
"""Of the period: from the window to here lies glass, whose brightness is taken off."""

LEAST_MASS_PX, OUTSIDE = 0.01, -1.0
"""Darkness in a window, as a share of half of it, below which there is no line; and the place of what is none."""

LEAST_DARKNESS = 0.5
"""Of the darkest line in any strip: fainter ones are the end of a line, dust, or nothing."""

STEPS = 4
"""Of a middle in its own window, which moves with it: the third changes nothing any more."""

FEWEST_LINES = 3
LARGEST_RESIDUAL = 0.02
"""Of the period, rms of the middles round an even grating: figures, dust or another pitch give more."""

PRIOR_TOLERANCE = 0.08
"""By which part the period expected may be wrong: nominal pixel sizes err by 2 %."""

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grating:
    """What a picture shows of a line grating.

    Parameters
    ----------
    period_px : float
        From line to line, across them.
    angle_deg : float
        Of the direction across the lines, from the picture's columns towards its rows, -90 to 90.
    lines : int
        Seen.
    residual_px : float
        Rms distance of their middles from an even grating.
    """

    period_px: float
    angle_deg: float
    lines: int
    residual_px: float


def measure_grating(plane: Plane, expected_px: float) -> Grating:
    """Measure the period of dark lines on clear glass, over the whole field and at any angle.

    The middle of a line is the centre of mass of what it takes from the light, in a window round it, in each strip
    along it; an even grating is fitted to all middles. Neither focus nor the width of the lines moves a middle.

    Parameters
    ----------
    plane : ndarray of float32, shape (rows, columns)
        Light, corrected for its unevenness.
    expected_px : float
        Period, good to 8 %.

    Returns
    -------
    Grating

    Raises
    ------
    MeasurementError
        When there are fewer than three lines, or they are not evenly as far apart as expected.
    """
    dark = np.asarray(1 - plane / np.percentile(plane, GLASS_PERCENTILE), dtype=np.float32)
    turn = _across(dark)
    middles = np.array(list(_middles(*_turned(dark, turn), expected_px))).reshape(-1, 3)
    return _fitted(middles[middles[:, 2] > LEAST_DARKNESS * middles[:, 2].max(initial=0)], turn, expected_px)


def _across(dark: Plane) -> float:
    """Direction of the steepest change in radians: the mean of the doubled angles of all gradients, halved."""
    down, right = np.gradient(blur(dark, sigma_px=GRADIENT_BLUR_PX).astype(np.float64))
    return float(np.angle(np.sum((right + 1j * down) ** 2))) / 2


def _turned(dark: Plane, turn: float) -> tuple[Plane, NDArray[np.bool_]]:
    """Turn the picture so that its lines stand upright, and say which pixels of the larger one lie inside of it."""
    rows, columns = dark.shape
    side = math.ceil(math.hypot(rows, columns))
    cosine, sine = math.cos(turn), math.sin(turn)
    turning = np.array([[cosine, sine], [-sine, cosine]])
    shift = (side - 1) / 2 - turning @ [(columns - 1) / 2, (rows - 1) / 2]
    matrix = np.column_stack([turning, shift])
    upright = cv2.warpAffine(dark, matrix, (side, side), flags=cv2.INTER_CUBIC)
    inside = cv2.warpAffine(np.ones_like(dark), matrix, (side, side), flags=cv2.INTER_LINEAR)
    return np.asarray(upright, np.float32), np.asarray(inside) > 1 - 1e-4


def _middles(dark: Plane, inside: NDArray[np.bool_], period_px: float) -> Iterator[tuple[float, float, float]]:
    """(Column, row, darkness) of the middle of each line in each strip of the upright picture."""
    for first in range(0, len(dark) - STRIP_PX + 1, STRIP_PX):
        rows = slice(first, first + STRIP_PX)
        columns = np.flatnonzero(inside[rows].all(axis=0))
        if columns.size > 2 * WINDOW * period_px:
            profile = dark[rows, columns[0] : columns[-1] + 1].mean(axis=0, dtype=np.float64)
            for middle, darkness in _of_profile(profile, period_px):
                yield columns[0] + middle, first + (STRIP_PX - 1) / 2, darkness


def _of_profile(profile: Values, period_px: float) -> Iterator[tuple[float, float]]:
    """Middles that lie in the profile with all of their windows, each the darkest place within half a period."""
    left, place = profile.copy(), np.arange(profile.size, dtype=np.float64)
    reach = FLANK * period_px
    for _ in range(math.ceil(profile.size / period_px) + 1):
        middle = float(np.argmax(left))
        left[np.abs(place - middle) < period_px / 2] = -np.inf
        for _ in range(STEPS):
            if not reach < middle < profile.size - 1 - reach:
                break
            middle, darkness = _middle(profile, place - middle, period_px)
        else:
            yield middle, darkness


def _middle(profile: Values, from_middle: Values, period_px: float) -> tuple[float, float]:
    """Centre of mass in the window, above the straight line through the glass on either side, and the mass there."""
    half, reach = WINDOW * period_px, FLANK * period_px
    glass = (np.abs(from_middle) >= half) & (np.abs(from_middle) <= reach)
    line = np.polynomial.Polynomial.fit(from_middle[glass], profile[glass], 1)
    weight = (profile - line(from_middle)) * np.clip(half + 0.5 - np.abs(from_middle), 0, 1)
    mass = float(weight.sum())
    if mass <= LEAST_MASS_PX * half:
        return OUTSIDE, 0.0
    return float(weight @ np.arange(profile.size)) / mass, mass / half


def _fitted(middles: Values, turn: float, expected_px: float) -> Grating:
    """Fit column = first + number · spacing + lean · row to the middles."""
    column, row, _ = middles.T
    number = _numbers(column, expected_px)
    lines = np.unique(number).size
    if lines < FEWEST_LINES:
        raise MeasurementError(_too_few(lines, expected_px))
    design = np.column_stack([np.ones_like(column), number, row])
    solution = np.linalg.lstsq(design, column, rcond=None)[0]
    lean = math.atan(float(solution[2]))
    residual_px = float(np.sqrt(np.mean((column - design @ solution) ** 2)))
    angle_deg = (math.degrees(turn - lean) + 90) % 180 - 90
    found = Grating(
        period_px=float(solution[1]) * math.cos(lean), angle_deg=angle_deg, lines=lines, residual_px=residual_px
    )
    return _believed(found, expected_px)


def _numbers(column: Values, expected_px: float) -> Values:
    """Which line each middle belongs to, from one to the next: so the period need not hold over all of them."""
    order = np.argsort(column)
    number = np.empty_like(column)
    number[order] = np.cumsum(np.rint(np.diff(column[order], prepend=column[order][:1]) / expected_px))
    return number


def _believed(found: Grating, expected_px: float) -> Grating:
    far = abs(found.period_px / expected_px - 1) > PRIOR_TOLERANCE
    if far or found.residual_px > LARGEST_RESIDUAL * expected_px:
        raise MeasurementError(
            f"lines {found.period_px:.1f} px apart (± {found.residual_px:.2f} px) were found, and {expected_px:.1f} px "
            "were expected: give the pitch of the micrometer (--pitch-um), and show its lines only, without figures"
        )
    return found


def _too_few(count: int, expected_px: float) -> str:
    return (
        f"{count} lines {expected_px:.0f} px apart were found and {FEWEST_LINES} are needed: focus on the lines of the "
        "micrometer, bring its middle to the middle of the field, and give its pitch (--pitch-um)"
    )
