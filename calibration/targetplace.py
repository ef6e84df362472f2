"""Where a resolution target lies in a picture: which triplet is which element, and the map from target to pixels."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from calibration.errors import MeasurementError
from calibration.triplet import Triplet
from calibration.usaf import ELEMENTS, LAYOUTS, Square, named, nearest_rank

Points = NDArray[np.complex128]

FEWEST = 4
"""Triplets that must agree on one place of the target: two fit by chance, so do three in a line of elements."""

AGREEMENT = 0.35
"""Distance within which a triplet sits where the layout puts it, in its periods; makers differ by 0.1 or so."""

MAJORITY = 0.6
"""Least part of all triplets that has to agree: with a wrong pixel size up to 0.2 do by chance."""

SCALE_TOLERANCE = 0.05
"""By which part the pixel size may be wrong; the next element differs by 12 %."""

STARTS = 8
"""Coarsest triplets whose pairs propose a place: the others only vote."""

AFFINE_FROM = 6
"""Agreeing triplets from which on the map may stretch and shear; fewer fix only a turn and a scale."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TargetPlace:
    """Where a target lies.

    Parameters
    ----------
    layout : str
        Name of the layout.
    squares : tuple of Square
        All that the layout has.
    matrix : ndarray, shape (2, 3)
        From (x, y) on the target in µm to (column, row).
    agreeing : int
        Triplets that sit where this puts them.
    rms_px : float
        Of their distances from there.
    """

    layout: str
    squares: tuple[Square, ...]
    matrix: NDArray[np.float64]
    agreeing: int
    rms_px: float

    @property
    def pixel_um(self) -> float:
        """Pixel size that the target says, the geometric mean of both directions."""
        return 1 / math.sqrt(abs(float(np.linalg.det(self.matrix[:, :2]))))

    @property
    def turn_deg(self) -> float:
        """Angle between the target and the nearer axis of the camera, 0 to 45."""
        column, row = self.matrix[:, 0]
        turn = float(np.rad2deg(np.arctan2(row, column))) % 90
        return min(turn, 90 - turn)

    def point_px(self, point_um: complex) -> complex:
        """Return where a point of the target lies."""
        return complex(*(self.matrix @ [point_um.real, point_um.imag, 1]))

    def step_px(self, step_um: complex) -> complex:
        """Return what a step on the target is in the picture."""
        return complex(*(self.matrix[:, :2] @ [step_um.real, step_um.imag]))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Votes:
    """Triplets of a picture, each with the two squares of its element, NaN where the layout has none."""

    seen: Points  # (n,)
    periods: NDArray[np.float64]
    places: Points  # (n, 2): horizontal, vertical


def locate_target(
    triplets: Sequence[Triplet],
    pixel_um: float | None,
    template: tuple[Square, ...] | None = None,
) -> TargetPlace:
    """Find the layout, and the place of it, that most triplets agree on; it may be turned and mirrored.

    Parameters
    ----------
    triplets : sequence of Triplet
        From the picture, the coarsest first.
    pixel_um : float or None
        Pixel size at the target, good to 5 %. Without it every element is tried, and one has to win.
    template : tuple of Square, optional
        Squares of one's own layout, to be tried instead of those in `usaf.LAYOUTS`.

    Raises
    ------
    MeasurementError
        When too few triplets agree, or, without a pixel size, several places fit equally.
    """
    layouts = LAYOUTS if template is None else {"template": template}
    found = [
        place
        for (name, squares), first in product(layouts.items(), _first_ranks(triplets, pixel_um, layouts))
        if (place := _best(triplets, _ranks(triplets, first, pixel_um), squares, name, pixel_um)) is not None
    ]
    found.sort(key=lambda place: (-place.agreeing, place.rms_px))
    if not found or found[0].agreeing < max(FEWEST, MAJORITY * len(triplets)):
        raise MeasurementError(_too_few(len(triplets), pixel_um))
    if pixel_um is None and len(found) > 1 and found[1].agreeing == found[0].agreeing:
        raise MeasurementError(
            f"the {found[0].agreeing} triplets of bars in this picture fit several elements of the target alike: "
            "give the pixel size"
        )
    return found[0]


def squares_of_template(triplets: Sequence[Triplet], coarsest_group: int) -> tuple[Square, ...]:
    """Turn the triplets of a clean picture of a target into a layout.

    Parameters
    ----------
    triplets : sequence of Triplet
        All of the template, the coarsest first.
    coarsest_group : int
        Whose element 1 the coarsest triplet is.

    Raises
    ------
    MeasurementError
        When the template has too few triplets.
    """
    if len(triplets) < FEWEST:
        raise MeasurementError(
            f"the template shows {len(triplets)} triplets of bars and {FEWEST} are needed: give a clean picture"
        )
    coarsest = triplets[0].period_px
    scale = 1000.0 / 2**coarsest_group / coarsest
    ranks = [ELEMENTS * coarsest_group + round(ELEMENTS * math.log2(coarsest / t.period_px)) for t in triplets]
    return tuple(
        Square(
            group=named(rank)[0],
            element=named(rank)[1],
            horizontal=abs(triplet.across_px.imag) > abs(triplet.across_px.real),
            centre_um=triplet.centre_px * scale,
        )
        for triplet, rank in zip(triplets, ranks, strict=True)
    )


