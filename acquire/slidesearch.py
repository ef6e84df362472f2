"""Where to look next for a slide that was moved: where most of what it may have done would show known tissue.

A hypothesis is a shift and a turn of the slide, with the weight of how likely it is. A look at a stage position tests
all those under which it would show a place that a stored picture shows too, of whatever site: one look tests as many
shifts as there are pictures in reach. When it shows none of them they lose their weight, and the next look goes where
most weight lies for the way there, so looks go outward in rings where nothing else is known.

References
----------
L. D. Stone, Theory of Optimal Search, Academic Press (1975): the posterior after looks that found nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from acquire.fieldview import Points

REACH_UM = 900.0
"""Farthest shift looked for: 400 µm by hand, and 1.5° about a pivot 14 mm away, the farthest on a stage of 20 mm."""

SPREADS_UM = (60.0, 350.0)
"""Standard deviations of the shift along each axis before anything is known: half of all hands only touch the slide."""

LARGEST_TURN_DEG = 2.5
HYPOTHESES = 5_000
"""22 µm from each other, where a look tests some 60 µm across."""

MISSED = 0.1
"""Weight that a hypothesis keeps when its tissue was not recognised: the picture may have been spoilt."""

CANDIDATES = 80
"""Looks weighed against each other at each step."""

LOOK_UM = 150.0
"""Way that costs as much time as a look: travel is short so that the oil does not tear."""

GIVEN_UP = 0.02
"""Share of the weight that was never looked at below which there is nothing left to find."""

Known = Callable[[Points], NDArray[np.bool_]]
"""Tells of points of the slide, shape (n, 2), whether a stored picture shows tissue round them."""


@dataclass(slots=True, kw_only=True, eq=False)
class SlideSearch:
    """One search; pure.

    Parameters
    ----------
    places_um : ndarray, shape (n, 2)
        Middles of the stored pictures in reach, as points of the slide.
    start_um : (float, float)
        The place looked at first; the hypotheses turn about it.
    known : callable
        What the stored pictures show.
    allowed : callable
        Tells of points where the slide may lie now, shape (n, 2), whether the stage may go there.
    seed : int
        Of the hypotheses.
    """

    places_um: Points
    start_um: tuple[float, float]
    known: Known
    allowed: Known
    seed: int = 0
    _rng: np.random.Generator = field(init=False)
    _shifts_um: Points = field(init=False)
    _turns: Points = field(init=False)
    _weights: NDArray[np.float64] = field(init=False)
    _fresh: NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        self._rng = np.random.default_rng(self.seed)
        radius = REACH_UM * np.sqrt(self._rng.uniform(size=HYPOTHESES))
        angle = self._rng.uniform(0, 2 * np.pi, HYPOTHESES)
        self._shifts_um = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
        turn = np.deg2rad(self._rng.uniform(-LARGEST_TURN_DEG, LARGEST_TURN_DEG, HYPOTHESES))
        self._turns = np.column_stack([np.cos(turn), np.sin(turn)])
        parts = [np.exp(-((radius / spread_um) ** 2) / 2) / spread_um**2 for spread_um in SPREADS_UM]
        weights = np.sum(parts, axis=0)
        self._weights = weights / weights.sum()
        self._fresh = self._weights.copy()

    @property
    def left(self) -> float:
        """Share of the weight that was never looked at; 1 at first."""
        return float(self._fresh.sum())

    def next_um(self, here_um: tuple[float, float]) -> tuple[float, float] | None:
        """Choose the next place to look at, or None when there is nothing left to find.

        Parameters
        ----------
        here_um : (float, float)
            Where the last look was.

        Returns
        -------
        (float, float) or None
            Where the middle of the picture shall lie, in stage coordinates without parcentric offset.
        """
        start, missed_none = np.array([self.start_um]), np.array_equal(self._fresh, self._weights)
        if missed_none and self.known(start)[0] and self.allowed(start)[0]:
            return self.start_um
        looks = self._candidates()
        looks = looks[self.allowed(looks)]
        gains = self._tested(looks) @ self._weights
        if self.left < GIVEN_UP or not np.any(gains > 0):
            return None
        way_um = np.linalg.norm(looks - here_um, axis=1)
        x_um, y_um = looks[int(np.argmax(gains / (way_um + LOOK_UM)))].tolist()
        return x_um, y_um

    def missed(self, look_um: tuple[float, float]) -> None:
        """Take note that a look recognised nothing."""
        tested = self._tested(np.array([look_um]))[0]
        self._weights[tested] *= MISSED
        self._fresh[tested] = 0

    def _candidates(self) -> Points:
        """Places at which a likely hypothesis puts a stored picture, and the first place of all."""
        chosen = self._rng.choice(HYPOTHESES, CANDIDATES, p=self._weights / self._weights.sum())
        x, y = (self.places_um[self._rng.integers(len(self.places_um), size=CANDIDATES)] - self.start_um).T
        cosine, sine = self._turns[chosen].T
        moved = np.column_stack([cosine * x - sine * y, sine * x + cosine * y])
        return np.vstack([[self.start_um], moved + self._shifts_um[chosen] + self.start_um])

    def _tested(self, looks_um: Points) -> NDArray[np.bool_]:
        """Whether each look shows a known place under each hypothesis, shape (looks, hypotheses)."""
        x, y = np.moveaxis(looks_um[:, None] - self._shifts_um - self.start_um, -1, 0)
        cosine, sine = self._turns.T
        slide = np.stack([cosine * x + sine * y, cosine * y - sine * x], axis=-1) + self.start_um
        return self.known(slide.reshape(-1, 2)).reshape(len(looks_um), -1)
