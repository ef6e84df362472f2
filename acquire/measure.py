"""What a focus measure is: how sharp a picture is, and what its curve along Z must be to hold a focus."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.edges import steepness
from calibration.optics import Rig
from calibration.sharpness import FEWEST_PLANES, FocusPeak, peak, tenengrad

FLATTEST = 0.2
"""Least rise of the sharpness in a sweep, as a share of its top. In simulated frames of 96 px the noise of empty glass
rises by 0.03 to 0.07; tissue by 0.77 and more at 40x, by 0.38 and more at 100x with a fine sweep on its plateau."""
FLATTEST_EDGES = 0.004
"""As above for the coarse edges, which noise does not reach: tissue rises by 0.011 and more in a sweep of 2.4 µm."""
FAINTEST_EDGES = 0.008
"""Coarse edges of uneven light on empty glass reach 0.007 with 12 % of shading over 19 µm, half of that over 38 µm;
those of tissue 0.04 to 0.14."""
NEAR_TOP_UM = 0.9
"""The curve of coarse edges is a parabola as far as this from its top, and leans beyond."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """How sharpness is judged.

    Parameters
    ----------
    score : callable
        Sharpness of one picture, of any scale.
    flattest : float
        Least rise in a sweep, as a share of its top, below which it holds no focus.
    faintest : float
        Least top below which the field is empty.
    near_um : float
        Only planes so near to the highest count for where the top is; infinite for all that are high enough.
    fine_step_um : float
        Between the planes of a fine sweep.
    """

    score: Callable[[NDArray[Any]], float]
    flattest: float
    faintest: float = 0.0
    near_um: float = float("inf")
    fine_step_um: float = 0.5

    def top(self, z_um: Sequence[float], scores: Sequence[float]) -> FocusPeak:
        """Find the top of a sweep; see `calibration.sharpness.peak`."""
        found = peak(z_um, scores)
        z, score = np.asarray(z_um, float), np.asarray(scores, float)
        near = np.abs(z - z[int(np.argmax(score))]) <= self.near_um
        if near.all() or np.unique(z[near]).size < FEWEST_PLANES:
            return found
        closer = peak(z[near], score[near])
        return found if closer.at_edge else replace(closer, quality=found.quality)

    def emptiness(self, found: FocusPeak, scores: Sequence[float]) -> str:
        """Say why a sweep with a top shows nothing to focus on, or nothing."""
        if max(scores) < self.faintest:
            return "the field is empty: no edge in it is darker than uneven light"
        if found.quality < self.flattest:
            return f"the field is empty: sharpness rises by {100 * found.quality:.0f} % only"
        return ""


FINE = Measure(score=tenengrad, flattest=FLATTEST)
"""The finest detail: finds the sharpest layer of a section."""


def coarse_edges(rig: Rig, objective: str) -> Measure:
    """Return the measure by which runs are focused: coarse edges, whose maximum stands still from field to field."""
    return Measure(
        score=partial(steepness, pixel_um=rig.pixel_um(objective)),
        flattest=FLATTEST_EDGES,
        faintest=FAINTEST_EDGES,
        near_um=NEAR_TOP_UM,
        fine_step_um=0.4,
    )
