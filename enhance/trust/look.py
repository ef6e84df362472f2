"""Look: what a model keeps of how the pictures that it was trained on look."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from enhance.bitdepth import as_bytes
from enhance.novelty import Ranges, ranges_of, tile_statistics
from enhance.trainingset import Pixels, TrainingSet
from enhance.trust.familiarise import familiarise

MEASURED_SITES = 60
"""Training sites that are looked at, spread evenly over all; 3 s on one core."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What goes into a checkpoint.

    Parameters
    ----------
    ranges : mapping of str to (float, float)
        By `enhance.novelty`.
    familiar : mapping
        `enhance.trust.familiar.Familiar.as_dict`; empty when there is hardly anything but glass.
    """

    ranges: Ranges
    familiar: Mapping[str, Any]


def look_of(data: TrainingSet) -> Look:
    """Look at the training sites of a set."""
    card = data.card
    found = familiarise(
        _measured(data), white_level=card.white_level, optics=card.optics.model_dump(), pixel_um=card.pixel_um.low
    )
    ranges = ranges_of(tile_statistics(picture, white_level=card.white_level) for picture in _measured(data))
    return Look(ranges=ranges, familiar={} if found is None else found.as_dict())


def _measured(data: TrainingSet) -> Iterator[Pixels]:
    sites = data.of("train")
    chosen = sorted({round(i) for i in np.linspace(0, len(sites) - 1, MEASURED_SITES)})
    yield from (as_bytes(data.picture(sites[i], "low")) for i in chosen)
