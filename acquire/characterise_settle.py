"""Captures frames right after moves of the stage, to see how long it goes on moving after it says that it rests."""

import time
from collections.abc import Callable

from acquire.frame import Frame, Pixels
from acquire.microscope import Microscope
from calibration.displace import displacement
from calibration.settling import Settling, settling

MOVE_SHARE = 0.5
"""Of the field: as far as from tile to tile, and the way back shows the same place."""

LOOK_S = 0.6
"""How long frames are taken after a move; stages that are fit for this work ring for 0.1 to 0.3 s."""
FEWEST_FRAMES, MOST_FRAMES = 8, 24

SEARCH_PX = 20.0
MS_PER_S = 1000.0

Point = tuple[float, float]


def settle_times(
    microscope: Microscope,
    place_um: Point,
    *,
    exposure_ms: float,
    correct: Callable[[Frame], Pixels],
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, Settling]:
    """Move the stage to a place along x, then along y, and find from when on the picture rests.

    Parameters
    ----------
    microscope : Microscope
        In focus at the place, on tissue.
    place_um : (float, float)
        Where the moves end.
    exposure_ms : float
        Of each frame: nothing shorter can be seen.
    correct : callable
        Gives the corrected pixels of a frame.
    clock : callable
        Seconds.

    Returns
    -------
    dict of str to Settling
        By axis.

    Raises
    ------
    LimitError
        When half a field beside the place is outside the limits of the stage.
    MeasurementError
        When the picture does not come to rest, or has no structure.
    """
    width_um, height_um = microscope.rig.field_um(microscope.objective.name)
    steps = {"x": (MOVE_SHARE * width_um, 0.0), "y": (0.0, MOVE_SHARE * height_um)}
    settled = {}
    for axis, (x_um, y_um) in steps.items():
        microscope.move_xy(place_um[0] - x_um, place_um[1] - y_um)
        microscope.move_xy(*place_um)
        times_ms, frames = _looked(microscope, exposure_ms, clock)
        settled[axis] = settling(times_ms, _shifts_px([correct(frame) for frame in frames]))
    return settled


def _looked(microscope: Microscope, exposure_ms: float, clock: Callable[[], float]) -> tuple[list[float], list[Frame]]:
    """Take frames from now on, with the time of the middle of each exposure."""
    rested_s = clock()
    times_ms: list[float] = []
    frames: list[Frame] = []
    while len(frames) < MOST_FRAMES and (len(frames) < FEWEST_FRAMES or times_ms[-1] < MS_PER_S * LOOK_S):
        times_ms.append(MS_PER_S * (clock() - rested_s) + exposure_ms / 2)
        frames.append(microscope.snap(exposure_ms))
    return times_ms, frames


def _shifts_px(pictures: list[Pixels]) -> list[Point]:
    """Of each against the last one."""
    *before, last = pictures
    shifts = [displacement(last, one, prior_px=(0, 0), search_px=SEARCH_PX) for one in before]
    return [*((shift.dx, shift.dy) for shift in shifts), (0.0, 0.0)]
