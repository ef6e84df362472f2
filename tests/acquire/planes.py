"""Frames of a striped slide whose coarse edges are a parabola in Z, so that the peak of a stack is known."""

import numpy as np

from acquire.frame import Frame, Position

SIDE_PX = 96
PERIOD_PX = 48
MEAN, CONTRAST = 30_000, 0.3
HALF_WIDTH_UM = 3.0
"""So far from the focus nothing is left to see."""


def plane(z_um, focus_um, *, objective="100x", contrast=CONTRAST):
    """One frame at `z_um` of a slide in focus at `focus_um`."""
    seen = contrast * max(1 - ((z_um - focus_um) / HALF_WIDTH_UM) ** 2, 0.0)
    row = MEAN * (1 + seen * np.sin(2 * np.pi * np.arange(SIDE_PX) / PERIOD_PX))
    pixels = np.broadcast_to(row[None, :, None], (SIDE_PX, SIDE_PX, 3)).astype(np.uint16)
    return Frame(
        pixels=pixels,
        objective=objective,
        position=Position(0.0, 0.0, z_um),
        exposure_ms=10.0,
        black_level=0.0,
        white_level=65535.0,
        number=1,
        time_s=0.0,
    )


def stack(centre_um, focus_um, *, planes=5, step_um=0.4, **told):
    """A stack about `centre_um`."""
    offsets = (np.arange(planes) - (planes - 1) / 2) * step_um
    return [plane(float(centre_um + offset), focus_um, **told) for offset in offsets]
