"""Captures what the light and the camera are by themselves: no light, empty glass, pairs at several exposures."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from acquire.frame import Frame
from acquire.microscope import Microscope
from calibration.flatfield import Correction
from calibration.flatmaster import dark_from, flat_from_glass, flat_from_tissue
from calibration.gain import CameraNoise, ExposedPair, camera_noise
from calibration.optics import Objective

EXPOSURE_MS = 8.0
REFERENCE_MAGNIFICATION = 40.0
"""The exposure that suits 40x; others follow with the square of the magnification, as light does at one condenser."""

GLASS_SIDE = 4
GLASS_PITCH = 0.15
"""Empty glass is taken at 4 × 4 places, so far from each other as shares of the field: dust on the slide then lies
elsewhere in each, and half a field of empty glass round the place that was given is enough."""

TISSUE_TILES = 56
TISSUE_PITCH = 1.05
"""Tissue is taken at 56 places on a square grid, so far from each other as shares of the field: no place twice."""

DARK_FRAMES = 4
EXPOSURE_SHARES = (0.2, 0.35, 0.5, 0.65, 0.8, 1.0)
"""Of the exposure, for pairs of frames: from a sixth of the range of the camera to its usual brightness."""

GREEN = 1

Point = tuple[float, float]


def exposure_ms(objective: Objective) -> float:
    """Exposure at which empty glass is as bright through this objective as through any other."""
    return EXPOSURE_MS * (objective.magnification / REFERENCE_MAGNIFICATION) ** 2


@contextmanager
def closed_shutter(microscope: Microscope) -> Iterator[bool]:
    """Keep the shutter closed while frames are taken; yields whether the stand has one that Micro-Manager knows.

    Parameters
    ----------
    microscope : Microscope
        Its automatic shutter is switched off meanwhile, and afterwards all is as it was.
    """
    core: Any = getattr(microscope, "core", None)
    if core is None or not core.get_shutter_device():
        yield False
        return
    automatic, was_open = bool(core.get_auto_shutter()), bool(core.get_shutter_open())
    core.set_auto_shutter(False)
    core.set_shutter_open(False)
    try:
        yield True
    finally:
        core.set_shutter_open(was_open)
        core.set_auto_shutter(automatic)


def dark_frames(microscope: Microscope, objective: Objective) -> list[Frame]:
    """Frames without light at the exposure of this objective; none where there is no shutter."""
    with closed_shutter(microscope) as closed:
        return [microscope.snap(exposure_ms(objective)) for _ in range(DARK_FRAMES if closed else 0)]


def glass_frames(microscope: Microscope, objective: Objective, glass_um: Point) -> list[Frame]:
    """Frames of empty glass at places round the one given, the lens where it stands.

    Raises
    ------
    LimitError
        When one of them is outside the limits of the stage.
    """
    width_um, height_um = microscope.rig.field_um(objective.name)
    frames = []
    for number in range(GLASS_SIDE**2):
        across, down = (index - (GLASS_SIDE - 1) / 2 for index in (number % GLASS_SIDE, number // GLASS_SIDE))
        microscope.move_xy(glass_um[0] + across * GLASS_PITCH * width_um, glass_um[1] + down * GLASS_PITCH * height_um)
        frames.append(microscope.snap(exposure_ms(objective)))
    return frames


def tissue_frames(
    microscope: Microscope, objective: Objective, at_um: Point, *, count: int = TISSUE_TILES
) -> list[Frame]:
    """Frames of tissue at many places round the one given, for slides without an empty field.

    Parameters
    ----------
    microscope : Microscope
        In focus there; where the section lies a little deeper its detail blurs, which does no harm.
    objective : Objective
        In place.
    at_um : (float, float)
        The middle of them all; places outside the limits of the stage are put back inside, and then overlap.
    count : int
        Of places.
    """
    limits = microscope.rig.limits_um
    side = math.ceil(math.sqrt(count))
    frames = []
    for number in range(count):
        x_um, y_um = (
            min(max(middle + (index - (side - 1) / 2) * TISSUE_PITCH * size_um, low), high)
            for middle, index, size_um, (low, high) in zip(
                at_um,
                (number % side, number // side),
                microscope.rig.field_um(objective.name),
                (limits.x, limits.y),
                strict=True,
            )
        )
        microscope.move_xy(x_um, y_um)
        frames.append(microscope.snap(exposure_ms(objective)))
    return frames


def green_level(frame: Frame) -> float:
    """Mean of green above black."""
    return float(frame.pixels[..., GREEN].mean()) - frame.black_level


def master(frames: list[Frame], dark: list[Frame], *, tissue: bool = False) -> Correction:
    """Dark and flat field of one objective from its frames, of empty glass or of tissue.

    Raises
    ------
    MeasurementError
        When there was light in the dark, or tissue on the glass.
    """
    white, black = frames[0].white_level, frames[0].black_level
    below = dark_from([frame.pixels for frame in dark], white_level=white) if dark else None
    estimate = flat_from_tissue if tissue else flat_from_glass
    return estimate([frame.pixels for frame in frames], below, white_level=white, black=black)


def photon_transfer(microscope: Microscope, objective: Objective, dark: list[Frame]) -> CameraNoise:
    """Pairs of frames of the empty glass in view at several exposures, and what they say of the camera.

    Raises
    ------
    MeasurementError
        When too few of them lie within the range of the camera.
    """
    pairs = []
    for share in EXPOSURE_SHARES:
        one, other = (microscope.snap(share * exposure_ms(objective)) for _ in range(2))
        pairs.append(ExposedPair(exposure_ms=one.exposure_ms, one=one.pixels, other=other.pixels))
    return camera_noise(pairs, [frame.pixels for frame in dark], white_level=one.white_level)
