"""Validation: the score of a half-trained network on registered pairs it does not train on."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from enhance.baselines import bicubic
from enhance.bitdepth import as_bytes, white_of
from enhance.engine import Engine, Image
from enhance.metrics import SSIM_RADIUS, Mask, Score, score
from enhance.tissue import tissue_of
from enhance.trainingset import Site, Split, TrainingSet
from enhance.world import ALONE, World

MAX_SITES = 4
MAX_SIDE_PX = 160
"""What is scored of a site: its middle, at most this many low-resolution pixels a side, for the sake of time: the
fast recipe validates every 50 steps. How large a part that takes was not measured with SOAP."""
LARGEST_BORDER = 4
"""The border left out is at most the side divided by this, so that something is left of small sites."""

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Example:
    """One piece to score: input, label, and where in the trimmed label there is tissue (everywhere, if nowhere).

    `border_px` label pixels are trimmed at each side, where the edge of the picture shows.
    """

    low: Image
    label: Pixels
    tissue: Mask
    border_px: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Validation:
    """What a network is selected by.

    Parameters
    ----------
    split : {'validation', 'train'}
        Which sites these are; `train` where a training set has none for validation.
    examples : tuple of Example
        Spread evenly over the sites.
    ratio : (int, int)
        p and q.
    white_level : float
        The data range of the scores.
    """

    split: Split
    examples: tuple[Example, ...]
    ratio: tuple[int, int]
    white_level: float

    def of_engine(self, engine: Engine, world: World = ALONE) -> Score:
        """Mean score of what an engine makes of the examples, against their labels; each process scores its part."""
        return self._mean(lambda low: engine.enhance(low, white_level=white_of(low)), world)

    def of_bicubic(self) -> Score:
        """Mean score of the bicubic enlargement."""
        return self._mean(lambda low: bicubic(low, self.ratio))

    def _mean(self, enlarge: Callable[[Image], Image], world: World = ALONE) -> Score:
        """Score the own part, lay it among zeros and sum over all: every process then has the same scores exactly."""
        names = [field.name for field in fields(Score)]
        found = np.zeros((len(self.examples), len(names)))
        for row, example in zip(found[world.part], self.examples[world.part], strict=True):
            row[:] = list(self._scored(enlarge, example).as_dict().values())
        numbers = np.reshape(world.totals(found.ravel().tolist()), found.shape)
        return mean_score([Score(**dict(zip(names, row.tolist(), strict=True))) for row in numbers])

    def _scored(self, enlarge: Callable[[Image], Image], example: Example) -> Score:
        return score(
            trimmed(as_bytes(enlarge(example.low)), example.border_px),
            trimmed(example.label, example.border_px),
            example.tissue,
            data_range=self.white_level,
        )


def choose_validation(data: TrainingSet, *, border_px: int, whole: bool = False, most: int = MAX_SITES) -> Validation:
    """Take the middles of some validation sites, or all of all; of training sites where there are no others.

    Parameters
    ----------
    data : TrainingSet
        Where from.
    border_px : int
        Label pixels to leave out at each side, fewer where a site is so small that nothing would be left.
    whole : bool
        Whether every site is scored, to its edges, instead of `most` middles.
    most : int
        Sites of which the middle is scored.
    """
    split: Split = "validation" if data.of("validation") else "train"
    sites = data.of(split)
    few = sorted({round(i) for i in np.linspace(0, len(sites) - 1, most)})
    chosen = sites if whole else [sites[i] for i in few]
    return Validation(
        split=split,
        examples=tuple(_example(data, site, border_px, None if whole else MAX_SIDE_PX) for site in chosen),
        ratio=data.card.ratio,
        white_level=data.card.white_level,
    )


def mean_score(scores: list[Score]) -> Score:
    """Mean of each number over the scores that have it; NaN where none has."""
    return Score(**{field.name: _mean_of([getattr(s, field.name) for s in scores]) for field in fields(Score)})


def trimmed(picture: NDArray[Any], border_px: int) -> NDArray[Any]:
    """Return the picture without `border_px` pixels at each side."""
    return picture[border_px : picture.shape[0] - border_px, border_px : picture.shape[1] - border_px]


def _mean_of(values: list[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")


def _example(data: TrainingSet, site: Site, border_px: int, most_px: int | None) -> Example:
    """Cut the middle at a multiple of q, so that the label's cut begins at a whole pixel."""
    p, q = data.card.ratio
    sides = [min(length, most_px or length) // q * q for length in site.size_px]
    row, column = ((length - side) // 2 // q * q for length, side in zip(site.size_px, sides, strict=True))
    low = data.picture(site, "low")[row : row + sides[0], column : column + sides[1]]
    top, left = row * p // q, column * p // q
    label = data.picture(site, "high")[top : top + sides[0] * p // q, left : left + sides[1] * p // q]
    border_px = min(border_px, min(label.shape[:2]) // LARGEST_BORDER)
    tissue = tissue_of(trimmed(label, border_px), data.card)
    inner = slice(SSIM_RADIUS, -SSIM_RADIUS)
    tissue = tissue if tissue[inner, inner].any() else np.ones_like(tissue)
    return Example(low=np.array(low), label=np.array(label), tissue=tissue, border_px=border_px)
