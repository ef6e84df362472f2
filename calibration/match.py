"""Which plane of a focal stack shows what another picture shows: found by registering, plane by plane."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike

from calibration.flatfield import Pixels
from calibration.register import Registration, register
from calibration.sharpness import FEWEST_PLANES, peak


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Match:
    """The plane that matches, and how.

    Parameters
    ----------
    index : int
        Of the plane.
    registration : Registration
        Of that plane.
    correlations : mapping of int to float
        High-pass correlation of each plane that was looked at.
    """

    index: int
    registration: Registration
    correlations: dict[int, float]

    def z_um(self, planes_um: Sequence[float]) -> float:
        """Z at which the correlation has its top: between the planes, where it was looked at on both sides.

        Parameters
        ----------
        planes_um : sequence of float
            Z of every plane of the stack.
        """
        known = sorted(self.correlations)
        if len(known) < FEWEST_PLANES:
            return planes_um[self.index]
        top = peak([planes_um[index] for index in known], [self.correlations[index] for index in known])
        return planes_um[self.index] if top.at_edge else top.z_um


def match_plane(
    low: Pixels,
    planes: Sequence[Pixels],
    *,
    factor: Fraction,
    start: int,
    prior: ArrayLike | None = None,
    white_levels: tuple[float, float] | None = None,
) -> Match:
    """Register the plane of a stack that shows what `low` shows.

    All planes of a stack lie under one transform, but other depths show other structure: on simulated 4 µm sections the
    plane at LOW's own focus registers to 0.01-0.03 LOW px of the true transform, planes 0.4 µm away to 0.02-0.1, the
    fused stack to 0.05-0.08.

    Parameters
    ----------
    low : ndarray of uint8 or uint16, shape (rows, columns, 3)
        Corrected.
    planes : sequence of ndarray of uint8 or uint16, shape (rows, columns, 3)
        Corrected, in the order of their Z.
    factor : Fraction
        As in `calibration.register.register`.
    start : int
        The plane expected to match; from it the search climbs to the largest correlation.
    prior, white_levels
        As in `calibration.register.register`.
    """
    tried: dict[int, Registration] = {}
    best = start
    while True:
        for index in range(max(best - 1, 0), min(best + 2, len(planes))):
            if index not in tried:
                tried[index] = register(low, planes[index], factor=factor, prior=prior, white_levels=white_levels)
        correlations = {index: float(np.nan_to_num(found.high_pass_ncc)) for index, found in tried.items()}
        top = max(correlations, key=lambda index: correlations[index])
        if top == best:
            return Match(index=best, registration=tried[best], correlations=correlations)
        best = top
