"""The simulated rig with a small camera and either direction of Z, for tests that drive it."""

from dataclasses import replace

from calibration.optics import Limits
from calibration.rig import load_rig
from tests.acquire.simulated.conftest import STEADY


def small_rig(*, toward=1, size_px=(96, 96), **simulated):
    """The built-in simulated rig, its Z mirrored where the slide lies at lower Z; `simulated` replaces single keys.

    Its stage goes where it is told, for tests of everything else.
    """
    rig = load_rig("simulated")
    low, high = rig.limits_um.z
    z_um = (low, high) if toward > 0 else (-high, -low)
    return replace(
        rig,
        camera=replace(rig.camera, size_px=size_px),
        z=replace(rig.z, toward_slide=toward),
        limits_um=Limits(x=rig.limits_um.x, y=rig.limits_um.y, z=z_um),
        z_safe_um=toward * rig.z_safe_um,
        simulated=dict(rig.simulated) | {"stage": STEADY, "lamp": {"warm_up": 0}} | simulated,
    )
