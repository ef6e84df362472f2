"""Captures how steady the lamp is, before flat fields are taken and after."""

import numpy as np

from acquire.characterise_light import exposure_ms, green_level
from acquire.microscope import Microscope
from calibration.lamp import STEADY, light_change
from calibration.optics import Objective
from calibration.record import Curve

WINDOW_S = 3.0
"""Over which the light has to be steady."""
LONGEST_S = 20.0
"""Waited for at most: a halogen lamp takes ten minutes to warm up, and waiting for them is up to a person."""

LEVEL_FRAMES = 8
"""A lamp that flickers by 0.1 % from frame to frame is then known to 0.04 %."""


def wait_for_light(
    microscope: Microscope, objective: Objective, *, window_s: float = WINDOW_S, longest_s: float = LONGEST_S
) -> Curve:
    """Take frames where the stage stands until the light is steady within 0.2 %, or for some time.

    Parameters
    ----------
    microscope : Microscope
        At rest; nothing but the light may change.
    objective : Objective
        In place.
    window_s : float
        Over which it has to be steady.
    longest_s : float
        Waited for at most.

    Returns
    -------
    tuple of (float, float)
        (Time in s since the first frame, mean of green above black) of each frame.
    """
    levels: list[tuple[float, float]] = []
    began_s = 0.0
    while not levels or levels[-1][0] < longest_s:
        frame = microscope.snap(exposure_ms(objective))
        began_s = began_s or frame.time_s
        levels.append((frame.time_s - began_s, green_level(frame)))
        if abs(light_change(tuple(levels), window_s)) < STEADY:
            break
    return tuple(levels)


def light_level(microscope: Microscope, objective: Objective) -> float:
    """Return the mean of green above black of some frames where the stage stands."""
    return float(np.mean([green_level(microscope.snap(exposure_ms(objective))) for _ in range(LEVEL_FRAMES)]))
