"""Places that one lens captured, as it knows them again: where the run has them, and what they show."""

from dataclasses import dataclass

import numpy as np

from acquire.frame import Position
from acquire.pairview import even
from acquire.runfolder import RunFolder
from calibration.bandwidth import Plane
from calibration.recognise import pattern

CLUSTER_UM = 600.0
MOST_PICTURES = 40
"""Stored pictures compared with each look: those nearest to the one that a person brought into view."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A stored place: where the run has it, in µm, and what it shows."""

    site: str
    position: Position
    pattern: Plane


def known_places(run: RunFolder, objective: str, site: str) -> list[Known]:
    """Read the stored places of one lens about a site, that one first.

    Parameters
    ----------
    run : RunFolder
        Holds them.
    objective : str
        The lens.
    site : str
        Stored.
    """
    middle_um = np.array(run.stored[site, objective]["position_um"][:2])
    away_um = {
        name: float(np.linalg.norm(np.array(entry["position_um"][:2]) - middle_um))
        for (name, lens), entry in run.stored.items()
        if lens == objective and run.has(name, lens)
    }
    near = sorted((name for name, away in away_um.items() if away <= CLUSTER_UM), key=lambda name: away_um[name])
    return [_known(run, objective, name) for name in near[:MOST_PICTURES]]


def _known(run: RunFolder, objective: str, site: str) -> Known:
    stack = run.read(site, objective)
    middle = len(stack.z_um) // 2
    pixels = even(run, objective, stack.pixels[middle], stack.white_level)
    return Known(site=site, position=stack.position._replace(z=stack.z_um[middle]), pattern=pattern(pixels))
