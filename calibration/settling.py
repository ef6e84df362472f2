"""How long a stage goes on moving after it said that it rests, from pictures taken meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calibration.errors import MeasurementError

AGREES_PX = 0.05
"""Shift against the settled picture below which a frame agrees with it."""

SETTLED_SHARE = 0.4
"""Of the frames, the last ones: their mean is the settled picture, and their scatter has to be small."""

LARGEST_SCATTER_PX = 0.05
FEWEST_FRAMES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Settling:
    """What frames after one move showed.

    Parameters
    ----------
    settle_ms : float
        Time after the move of the first frame from which on all agree: at most so long the stage goes on moving.
    at_once : bool
        Whether that was the first frame, so that the true time may be shorter.
    from_rest_px : tuple of (float, float)
        (ms after the move, px from the settled picture) of each frame.
    """

    settle_ms: float
    at_once: bool
    from_rest_px: tuple[tuple[float, float], ...]


def settling(times_ms: Sequence[float], shifts_px: Sequence[tuple[float, float]]) -> Settling:
    """Find from when on all frames agree with the settled picture to 0.05 px.

    Parameters
    ----------
    times_ms : sequence of float
        Since the move ended, of the middle of each exposure, ascending.
    shifts_px : sequence of (float, float)
        How far the content of each frame lies from where it lies in any one of them.

    Returns
    -------
    Settling

    Raises
    ------
    MeasurementError
        With fewer than five frames, or when the last ones still move.
    """
    if len(times_ms) < FEWEST_FRAMES:
        raise MeasurementError(f"{len(times_ms)} frames after a move were given: give {FEWEST_FRAMES} or more")
    shifts = np.asarray(shifts_px, float)
    last = shifts[-max(2, round(SETTLED_SHARE * len(shifts))) :]
    away = np.linalg.norm(shifts - np.median(last, axis=0), axis=1)
    if float(np.median(away[-len(last) :])) > LARGEST_SCATTER_PX or away[-1] > AGREES_PX:
        raise MeasurementError(
            f"the picture still moves by {away[-len(last) :].max():.2f} px {times_ms[-1]:.0f} ms after a move of the "
            "stage: look for vibration and drift, or a loose slide"
        )
    first = int(np.flatnonzero(away > AGREES_PX).max(initial=-1)) + 1
    curve = tuple((float(t), float(px)) for t, px in zip(times_ms, away, strict=True))
    return Settling(settle_ms=float(times_ms[first]), at_once=first == 0, from_rest_px=curve)
