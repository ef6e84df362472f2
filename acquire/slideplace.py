"""Where the field of each visit lies on the slide, whatever lens sees it and however the slide was moved since."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np

from acquire.plan import Visit

Point = tuple[float, float]


def slide_places(visits: Iterable[Visit]) -> Mapping[tuple[str, str], Point]:
    """Return the stage position of the first objective for each (site, objective).

    Several fields of one site lie evenly about its middle: what the lens adds to all of them, the parcentric offset,
    is what their middle lies off the site.

    Parameters
    ----------
    visits : iterable of Visit
        All of a plan, as planned: the first objective's before the others.
    """
    groups: dict[tuple[str, str], list[Visit]] = defaultdict(list)
    for visit in visits:
        groups[visit.objective, visit.partner].append(visit)
    first = next(iter(groups), ("", ""))[0]
    places: dict[tuple[str, str], Point] = {}
    for (_, partner), fields in groups.items():
        site = groups[first, partner][0]
        middle = np.mean([(visit.x_um, visit.y_um) for visit in fields], axis=0)
        for visit in fields:
            right_um, down_um = np.subtract((visit.x_um, visit.y_um), middle)
            places[visit.site, visit.objective] = (site.x_um + float(right_um), site.y_um + float(down_um))
    return places
