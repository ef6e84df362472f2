"""What is looked at of the camera before a run: whether its properties are locked, and whether there is light."""

import numpy as np

from acquire.errors import AcquireError
from acquire.frame import Frame
from acquire.item import Item, State
from acquire.micromanager import MicroManagerMicroscope
from acquire.plan import Plan
from calibration.optics import Rig

BRIGHT, DIM = 0.97, 0.4
"""Share of the white level that the brightest percent of a frame should lie between."""
BRIGHTEST_PERCENTILE = 99.0
WITHOUT_GLASS = ("demo", "simulated")


def camera_lock(rig: Rig, microscope: MicroManagerMicroscope | None) -> Item:
    """Lock the camera and say what was read back; without a microscope, what will be locked."""
    wanted = rig.camera.lock
    if microscope is not None:
        try:
            wanted = microscope.lock_camera()
        except AcquireError as error:
            return Item(name="camera lock", state="fail", says=str(error))
    if wanted or rig.source.kind in WITHOUT_GLASS:
        verb = "read back" if microscope is not None else "to be set and read back"
        told = ", ".join(f"{name} = {value}" for name, value in wanted.items())
        return Item(name="camera lock", state="pass", says=f"{told}; {verb}" if told else "nothing to lock")
    says = (
        "nothing is locked: automatic exposure or white balance would change the colours in mid-run; name the camera's "
        "properties under camera.lock in the rig file"
    )
    return Item(name="camera lock", state="warn", says=says)


def light_level(plan: Plan, microscope: MicroManagerMicroscope | None) -> tuple[Frame | None, list[Item]]:
    """Expose one frame with the objective in place, where the plan uses it; nothing without a microscope."""
    if microscope is None:
        return None, []
    try:
        name = microscope.objective.name
        if name not in plan.exposure_ms:
            says = f"not looked at: {name} is in place and the plan does not use it"
            return None, [Item(name="light level", state="warn", says=says)]
        frame = microscope.snap(plan.exposure_ms[name])
    except AcquireError as error:
        return None, [Item(name="light level", state="fail", says=str(error))]
    return frame, [_level(frame, name, painted=microscope.rig.source.kind == "demo")]


def _level(frame: Frame, name: str, *, painted: bool) -> Item:
    brightest = float(np.percentile(frame.pixels, BRIGHTEST_PERCENTILE)) - frame.black_level
    share = brightest / (frame.white_level - frame.black_level)
    says = f"the brightest percent of a frame with {name} lies at {100 * share:.0f} % of white"
    if painted:
        return Item(name="light level", state="pass", says=f"{says}; this rig paints one test pattern")
    state: State = "pass" if DIM <= share <= BRIGHT else "warn"
    what = (
        "" if state == "pass" else ": expose less" if share > BRIGHT else ": expose longer, or check lamp and filters"
    )
    return Item(name="light level", state=state, says=says + what)
