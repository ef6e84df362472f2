"""The peak of a stack: where its own pictures are sharpest, and whether that lies inside its planes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from acquire.frame import Frame
from acquire.measure import FAINTEST_EDGES, coarse_edges
from calibration.optics import Rig
from calibration.sharpness import FEWEST_PLANES

Standing = Literal["inside", "outside", "empty", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """Where a stack is sharpest.

    Parameters
    ----------
    standing : str
        ``inside`` its planes; ``outside`` of them: the stack missed the focus; ``empty``: there is nothing to focus
        on; ``unknown``: fewer than three planes tell nothing.
    z_um : float or None
        Of the peak; of the outermost plane on its side when it is outside; None when nothing can be said.
    off_um : float
        By how much it lies above the middle of the planes, in µm of Z.
    """

    standing: Standing
    z_um: float | None = None
    off_um: float = 0.0

    @property
    def missed(self) -> bool:
        """Whether the stack is to be taken again."""
        return self.standing == "outside"


def stack_peak(planes: Sequence[Frame], rig: Rig) -> Peak:
    """Find the peak of a stack by a parabola through the coarse edges of all its planes.

    Parameters
    ----------
    planes : sequence of Frame
        Of one stack, in any order.
    rig : Rig
        Gives the pixel size.
    """
    z = np.array([frame.position.z for frame in planes])
    if np.unique(z).size < FEWEST_PLANES:
        return Peak(standing="unknown")
    measure = coarse_edges(rig, planes[0].objective)
    scores = np.array([measure.score(frame.pixels) for frame in planes])
    if scores.max() < FAINTEST_EDGES:
        return Peak(standing="empty")
    low, high, middle = float(z.min()), float(z.max()), float((z.min() + z.max()) / 2)
    curvature, slope, _ = np.polyfit(z - middle, scores, 2)
    off_um = float(-slope / (2 * curvature)) if curvature < 0 else float(z[np.argmax(scores)]) - middle
    z_um = min(max(middle + off_um, low), high)
    inside = curvature < 0 and low < middle + off_um < high
    return Peak(standing="inside" if inside else "outside", z_um=z_um, off_um=z_um - middle)
