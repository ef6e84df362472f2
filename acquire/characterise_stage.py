"""Captures stage moves: small ones while nothing is known, then a ring of overlapping frames, from both sides each."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from acquire.autofocus import APPROACH_XY_UM, approach_xy, approach_z
from acquire.frame import Frame, Pixels
from acquire.microscope import Microscope
from acquire.safety import check_xy
from calibration.arrivals import Arrivals, estimate_arrivals
from calibration.chain import Link, picture_places
from calibration.displace import displacement
from calibration.errors import MeasurementError
from calibration.optics import Rig

FIRST_MOVE = 0.08
"""Of a field: the first moves are small because nothing is known yet, neither scale nor orientation."""

LARGEST_STEP = 0.45
"""Of the smaller side of a field, between neighbours on the ring: the part both show is large enough for 0.02 px."""

LONGEST_RADIUS_UM = 250.0
"""A scatter of 0.3 µm at each of 64 arrivals on a ring of 220 µm leaves 0.02 % of the pixel size."""

LEAST_RADIUS = 0.45
"""Of the field, where that is larger than the longest radius: neighbours then overlap by more than half."""

SEARCH_SHARE = 0.15
"""Of the step expected, looked round it: what small first moves leave open."""
LEAST_SEARCH_PX = 40.0

Point = tuple[float, float]
Correct = Callable[[Frame], Pixels]
Said = Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Round:
    """What a ring of stage moves gave.

    Parameters
    ----------
    frames : tuple of ndarray, shape (rows, columns, 3)
        Corrected, of each place on the ring, arrived at from lower x and y.
    arrivals : Arrivals
        Estimated from all frames; `places_um` begins with those of `frames`.
    """

    frames: tuple[Pixels, ...]
    arrivals: Arrivals


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
    z_um: Callable[[Point], float],
    exposure_ms: float,
    correct: Correct,
    said: Said,
) -> Round:
    """Go round the ring once, arriving at each place from below and from above.

    Parameters
    ----------
    microscope : Microscope
        In focus, with the first objective in place.
    ring : list of (float, float)
        From `ring_um`.
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

    def frame_at(place: Point, *, above: bool = False) -> Frame:
        (approach_from_above if above else approach_xy)(microscope, *place)
        return microscope.snap(exposure_ms)

    approach_z(microscope, z_um(ring[0]))
    to_px = _first_look(microscope.rig, ring[0], frame_at, correct)
    below, above = [], []
    for place in ring:
        approach_z(microscope, z_um(place))
        below.append(frame_at(place))
        above.append(frame_at(place, above=True))
        said()
    frames = [*below, *above]
    pictures = [correct(frame) for frame in frames]
    read = np.array([(frame.position.x, frame.position.y) for frame in frames])
    content = picture_places(len(frames), list(_links(pictures, read, to_px)))
    sides = np.arange(len(frames)) >= len(ring)
    return Round(frames=tuple(pictures[: len(ring)]), arrivals=estimate_arrivals(read, content, sides))


def approach_from_above(microscope: Microscope, x_um: float, y_um: float) -> None:
    """Move the stage to its target from higher x and y; errors as in `approach_xy`."""
    limits = microscope.rig.limits_um
    check_xy(limits, x_um, y_um)
    microscope.move_xy(min(x_um + APPROACH_XY_UM, limits.x[1]), min(y_um + APPROACH_XY_UM, limits.y[1]))
    microscope.move_xy(x_um, y_um)


def _first_look(rig: Rig, place: Point, frame_at: Callable[[Point], Frame], correct: Correct) -> NDArray[np.float64]:
    """Where the content goes for each µm of stage, roughly: two small moves, whichever way the camera sits."""
    width_um, height_um = (FIRST_MOVE * side for side in rig.field_um(rig.objectives[0].name))
    start = frame_at(place)
    columns, moves = [], []
    for target in ((place[0] + width_um, place[1]), (place[0], place[1] + height_um)):
        frame = frame_at(target)
        shift = displacement(correct(start), correct(frame))
        columns.append((shift.dx, shift.dy))
        moves.append((frame.position.x - start.position.x, frame.position.y - start.position.y))
    return np.asarray(np.linalg.solve(np.array(moves), np.array(columns)).T)


def _links(pictures: list[Pixels], read: NDArray[np.float64], to_px: NDArray[np.float64]) -> Iterator[Link]:
    """Each picture from below with its neighbour on the ring, and with the one of its place from above."""
    count = len(pictures) // 2
    for one in range(count):
        for other in ((one + 1) % count, one + count):
            dx, dy = to_px @ (read[other] - read[one])
            search_px = max(LEAST_SEARCH_PX, SEARCH_SHARE * math.hypot(dx, dy))
            try:
                shift = displacement(
                    pictures[one], pictures[other], prior_px=(float(dx), float(dy)), search_px=search_px
                )
            except MeasurementError:  # a field without tissue: the chain goes round the other way
                continue
            yield Link(one=one, other=other, shift=shift)
