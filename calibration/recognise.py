"""Recognise the place that a sharp picture shows in a coarser one, quickly and far out of focus: for searching."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike

from calibration.affine import covered_bounds
from calibration.bandwidth import Plane, blur, decimate, green, high_pass
from calibration.flatfield import Pixels
from calibration.rigid import rotation

COARSER = 2.0
"""Patterns have pixels so much larger than LOW's: about the depth of field's share of structure that two objectives
and planes 3 µm apart still have in common. On simulated lung (0.37 µm) the right place then reaches 0.75 and more up
to 3 µm out of focus and 2.2° turned, other places 0.27."""

NOISE_SIGMA_PX, SHADING_SIGMA_PX = 1.0, 4.0
"""Of the band that is kept, in pattern pixels; with 8 px below, other places reach 0.43."""

TURNS_DEG = (0.0, -2.0, 2.0)
"""Tried about the turn expected; the right place still reaches 0.75 when it is turned 2.2° from it."""

RECOGNISED_NCC = 0.5
"""Halfway between the right place and others."""

FLATTEST = 0.1
"""Root mean square, in grey levels, below which nothing correlates: OpenCV gives 1 where a picture does not vary."""

OUTSIDE = 0.25
"""How much of the sharp picture may lie beyond an edge of the coarse one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """Where a sharp picture fits best into a coarse one.

    Parameters
    ----------
    ncc : float
        Normalised cross-correlation there; `RECOGNISED_NCC` and more is the place.
    offset_px : (float, float)
        Of its middle from that of the coarse picture, (x, y) in LOW pixels; to about one of them.
    turn_deg : float
        The one of `TURNS_DEG` that fits best.
    """

    ncc: float
    offset_px: tuple[float, float]
    turn_deg: float


def pattern(pixels: Pixels, *, coarser: float = COARSER) -> Plane:
    """Return what is compared: green, made coarser, without noise and shading.

    Parameters
    ----------
    pixels : ndarray of uint8 or uint16, shape (rows, columns, 3)
        Corrected.
    coarser : float
        `COARSER` for LOW, `COARSER` times the ratio of the pixel sizes for HIGH.

    Returns
    -------
    ndarray of float32, shape (⌊rows / coarser⌋, ⌊columns / coarser⌋)
    """
    return high_pass(blur(decimate(green(pixels), coarser), sigma_px=NOISE_SIGMA_PX), sigma_px=SHADING_SIGMA_PX)


def recognise(high: Plane, low: Plane, linear: ArrayLike) -> Likeness:
    """Find the place in one pattern that another one fits best.

    Parameters
    ----------
    high, low : ndarray of float32, shape (rows, columns)
        From `pattern`, on pixels of nearly the same size.
    linear : array_like, shape (2, 2)
        Turn and scale expected from pixels of `high` to those of `low`.
    """
    found = [_trial(high, low, rotation(turn_deg) @ np.asarray(linear), turn_deg) for turn_deg in TURNS_DEG]
    return max(found, key=lambda likeness: likeness.ncc)


def _trial(high: Plane, low: Plane, linear: ArrayLike, turn_deg: float) -> Likeness:
    turned = _turned(high, linear)
    pad_y, pad_x = (int(OUTSIDE * side) for side in turned.shape)
    tall, wide = (max(0, t - f) for t, f in zip(turned.shape, low.shape, strict=True))
    margins = (pad_y, pad_y + tall, pad_x, pad_x + wide)
    padded = np.asarray(cv2.copyMakeBorder(low, *margins, cv2.BORDER_CONSTANT, value=0.0), dtype=np.float32)
    surface = _correlations(turned, padded)
    row, column = np.unravel_index(int(np.argmax(surface)), surface.shape)
    x = column - pad_x + (turned.shape[1] - low.shape[1]) / 2
    y = row - pad_y + (turned.shape[0] - low.shape[0]) / 2
    return Likeness(
        ncc=float(surface[row, column]), offset_px=(float(COARSER * x), float(COARSER * y)), turn_deg=turn_deg
    )


def _correlations(template: Plane, plane: Plane) -> Plane:
    """Normalised cross-correlation at every shift that keeps the template inside; 0 where either does not vary."""
    surface = np.nan_to_num(cv2.matchTemplate(plane, template, cv2.TM_CCOEFF_NORMED), posinf=0.0, neginf=0.0)
    energy = cv2.boxFilter(plane**2, -1, template.shape[::-1], anchor=(0, 0), borderType=cv2.BORDER_CONSTANT)
    varies = energy[: surface.shape[0], : surface.shape[1]] > FLATTEST**2
    return np.where(varies & (float(template.std()) > FLATTEST), surface, np.float32(0))


def _turned(plane: Plane, linear: ArrayLike) -> Plane:
    """Draw a plane under `linear` about its middle, cut to the upright rectangle that it fills."""
    matrix = np.column_stack([np.asarray(linear, dtype=np.float64), [0.0, 0.0]])
    left, top, right, bottom = covered_bounds(matrix, plane.shape)
    wide, tall = (max(int(side), 1) for side in (right - left, bottom - top))
    middle = matrix[:, :2] @ [(plane.shape[1] - 1) / 2, (plane.shape[0] - 1) / 2]
    matrix[:, 2] = np.array([(wide - 1) / 2, (tall - 1) / 2]) - middle
    drawn = cv2.warpAffine(plane, matrix, (wide, tall), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(drawn, dtype=np.float32)