def _too_few(count: int, pixel_um: float | None) -> str:
    if count < FEWEST:
        return (
            f"{count} triplets of bars were found and a USAF target needs {FEWEST} to be located: focus, show coarser "
            "elements, or use the slanted edge"
        )
    told = "a template" if pixel_um is None else f"{pixel_um:g} µm as pixel size"
    return f"{count} triplets of bars were found, but with {told} they fit no USAF target: check that number and layout"


def _first_ranks(
    triplets: Sequence[Triplet], pixel_um: float | None, layouts: dict[str, tuple[Square, ...]]
) -> list[int]:
    """Ranks that the coarsest triplet may have."""
    if not triplets:
        return []
    if pixel_um is not None:
        return [nearest_rank(triplets[0].period_px * pixel_um)]
    return sorted({square.rank for squares in layouts.values() for square in squares})


def _ranks(triplets: Sequence[Triplet], first: int, pixel_um: float | None) -> list[int]:
    if pixel_um is not None:
        return [nearest_rank(triplet.period_px * pixel_um) for triplet in triplets]
    coarsest = triplets[0].period_px
    return [first + round(ELEMENTS * math.log2(coarsest / triplet.period_px)) for triplet in triplets]


def _best(
    triplets: Sequence[Triplet], ranks: list[int], squares: tuple[Square, ...], name: str, pixel_um: float | None
) -> TargetPlace | None:
    """Place of one layout that most triplets agree on."""
    votes = _votes(triplets, ranks, squares)
    if votes.seen.size < FEWEST:
        return None
    plain, mirrored = (_voted(replace(votes, places=each), pixel_um) for each in (votes.places, votes.places.conj()))
    mirror = mirrored[0] > plain[0]
    points, seen = (mirrored if mirror else plain)[1:]
    if points.size < FEWEST:
        return None
    return _fitted(
        points.conj() if mirror else points,
        seen,
        TargetPlace(layout=name, squares=squares, matrix=np.empty((2, 3)), agreeing=points.size, rms_px=0.0),
        mirror=mirror,
    )


def _votes(triplets: Sequence[Triplet], ranks: list[int], squares: tuple[Square, ...]) -> _Votes:
    """Triplets whose elements the layout has, with the places of those elements."""
    where = {(square.rank, square.horizontal): square.centre_um for square in squares}
    places = np.array([[where.get((rank, flat), np.nan) for flat in (True, False)] for rank in ranks], np.complex128)
    known = ~np.isnan(places).all(axis=1)
    return _Votes(
        seen=np.array([triplet.centre_px for triplet in triplets])[known],
        periods=np.array([triplet.period_px for triplet in triplets])[known],
        places=places[known],
    )


def _voted(votes: _Votes, pixel_um: float | None) -> tuple[int, Points, Points]:
    """Count of the triplets that agree on the best turn, scale and shift; their places on the target and as seen."""
    one, other = np.triu_indices(min(STARTS, votes.seen.size), 1)
    best = 0, np.empty(0, np.complex128), np.empty(0, np.complex128)
    for flat, upright in product((0, 1), (0, 1)):
        start, end = votes.places[one, flat], votes.places[other, upright]
        sound = ~np.isnan(start) & ~np.isnan(end) & (start != end)
        scale = np.zeros(one.size, np.complex128)
        np.divide(votes.seen[other] - votes.seen[one], end - start, out=scale, where=sound)
        if pixel_um is not None:
            sound &= np.abs(np.abs(scale) * pixel_um - 1) < SCALE_TOLERANCE
        shift = votes.seen[one[sound]] - scale[sound] * start[sound]
        for a, b in zip(scale[sound], shift, strict=True):
            missed = np.abs(a * votes.places + b - votes.seen[:, None])
            chosen = np.argmin(np.where(np.isnan(missed), np.inf, missed), axis=1)
            rows = np.arange(chosen.size)
            agree = missed[rows, chosen] < AGREEMENT * votes.periods
            if np.count_nonzero(agree) > best[0]:
                best = int(np.count_nonzero(agree)), votes.places[rows, chosen][agree], votes.seen[agree]
    return best


def _fitted(points: Points, seen: Points, place: TargetPlace, *, mirror: bool) -> TargetPlace:
    """Fit the map to the triplets that agree: any affine one where there are enough, else turn and scale."""
    x, y = points.real, points.imag
    one, zero = np.ones_like(x), np.zeros_like(x)
    if points.size >= AFFINE_FROM:
        rows, *_ = np.linalg.lstsq(np.column_stack([x, y, one]), np.column_stack([seen.real, seen.imag]))
        matrix = rows.T
    else:
        y = -y if mirror else y
        system = np.vstack([np.column_stack([x, -y, one, zero]), np.column_stack([y, x, zero, one])])
        (a, b, c, d), *_ = np.linalg.lstsq(system, np.concatenate([seen.real, seen.imag]))
        matrix = np.array([[a, -b, c], [b, a, d]]) @ np.diag([1, -1 if mirror else 1, 1])
    fitted = replace(place, matrix=matrix)
    missed = np.abs([fitted.point_px(point) - pixel for point, pixel in zip(points, seen, strict=True)])
    return replace(fitted, rms_px=float(np.sqrt(np.mean(missed**2))))
