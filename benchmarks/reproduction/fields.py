"""The test sites of a training set, and how pictures of them score inside the tissue."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from enhance.lamp import truth_of
from enhance.metrics import Mask, Score, score
from enhance.summary import LEAST_TISSUE
from enhance.tissue import tissue_of
from enhance.trainingset import TrainingSet, open_training_set
from enhance.validation import mean_score, trimmed

Picture = NDArray[Any]
BORDER_PX = 40
"""Output pixels left out at each side: more than the network's reach."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Field:
    """One test site with its truth.

    Parameters
    ----------
    slide : str
        Begins with the family.
    low : ndarray of uint8 or uint16
        The 40x frame.
    exposure : ndarray of uint8
        One noisy 100x exposure laid on it.
    truth : ndarray of float32
        The 100x picture free of noise, in the light of the 40x frame.
    tissue : ndarray of bool
        Of the trimmed truth.
    white_level : float
        Data range of the scores.
    pixel_um : float
        Of the truth.
    """

    slide: str
    low: Picture
    exposure: Picture
    truth: Picture
    tissue: Mask
    white_level: float
    pixel_um: float

    def score(self, picture: Picture) -> Score:
        """Score a picture on the grid of the truth."""
        pictures = (trimmed(one, BORDER_PX) for one in (picture, self.truth))
        return score(*pictures, self.tissue, data_range=self.white_level)


def fields(folder: Path, *kinds: str) -> list[Field]:
    """Read the test sites of these families that are at least half tissue."""
    data = open_training_set(folder)
    return [field for field in _all(data) if field.slide.split("-")[0] in kinds and field.tissue.mean() >= LEAST_TISSUE]


def mean_of(scores: list[Score]) -> Score:
    """Average, PSNR in dB."""
    return mean_score(scores)


def _all(data: TrainingSet) -> Iterator[Field]:
    card = data.card
    for site in data.of("test"):
        low, exposure = (np.array(data.picture(site, kind)) for kind in ("low", "exposure"))
        truth = truth_of(data, site)
        tissue = tissue_of(trimmed(truth, BORDER_PX), card)
        yield Field(
            slide=site.slide,
            low=low,
            exposure=exposure,
            truth=truth,
            tissue=tissue,
            white_level=card.white_level,
            pixel_um=card.pixel_um.high,
        )
