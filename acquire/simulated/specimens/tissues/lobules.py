"""Lobules of the breast: where they are strewn, and the places of the glands in each."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.specimens.lattice import draws, hashed, uniform
from acquire.simulated.specimens.window import Window

Numbers = NDArray[np.float64]

ACINUS_UM = (17.5, 9.5)
"""Radius of the first and of the last candidate: acini are 20 to 40 µm wide."""

GAP_UM = 2.5
"""Stroma left between two glands."""

_LOBULE_JITTER = 0.3  # of the lobules' centres, in pitches
_CANDIDATES = 500  # places tried in each lobule, the largest acini first
_DUCT_UM = (28.0, 3.0)  # mean radius of a duct, and its spread
_DUCTS_BELOW = 0.4  # draw, uniform in -1 … 1, that gives a lobule a duct
_APART_UM = 8.0  # stroma left between a gland and the middle between two lobules
_WIDEST = 1.45  # farthest candidate, in radii of the lobule


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How lobules are strewn.

    Parameters
    ----------
    pitch_um : float
        Mean distance of their centres.
    radius_um : float
        Mean radius.
    fat : bool
        Whether fat fills the ground between them, or collagen.
    """

    pitch_um: float
    radius_um: float
    fat: bool


def places_near(window: Window, layout: Layout, seed: int, margin_um: float) -> Numbers:
    """X, y and mean radius of the glands whose centres lie within a margin of a window, shape (3, n)."""
    lobules = [lobule_at(row, column, layout, seed) for row, column in lobules_near(window, layout, margin_um)]
    return np.concatenate([lobule[:, near_window(lobule, window, margin_um)] for lobule in lobules], axis=1)


def lobules_near(window: Window, layout: Layout, margin_um: float) -> list[tuple[int, int]]:
    """Row and column of each lobule that may reach within a margin of a window."""
    margin_um += _WIDEST * layout.radius_um
    rows, columns = (
        range(
            int(np.floor(low / layout.pitch_um - 0.5 - _LOBULE_JITTER)),
            int(np.ceil(high / layout.pitch_um - 0.5 + _LOBULE_JITTER)) + 1,
        )
        for low, high in (_span(window.y_um, margin_um), _span(window.x_um, margin_um))
    )
    return [(row, column) for row in rows for column in columns]


@lru_cache(maxsize=256)
def lobule_at(row: int, column: int, layout: Layout, seed: int) -> Numbers:
    """Glands of one lobule: x, y and radius of each, shape (3, n)."""
    around = np.array([(row + down, column + across) for down in (-1, 0, 1) for across in (-1, 0, 1)])
    centres = _centres(around, layout, seed)
    towards = np.delete(centres, 4, axis=0) - centres[4]
    apart = np.hypot(towards[:, 0], towards[:, 1])
    x, y, radii = _candidates(row, column, layout, seed)
    nearness = (x[:, None] * towards[:, 0] + y[:, None] * towards[:, 1]) / apart
    free = np.all(nearness + radii[:, None] < apart / 2 - _APART_UM, axis=1)
    x, y, radii = x[free], y[free], radii[free]
    kept = _packed(x, y, radii)
    return np.stack([x[kept] + centres[4, 0], y[kept] + centres[4, 1], radii[kept]])


def _centres(places: NDArray[np.int64], layout: Layout, seed: int) -> Numbers:
    words = hashed(np.array([seed]), np.array([211]), places[:, 0], places[:, 1])
    moved = np.stack([uniform(words, 1), uniform(words, 2)], axis=1).astype(np.float64)
    return (places[:, ::-1] + 0.5 + _LOBULE_JITTER * moved) * layout.pitch_um


def _candidates(row: int, column: int, layout: Layout, seed: int) -> Numbers:
    """Places about a lobule's centre, and radii of the glands that might lie there, shape (3, n); a duct first."""
    draw = draws(_CANDIDATES, 3, seed, 229, row, column)
    shape = draws(1, 4, seed, 233, row, column)[0]
    angle = np.pi * draw[:, 0]
    size = layout.radius_um * (1 + 0.2 * shape[0] + 0.25 * np.cos(2 * angle + np.pi * shape[1]))
    distance = size * np.sqrt(0.5 + 0.5 * draw[:, 1])
    radii = np.linspace(*ACINUS_UM, _CANDIDATES) + 1.5 * draw[:, 2]
    if shape[2] < _DUCTS_BELOW:
        radii[0] = _DUCT_UM[0] + _DUCT_UM[1] * shape[3]
    return np.stack([distance * np.cos(angle), distance * np.sin(angle), radii])


def _packed(x_um: Numbers, y_um: Numbers, radius_um: Numbers) -> list[int]:
    """Choose candidates one after the other, each where it does not overlap the chosen."""
    apart = np.square(x_um[:, None] - x_um) + np.square(y_um[:, None] - y_um)
    clash = apart < np.square(radius_um[:, None] + radius_um + GAP_UM)
    taken = np.zeros(x_um.size, np.bool_)
    kept = []
    for n in range(x_um.size):
        if not taken[n]:
            kept.append(n)
            taken |= clash[n]
    return kept


def near_window(lobule: Numbers, window: Window, margin_um: float) -> NDArray[np.bool_]:
    """Tell which glands of a lobule, given as `lobule_at`, have their centres within a margin of a window."""
    (left, right), (top, bottom) = _span(window.x_um, margin_um), _span(window.y_um, margin_um)
    near: NDArray[np.bool_] = (left < lobule[0]) & (lobule[0] < right) & (top < lobule[1]) & (lobule[1] < bottom)
    return near


def _span(position_um: Numbers, margin_um: float) -> tuple[float, float]:
    return float(position_um[0]) - margin_um, float(position_um[-1]) + margin_um
