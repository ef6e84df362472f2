"""The focus as a field over the slide and the time: what all that was seen of it says about the next site.

Each sweep and each stack tells the focus of one site, at one time, through one lens, give or take what its own
structure moves it. The field is the most likely smooth surface through them: a plane, waves, a drift, an offset of each
lens (Gaussian process regression, also called kriging).

References
----------
C. E. Rasmussen and C. K. I. Williams, Gaussian processes for machine learning, MIT Press (2006), chapter 2 and eq. 5.8.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, special

Array = NDArray[np.float64]

LEVEL_UM = 30.0
"""Standard deviation of where the slide lies before anything is known; large, so that it does not matter."""
SLOPE_UM_PER_UM = 5e-3
"""Of a slide's tilt: a few µm per mm."""
OFFSET_UM = 10.0
"""Of a lens's focus against that of the others."""
DRIFT_UM_PER_S = 3.0 / 3600
"""Of a steady drift: 1 to 3 µm an hour on real stands."""
WANDER_UM, WANDER_S = 0.03, 900.0
"""Of what the drift has of unsteadiness, and how long that lasts."""
SITE_UM = 0.07
"""By how much a field's own structure moves its focus (`calibration.edges`): the same at each visit."""
SEEN_UM = 0.05
"""How well a stack of five planes or a sweep tells the focus of its own field."""
MOST_POINTS = 120
"""The nearest and the newest of what is known: more costs time and says nothing about a place far from it."""
STEEPEST_UM_PER_UM = 0.02
"""No cover glass lies steeper: the field goes no farther from the nearest point than this and `SLACK_UM` allow."""
SLACK_UM = 1.5


class Waves(NamedTuple):
    """Unevenness of a slide: standard deviation of its height, and its shortest wavelength, in µm."""

    height_um: float
    shortest_um: float


UNEVENNESS = (Waves(0.05, 1000.0), Waves(0.15, 600.0), Waves(0.3, 400.0))
"""From flat to wavy; which one a slide has, the points say (largest marginal likelihood)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where, when and through which lens a focus is.

    Parameters
    ----------
    site, lens : str
        Names; the structure of one site moves its focus alike at each visit through one lens.
    x_um, y_um : float
        Stage position of the first objective.
    time_s : float
        Seconds on any clock, the same for all.
    """

    site: str
    lens: str
    x_um: float
    y_um: float
    time_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FocusPoint:
    """A focus that was seen: Z in µm at a place."""

    place: Place
    z_um: float


class Expected(NamedTuple):
    """What the field expects: Z in µm, and its standard deviation."""

    z_um: float
    sigma_um: float


@dataclass(frozen=True, slots=True)
class FocusField:
    """All that was seen of the focus.

    Parameters
    ----------
    points : tuple of FocusPoint
        In the order in which they were seen.

    Examples
    --------
    >>> seen = Place(site="1", lens="40x", x_um=0, y_um=0, time_s=0)
    >>> field = FocusField((FocusPoint(place=seen, z_um=12.0),))
    >>> round(field.expected(seen).z_um, 3)
    12.0
    """

    points: tuple[FocusPoint, ...] = field(default=())

    def seen(self, point: FocusPoint) -> "FocusField":
        """Return the field with one more point."""
        return replace(self, points=(*self.points, point))

    def expected(self, place: Place) -> Expected:
        """Return what is to be expected at a place; nothing can be said while there is no point.

        Parameters
        ----------
        place : Place
            Far from all points Z is held within what the steepest slide allows of the nearest point of its lens.

        Returns
        -------
        Expected
            Sigma is infinite while there is no point; Z is 0 then.
        """
        if not self.points:
            return Expected(0.0, math.inf)
        near = _nearest(self.points, place)
        places = [point.place for point in near]
        z = np.array([point.z_um for point in near])
        prior = [_Fit.of(places, z - z.mean(), place, waves) for waves in UNEVENNESS]
        found = max(prior, key=lambda fit: fit.likelihood)
        return Expected(_held(float(z.mean()) + found.z_um, near, place), found.sigma_um)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fit:
    """What one unevenness makes of the points."""

    likelihood: float
    z_um: float
    sigma_um: float

    @classmethod
    def of(cls, places: Sequence[Place], z: Array, at: Place, waves: Waves) -> "_Fit":
        every = _covariance([*places, at], [*places, at], waves)
        known = every[:-1, :-1] + SEEN_UM**2 * np.eye(len(places))
        triangle = linalg.cho_factor(known, lower=True)
        weights, across = linalg.cho_solve(triangle, z), every[:-1, -1]
        left = float(every[-1, -1] - across @ linalg.cho_solve(triangle, across))
        likelihood = -0.5 * float(z @ weights) - float(np.log(np.diag(triangle[0])).sum())
        return cls(likelihood=likelihood, z_um=float(across @ weights), sigma_um=math.sqrt(max(left, 0.0)))


def _covariance(some: Sequence[Place], others: Sequence[Place], waves: Waves) -> Array:
    """Covariance of the focus between places, about the middle of the first of them."""
    here, there = (np.array([(p.x_um, p.y_um, p.time_s) for p in places]) for places in (some, others))
    origin = here.mean(axis=0)
    here, there = here - origin, there - origin
    apart = np.linalg.norm(here[:, None, :2] - there[None, :, :2], axis=2)
    between_s = here[:, None, 2] - there[None, :, 2]
    lens = np.array([p.lens for p in some])[:, None] == np.array([p.lens for p in others])
    site = np.array([p.site for p in some])[:, None] == np.array([p.site for p in others])
    covariance: Array = (
        LEVEL_UM**2
        + SLOPE_UM_PER_UM**2 * (here[:, :2] @ there[:, :2].T)
        + waves.height_um**2 * _band_limited(2 * np.pi * apart / waves.shortest_um)
        + DRIFT_UM_PER_S**2 * np.outer(here[:, 2], there[:, 2])
        + WANDER_UM**2 * np.exp(-np.abs(between_s) / WANDER_S)
        + OFFSET_UM**2 * lens
        + SITE_UM**2 * (lens & site)
    )
    return covariance


def _band_limited(phase: Array) -> Array:
    """Correlation of a surface that holds all waves longer than the shortest alike: 2 J₁(x)/x."""
    safe = np.maximum(phase, np.finfo(np.float64).eps)
    return np.asarray(2 * special.j1(safe) / safe, dtype=np.float64)


def _nearest(points: Sequence[FocusPoint], place: Place) -> list[FocusPoint]:
    """Half of the most points by time, newest first, the rest by distance."""
    if len(points) <= MOST_POINTS:
        return list(points)
    newest, older = points[-MOST_POINTS // 2 :], points[: -MOST_POINTS // 2]
    return sorted(older, key=lambda point: _apart_um(point.place, place))[: MOST_POINTS // 2] + list(newest)


def _held(z_um: float, points: Sequence[FocusPoint], place: Place) -> float:
    alike = [point for point in points if point.place.lens == place.lens]
    if not alike:
        return z_um
    nearest = min(alike, key=lambda point: _apart_um(point.place, place))
    passed_s = abs(place.time_s - nearest.place.time_s)
    most_um = SLACK_UM + STEEPEST_UM_PER_UM * _apart_um(nearest.place, place) + DRIFT_UM_PER_S * passed_s
    return min(max(z_um, nearest.z_um - most_um), nearest.z_um + most_um)


def _apart_um(one: Place, other: Place) -> float:
    return math.hypot(one.x_um - other.x_um, one.y_um - other.y_um)
