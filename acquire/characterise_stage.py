"""Captures stage moves: small ones while nothing is known, then a ring of overlapping frames, from both sides each."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from acquire.autofocus import APPROACH_XY_UM, approach_xy, approach_z
from acquire.frame import Frame, Pixels
from acquire.microscope import Microscope
from acquire.safety import check_xy
from acquire.trail import Trail, View
from calibration.arrivals import Visits
from calibration.displace import displacement
from calibration.optics import Rig

FIRST_MOVE = 0.08
"""Of a field: the first moves are small because nothing is known yet, neither scale nor orientation."""

LARGEST_STEP = 0.45
"""Of the smaller side of a field, between neighbours on the ring: the part both show is large enough for 0.02 px."""

LONGEST_RADIUS_UM = 250.0
"""A scatter of 0.3 µm at each of 96 arrivals on a ring of 163 µm leaves 0.02 % of the pixel size."""

SIDES = (False, True, False, True)
"""Of the arrivals at each place, true from above. The play is the difference of two means: with 24 places and a scatter
of 0.3 µm its standard error is 0.06 µm, and 0.05 with 32 arrivals of another objective."""

LEAST_RADIUS = 0.45
"""Of the field, where that is larger than the longest radius: neighbours then overlap by more than half."""

Point = tuple[float, float]
Correct = Callable[[Frame], Pixels]
Said = Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Round:
    """What a ring of stage moves gave.

    Parameters
    ----------
    visits : Visits
        All arrivals.
    frames : tuple of ndarray, shape (rows, columns, 3)
        Corrected, of some of the places, arrived at from lower x and y.
    at : tuple of int
        Which of the visits each of them shows.
    """

    visits: Visits
    frames: tuple[Pixels, ...]
    at: tuple[int, ...]


def ring_um(rig: Rig, centre_um: Point, count: int) -> list[Point]:
    """Places on a ring, neighbours of which overlap.

    Parameters
    ----------
    rig : Rig
        Its first objective gives the field.
    centre_um : (float, float)
        Of the ring.
    count : int
        Of places.
    """
    field_um = min(rig.field_um(rig.objectives[0].name))
    reach_um = count * LARGEST_STEP * field_um / (2 * math.pi)
    radius_um = min(reach_um, max(LONGEST_RADIUS_UM, LEAST_RADIUS * field_um))
    angles = [2 * math.pi * number / count for number in range(count)]
    return [(centre_um[0] + radius_um * math.cos(a), centre_um[1] + radius_um * math.sin(a)) for a in angles]


def travel_round(
    microscope: Microscope,
    ring: list[Point],
    *,
    keep_every: int,
    z_um: Callable[[Point], float],
    exposure_ms: float,
    correct: Correct,
    said: Said,
) -> Round:
    """Go round the ring once, arriving at each place from below and from above, twice.

    Parameters
    ----------
    microscope : Microscope
        In focus, with the first objective in place.
    ring : list of (float, float)
        From `ring_um`.
    keep_every : int
        The frames of the first place and of each so many places on are given back; no others stay in memory.
    z_um : callable
        Focus at a place.
    exposure_ms : float
        Of each frame.
    correct : callable
        Gives the corrected pixels of a frame.
    said : callable
        Called after each place.

    Returns
    -------
    Round

    Raises
    ------
    MeasurementError
        When the pictures do not show how the stage moved.
    """

    def view_at(place: Point, *, above: bool = False) -> View:
        (approach_from_above if above else approach_xy)(microscope, *place)
        frame = microscope.snap(exposure_ms)
        return View(pixels=correct(frame), read_um=(frame.position.x, frame.position.y), from_above=above)

    approach_z(microscope, z_um(ring[0]))
    trail, kept = Trail(to_px=_first_look(microscope.rig, ring[0], view_at)), []
    for number, place in enumerate(ring):
        approach_z(microscope, z_um(place))
        views = [view_at(place, above=above) for above in SIDES]
        trail.add(views)
        if number % keep_every == 0:
            kept.append(views[0].pixels)
        said()
    at = tuple(len(SIDES) * keep_every * number for number in range(len(kept)))
    return Round(visits=trail.visits(), frames=tuple(kept), at=at)


def approach_from_above(microscope: Microscope, x_um: float, y_um: float) -> None:
    """Move the stage to its target from higher x and y; errors as in `approach_xy`."""
    limits = microscope.rig.limits_um
    check_xy(limits, x_um, y_um)
    microscope.move_xy(min(x_um + APPROACH_XY_UM, limits.x[1]), min(y_um + APPROACH_XY_UM, limits.y[1]))
    microscope.move_xy(x_um, y_um)


def _first_look(rig: Rig, place: Point, view_at: Callable[[Point], View]) -> NDArray[np.float64]:
    """Where the content goes for each µm of stage, roughly: two small moves, whichever way the camera sits."""
    width_um, height_um = (FIRST_MOVE * side for side in rig.field_um(rig.objectives[0].name))
    start = view_at(place)
    columns, moves = [], []
    for target in ((place[0] + width_um, place[1]), (place[0], place[1] + height_um)):
        view = view_at(target)
        shift = displacement(start.pixels, view.pixels)
        columns.append((shift.dx, shift.dy))
        moves.append(np.subtract(view.read_um, start.read_um))
    return np.asarray(np.linalg.solve(np.array(moves), np.array(columns)).T)
