"""A slide that is looked for without a calibration: by the rig file alone, where its pictures show enough for that."""

from acquire.slidehunt import SlideHunt
from calibration.recognise import COARSER

NOMINAL_FOCUS_UM = 18.0
"""From the Z expected, of a focus by sharpness that is believed where parfocal offsets are not known: as far as a
coarse sweep reaches, and within the near margin of most lenses."""
FEWEST_PATTERN_PX = 32
"""Of the shorter side of what a look is known again by: 160 pixels of a camera at 2.5 times the magnification. With 19
other places are as like as the right one."""
BARE = "the slide was not looked for: without a calibration it is known by the rig file alone, and"


def unsought(hunt: SlideHunt) -> str:
    """Say why the slide cannot be looked for by the rig file alone; nothing where it can, or is calibrated."""
    run = hunt.view.run
    if run.calibration is not None:
        return ""
    side_px = min(hunt.view.high.size_px)
    if side_px < FEWEST_PATTERN_PX * COARSER * hunt.view.factor:
        return f"{BARE} fields of {side_px} pixels show too little to be known again"
    if hunt.known() is None:
        return f"{BARE} no picture of {run.objectives[0]} shows tissue to find it by"
    return ""
