"""The focus surface: a plane through the autofocus of a few spread sites with its residual, or each site's own."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

MIN_FOR_TILT = 3
FEWEST_FOR_DOUBT = 4
"""So many points, and one more, tell which of them is wrong."""
LEAST_FREEDOM = 1e-6
"""A plane goes through a point that stands apart from a line of others, wherever it lies."""
CONFIDENCE = 0.95
UM_PER_MM = 1000
LARGEST_RESIDUAL_UM = 2.0
"""Of a point from the plane through the others: waves of a slide stay below 1 µm, a fold or a speck does not."""
SLOPE_LIMIT_UM_PER_MM = 20.0
"""A steeper plane is a wrong focus somewhere: cover glasses lie within a few µm per mm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FocusSurface:
    """Z of the focus as a plane over the stage.

    Parameters
    ----------
    z_um : float
        At (x0_um, y0_um).
    x0_um, y0_um : float
        Middle of the sites it was measured at.
    slope_x, slope_y : float
        µm of Z per µm of stage.
    residual_um : float
        Root mean square distance of the measured points from the plane.
    points : int
        How many sites it rests on; 0 when it is only a guess.
    nodes : tuple of (x, y, z)
        The measured points, where each site shall have its own focus and not the plane's.
    """

    z_um: float
    x0_um: float = 0.0
    y0_um: float = 0.0
    slope_x: float = 0.0
    slope_y: float = 0.0
    residual_um: float = 0.0
    points: int = 0
    nodes: tuple[tuple[float, float, float], ...] = ()

    def at(self, x_um: float, y_um: float) -> float:
        """Z of the focus at a stage position of the first objective: of the nearest node, or on the plane."""
        if self.nodes:
            return min(self.nodes, key=lambda node: math.hypot(node[0] - x_um, node[1] - y_um))[2]
        return self.z_um + self.slope_x * (x_um - self.x0_um) + self.slope_y * (y_um - self.y0_um)


def fit_surface(points: Sequence[tuple[float, float, float]]) -> FocusSurface:
    """Fit a plane to (x, y, z) in µm; level unless the points show a tilt beyond their own scatter.

    An autofocus scatters by some 0.05 µm from site to site with the structure it finds. A tilt through such points
    would carry that scatter to every site; their mean averages it out.

    Parameters
    ----------
    points : sequence of (float, float, float)
        At least one.
    """
    data = np.asarray(points, dtype=np.float64)
    middle = data.mean(axis=0)
    centred = data - middle
    slope = _significant_tilt(centred)
    residual = centred[:, 2] - centred[:, :2] @ slope
    return FocusSurface(
        z_um=float(middle[2]),
        x0_um=float(middle[0]),
        y0_um=float(middle[1]),
        slope_x=float(slope[0]),
        slope_y=float(slope[1]),
        residual_um=float(np.sqrt(np.mean(residual**2))),
        points=len(data),
    )


def _significant_tilt(centred: NDArray[np.float64]) -> NDArray[np.float64]:
    """Slopes along x and y by least squares; none where an F test does not reject a level surface."""
    level = np.zeros(2)
    freedom = len(centred) - MIN_FOR_TILT
    if freedom < 1 or np.linalg.matrix_rank(centred[:, :2]) < level.size:
        return level
    slope = np.asarray(np.linalg.lstsq(centred[:, :2], centred[:, 2], rcond=None)[0], dtype=np.float64)
    left = float(np.sum((centred[:, 2] - centred[:, :2] @ slope) ** 2)) / freedom
    explained = (float(np.sum(centred[:, 2] ** 2)) - left * freedom) / level.size
    if np.hypot(*slope) * UM_PER_MM > SLOPE_LIMIT_UM_PER_MM:
        return level
    return slope if explained > float(stats.f.ppf(CONFIDENCE, level.size, freedom)) * left else level


def sound(points: Sequence[tuple[float, float, float]]) -> list[bool]:
    """Say of each (x, y, z) in µm whether it agrees with the others.

    As long as one point lies more than `LARGEST_RESIDUAL_UM` from the plane through the others, that one is left out
    without which the others lie best in a plane; not when fewer than `FEWEST_FOR_DOUBT` others are left.
    """
    data = np.asarray(points, dtype=np.float64).reshape(-1, 3)
    left = np.arange(len(data))
    while left.size > FEWEST_FOR_DOUBT:
        residual, freedom = _residuals(data[left])
        worst = int(np.argmax(residual**2 / freedom))
        if abs(residual[worst]) / freedom[worst] <= LARGEST_RESIDUAL_UM:
            break
        left = np.delete(left, worst)
    return [bool(kept) for kept in np.isin(np.arange(len(data)), left)]


def _residuals(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Distance of each point from the plane through all; and the share of it that the point did not take up itself.

    The first over the second is the distance from the plane through the others (Cook and Weisberg, Residuals and
    influence in regression, 1982, eq. 2.2.8).
    """
    design = np.column_stack([points[:, :2] - points[:, :2].mean(axis=0), np.ones(len(points))])
    inverse = np.linalg.pinv(design)
    residual = points[:, 2] - design @ (inverse @ points[:, 2])
    taken = np.einsum("ij,ji->i", design, inverse)
    return residual, np.maximum(1 - taken, LEAST_FREEDOM)


def surface_from(event: Mapping[str, Any]) -> FocusSurface:
    """Return the surface that a journal event holds."""
    told = {name: event[name] for name in FocusSurface.__slots__ if name in event}
    return FocusSurface(**told | {"nodes": tuple((x, y, z) for x, y, z in event.get("nodes", ()))})


def spread(points: Sequence[tuple[float, float]], count: int) -> list[int]:
    """Choose `count` of the points that lie far from each other; returns their indices in order.

    The first is the one farthest from the middle; each next one is farthest from all chosen (farthest-point sampling).
    """
    data = np.asarray(points, dtype=np.float64)
    chosen = [int(np.argmax(np.linalg.norm(data - data.mean(axis=0), axis=1)))]
    while len(chosen) < min(count, len(data)):
        gaps = np.min(np.linalg.norm(data[:, None] - data[chosen][None], axis=2), axis=1)
        chosen.append(int(np.argmax(gaps)))
    return sorted(chosen)
