"""Calibrations of a rig whose cameras are turned and whose objectives look elsewhere, by known amounts."""

from datetime import UTC, datetime

import numpy as np

from calibration.flatfield import Correction
from calibration.record import Calibration, Measured, ObjectiveCalibration, rig_hash

MEASURED = datetime(2026, 11, 20, tzinfo=UTC)


def exact(value):
    return Measured(value=value, interval95=(value, value))


def turned(rig, *, turn_deg=0.0, further_deg=0.0, parcentric_um=(0.0, 0.0), parfocal_um=0.0, created=MEASURED):
    """Each objective is turned by `further_deg` more than the one before and looks `parcentric_um` further away."""
    objectives = {}
    for number, objective in enumerate(rig.objectives):
        angle, pixel_um = np.deg2rad(turn_deg + number * further_deg), rig.pixel_um(objective.name)
        along, aside = float(pixel_um * np.cos(angle)), float(pixel_um * np.sin(angle))
        objectives[objective.name] = ObjectiveCalibration(
            stage_um_per_px=((along, -aside), (aside, along)),
            pixel_um=exact(pixel_um),
            rotation_deg=exact(turn_deg + number * further_deg),
            parcentric_um=(exact(number * parcentric_um[0]), exact(number * parcentric_um[1])),
            parfocal_um=exact(number * parfocal_um),
        )
    light = Correction(dark=np.full((1, 1, 3), 0.02, np.float32), flat=np.ones((1, 1, 3), np.float32))
    return Calibration(
        rig_hash=rig_hash(rig),
        created=created,
        objectives=objectives,
        corrections=dict.fromkeys(objectives, light),
        simulated=True,
    )
