"""Captures a stage micrometer or a USAF target, for pixel sizes that do not rest on the stage."""

from collections.abc import Callable, Iterator

from acquire.autofocus import approach_xy, approach_z, autofocus
from acquire.characterise_light import exposure_ms
from acquire.frame import Frame, Pixels
from acquire.microscope import Microscope
from calibration.errors import MeasurementError
from calibration.record import Measured
from calibration.ruler import Ruler, pixel_um_by, read_frame

FRAMES = 5
STEP_UM = (1.3, 1.1)
"""From frame to frame, so that lines meet the pixels elsewhere each time; still inside the finest target."""

SEARCH = 0.4
"""Of the field, from a place where the ruler is looked for to its neighbours."""

Point = tuple[float, float]


def ruler_pixel_um(
    microscope: Microscope,
    ruler: Ruler,
    ruler_um: Point,
    *,
    focus_um: float,
    correct: Callable[[Frame], Pixels],
) -> Measured:
    """Go to a ruler with the lens retracted, focus on it, and measure the pixel size of the objective in place.

    Parameters
    ----------
    microscope : Microscope
        With the objective in place.
    ruler : Ruler
        What lies there.
    ruler_um : (float, float)
        The stage where its middle is seen.
    focus_um : float
        Z of the tissue through this objective: the ruler is looked for round it.
    correct : callable
        Gives the corrected pixels of a frame.

    Returns
    -------
    Measured

    Raises
    ------
    LimitError
        When the place is outside the limits; nothing has moved sideways.
    MeasurementError
        When no ruler is seen there, or it is another.
    """
    microscope.retract()  # two slides need not be equally thick
    approach_xy(microscope, *ruler_um)
    microscope.expect_focus(focus_um)
    approach_z(microscope, focus_um)
    found_um = _found(microscope, ruler, ruler_um, focus_um, correct)
    frames = []
    for number in range(FRAMES):
        x_um, y_um = (at + (number - FRAMES // 2) * step for at, step in zip(found_um, STEP_UM, strict=True))
        approach_xy(microscope, x_um, y_um)
        frames.append(correct(microscope.snap(exposure_ms(microscope.objective))))
    return pixel_um_by(ruler, frames, microscope.rig.pixel_um(microscope.objective.name))


def _found(
    microscope: Microscope, ruler: Ruler, ruler_um: Point, focus_um: float, correct: Callable[[Frame], Pixels]
) -> Point:
    """Focus on the ruler where it was seen through the first objective, or beside: another lens looks elsewhere."""
    objective, said = microscope.objective, ""
    for place in _round(ruler_um, min(microscope.rig.field_um(objective.name))):
        approach_xy(microscope, *place)
        focus = autofocus(microscope, around_um=focus_um, exposure_ms=exposure_ms(objective))
        if focus.z_um is None:
            said = said or focus.reason
            continue
        try:
            frame = correct(microscope.snap(exposure_ms(objective)))
            read_frame(ruler, frame, microscope.rig.pixel_um(objective.name))
        except MeasurementError as error:
            said = str(error)
        else:
            return place
    raise MeasurementError(
        f"no {ruler.kind} is seen round ({ruler_um[0]:.0f}, {ruler_um[1]:.0f}) µm with {objective.name}: {said}; give "
        "the stage position at which its middle is seen, or calibrate without it"
    )


def _round(middle_um: Point, field_um: float) -> Iterator[Point]:
    """Yield a place, then its neighbours on all sides."""
    yield middle_um
    for across, down in ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, -1), (1, -1), (-1, 1)):
        yield middle_um[0] + across * SEARCH * field_um, middle_um[1] + down * SEARCH * field_um
