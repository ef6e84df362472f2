"""Fields that cover a rectangle or a polygon on the slide, in the order the stage visits them; pure geometry in µm."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from skimage.measure import points_in_poly

from acquire.errors import PlanError

Point = tuple[float, float]
Grid = tuple[list[float], list[float]]
ROUNDING = 1e-9
MOST_SITES = 100_000
"""A whole slide of 15 × 30 mm in fields of 95 µm has half as many."""


def covering(outline_um: Sequence[Point], field_um: tuple[float, float], *, overlap_percent: float) -> list[Point]:
    """Middles of the fields that cover an outline whole, in a serpentine.

    Parameters
    ----------
    outline_um : sequence of (x, y)
        Corners in order; it may be concave.
    field_um : (float, float)
        Width and height of a field.
    overlap_percent : float
        Of a field, shared with each neighbour.

    Raises
    ------
    PlanError
        With more than `MOST_SITES` fields.
    """
    width_um, height_um = field_um
    step_um = width_um * (1 - overlap_percent / 100), height_um * (1 - overlap_percent / 100)
    size_um = np.ptp(np.asarray(outline_um, dtype=np.float64), axis=0)
    columns, rows = (_count(size, step) for size, step in zip(size_um, step_um, strict=True))
    if rows * columns > MOST_SITES:
        raise PlanError(
            f"{columns}×{rows} fields would be visited and at most {MOST_SITES} are: check that region_um or "
            "polygon_um is in µm"
        )
    return touching(serpentine(grid_over(outline_um, step_um)), step_um, outline_um)


def grid_over(outline_um: Sequence[Point], step_um: tuple[float, float]) -> Grid:
    """Middles of the columns and of the rows of the fields that cover the bounding box of an outline.

    Parameters
    ----------
    outline_um : sequence of (x, y)
        At least one point.
    step_um : (float, float)
        From field to field in x and y: the field without what it shares with the next.

    Returns
    -------
    (list of float, list of float)
        x of the columns and y of the rows, rising, even about the middle of the box.
    """
    corners = np.asarray(outline_um, dtype=np.float64)
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    return _centres(left, right, step_um[0]), _centres(top, bottom, step_um[1])


def serpentine(grid: Grid) -> list[Point]:
    """Return the middles of all fields of a grid, every second row backwards."""
    columns, rows = grid
    return [(x, y) for i, y in enumerate(rows) for x in (columns if i % 2 == 0 else columns[::-1])]


def touching(middles_um: Sequence[Point], step_um: tuple[float, float], polygon_um: Sequence[Point]) -> list[Point]:
    """Keep the cells of a grid that share a point with a polygon, so that those kept cover it whole.

    A cell does when its middle lies inside or one of the polygon's sides crosses it. A side and a cell are apart when
    their shadows are, on x, on y or across the side (separating axes).

    Parameters
    ----------
    middles_um : sequence of (x, y)
        Middles of the cells.
    step_um : (float, float)
        Their width and height.
    polygon_um : sequence of (x, y)
        At least three corners, in order; it may be concave.

    References
    ----------
    C. Ericson, Real-Time Collision Detection, section 5.2.1 (2005).
    """
    middles, corners = np.asarray(middles_um, dtype=np.float64), np.asarray(polygon_um, dtype=np.float64)
    half = np.array(step_um) / 2
    kept = np.asarray(points_in_poly(middles, corners), dtype=bool)
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        kept |= _crossed(middles, half, start, end)
    return [middle for middle, keep in zip(middles_um, kept, strict=True) if keep]


def _crossed(
    middles: NDArray[np.float64], half: NDArray[np.float64], start: NDArray[np.float64], end: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Which cells a side from `start` to `end` crosses, those only touched included."""
    along = end - start
    apart = np.abs(middles - (start + end) / 2)
    inside_box = np.all(apart <= half + np.abs(along) / 2 + ROUNDING, axis=1)
    across = np.array([-along[1], along[0]])
    reach = np.abs(across) @ half + ROUNDING * float(np.hypot(*along))
    return np.asarray(inside_box & (np.abs((middles - start) @ across) <= reach))


def _centres(low: float, high: float, step: float) -> list[float]:
    count = _count(high - low, step)
    edges = np.linspace((low + high - count * step) / 2, (low + high + count * step) / 2, count + 1)
    return [float((a + b) / 2) for a, b in pairwise(edges)]


def _count(size: float, step: float) -> int:
    return max(1, int(np.ceil(size / step - ROUNDING)))
