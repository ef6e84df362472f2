"""The trail of a stage round a ring: what each picture shows of the one before, without keeping the pictures."""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from acquire.frame import Pixels
from calibration.arrivals import Visits
from calibration.chain import Link, picture_places
from calibration.displace import displacement
from calibration.errors import MeasurementError

SEARCH_SHARE = 0.15
"""Of the step expected, looked round it: what small first moves leave open."""
LEAST_SEARCH_PX = 40.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class View:
    """A corrected picture, where the stage read that it stood, (x, y), and whether it came from higher x and y."""

    pixels: Pixels
    read_um: tuple[float, float]
    from_above: bool = False


@dataclass(slots=True, kw_only=True, eq=False)
class Trail:
    """Places on a ring, each seen several times, from either side.

    Parameters
    ----------
    to_px : ndarray, shape (2, 2)
        Where the content goes for each µm of stage, roughly.
    """

    to_px: NDArray[np.float64]
    _first: View | None = field(default=None, init=False)
    _last: tuple[int, View] | None = field(default=None, init=False)
    _read_um: list[tuple[float, float]] = field(default_factory=list, init=False)
    _above: list[bool] = field(default_factory=list, init=False)
    _links: list[Link] = field(default_factory=list, init=False)

    def add(self, views: list[View]) -> None:
        """Follow the content from the place before to the first of these views, and from that to the others."""
        number, view = len(self._read_um), views[0]
        if self._last is not None:
            self._links += self._link(*self._last, number, view)
        for later, other in enumerate(views[1:], start=1):
            self._links += self._link(number, view, number + later, other)
        self._first = self._first or view
        self._last = number, view
        self._read_um += [each.read_um for each in views]
        self._above += [each.from_above for each in views]

    def visits(self) -> Visits:
        """Close the ring, and lay all pictures out against the first."""
        closing = self._link(*self._last, 0, self._first) if self._last and self._first else []
        count = len(self._read_um)
        return Visits(
            read_um=np.array(self._read_um),
            content_px=picture_places(count, [*self._links, *closing]),
            from_above=np.array(self._above),
            lens=np.zeros(count, dtype=int),
        )

    def _link(self, one: int, view: View, other: int, moved: View) -> list[Link]:
        """Measure one link; none where the pictures have nothing in common: the chain goes round the other way."""
        dx, dy = self.to_px @ np.subtract(moved.read_um, view.read_um)
        search_px = max(LEAST_SEARCH_PX, SEARCH_SHARE * math.hypot(dx, dy))
        try:
            shift = displacement(view.pixels, moved.pixels, prior_px=(float(dx), float(dy)), search_px=search_px)
        except MeasurementError:
            return []
        return [Link(one=one, other=other, shift=shift)]
