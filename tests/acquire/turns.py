"""The demo rig with the slide on either side, and what the core's own log says of Z before each turn of the turret."""

import re
from dataclasses import replace

from calibration.optics import Limits, ZDrive
from calibration.rig import load_rig


def rig_with_slide(toward):
    rig = load_rig("demo")
    low, high = rig.limits_um.z
    limits = rig.limits_um if toward > 0 else Limits(x=rig.limits_um.x, y=rig.limits_um.y, z=(-high, -low))
    return replace(rig, z=ZDrive(device="Z", toward_slide=toward), limits_um=limits, z_safe_um=toward * rig.z_safe_um)


def z_before_each_turn(log):
    z_um, found = None, []
    for line in log.splitlines():
        move = re.search(r"Will start absolute move of Z to position (-?[\d.]+)", line)
        if move:
            z_um = float(move.group(1))
        if 'Objective] Will set property "Label"' in line:
            found.append(z_um)
    return found
