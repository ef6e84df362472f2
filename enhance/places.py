"""Where the pixels of a pair lie on their slide, which pairs lie near each other, and how to cut a cluster of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

Gap = tuple[float, float]
"""Width and height in µm that must lie between two pixels, in one direction or the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the pixels of one pair lie.

    Parameters
    ----------
    id : str
        Of the pair; never given twice.
    slide : str
        Different slides have nothing in common.
    left_um, top_um, right_um, bottom_um : float
        Bounds on the slide, in stage coordinates of the first objective.
    picture : str
        Name of its low-resolution picture, which several pairs may share; its own when empty.
    """

    id: str
    slide: str
    left_um: float
    top_um: float
    right_um: float
    bottom_um: float
    picture: str = ""

    def apart(self, other: "Place", gap_um: Gap) -> bool:
        """Whether no pixel of `other` lies within `gap_um` of any pixel of this."""
        if self.slide != other.slide:
            return True
        across = max(self.left_um, other.left_um) - min(self.right_um, other.right_um)
        down = max(self.top_um, other.top_um) - min(self.bottom_um, other.bottom_um)
        return across >= gap_um[0] or down >= gap_um[1]


def groups(places: Sequence[Place], gap_um: Gap) -> list[list[Place]]:
    """Put together what is not apart, directly or through others.

    Parameters
    ----------
    places : sequence of Place
        Of any number of slides.
    gap_um : (float, float)
        As in `Place.apart`.

    Returns
    -------
    list of list of Place
        Any two places of different groups are apart. Groups and their places are in order along their slide.
    """
    ordered = along(places)
    near = np.array([[not one.apart(other, gap_um) for other in ordered] for one in ordered])
    labels: NDArray[np.int32] = connected_components(near, directed=False)[1] if ordered else np.zeros(0, np.int32)
    found: dict[int, list[Place]] = {}
    for place, label in zip(ordered, labels, strict=True):
        found.setdefault(int(label), []).append(place)
    return list(found.values())


def cut(places: Sequence[Place], wanted: int, gap_um: Gap) -> tuple[list[Place], list[Place]]:
    """Cut places off one end so that the rest beyond the gap is apart from them.

    Parameters
    ----------
    places : sequence of Place
        Of one slide.
    wanted : int
        How many to cut off; fewer where more would leave no rest.
    gap_um : (float, float)
        As in `Place.apart`.

    Returns
    -------
    end, gap : list of Place
        Those cut off, and those in between that belong to neither side; both empty where no cut leaves a rest.
    """
    ordered = along(places)
    for count in range(min(wanted, len(ordered) - 1), 0, -1):
        end, others = ordered[-count:], ordered[:-count]
        gap = [place for place in others if not all(place.apart(other, gap_um) for other in end)]
        if len(gap) < len(others):
            return end, gap
    return [], []


def along(places: Sequence[Place]) -> list[Place]:
    """Sort places by slide, then along the longer side of what they cover."""
    wide = max((p.right_um for p in places), default=0) - min((p.left_um for p in places), default=0)
    tall = max((p.bottom_um for p in places), default=0) - min((p.top_um for p in places), default=0)

    def key(place: Place) -> tuple[str, float, float, str]:
        across, down = place.left_um + place.right_um, place.top_um + place.bottom_um
        return (place.slide, across, down, place.id) if wide >= tall else (place.slide, down, across, place.id)

    return sorted(places, key=key)
