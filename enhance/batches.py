"""Batches: the pictures of one training step, drawn from nothing but the seed and the number of the step.

So no generator has to be saved for training to go on where it stopped, and several machines could draw parts of one
batch.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from enhance.errors import PairsError
from enhance.recipes import Recipe
from enhance.trainingset import Site, TrainingSet

QUARTERS = 4
WAYS = 8
"""Rotations by quarters, each as it is or mirrored."""

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Batch:
    """Input (N, 3, rows, columns) and label, in fractions of the white level, channels last in memory."""

    low: Tensor
    high: Tensor


class Batches:
    """Draws the batch of any step.

    Parameters
    ----------
    data : TrainingSet
        Where from: its sites, or its stored patches, of the split ``train``.
    recipe : Recipe
        Says which of the two, and how many, how large, and whether turned and mirrored.
    seed : int
        Of every draw.

    Raises
    ------
    PairsError
        When the training set has nothing to draw from.
    """

    def __init__(self, data: TrainingSet, recipe: Recipe, *, seed: int) -> None:
        self._data = data
        self._recipe = recipe
        self._seed = seed
        self._patches = None if recipe.crop_px else data.patches("train")
        self._sites = _large_enough(data, recipe.crop_px) if recipe.crop_px else ()
        areas = np.array([site.size_px[0] * site.size_px[1] for site in self._sites], dtype=np.float64)
        self._chances = areas / areas.sum()

    def draw(self, step: int) -> Batch:
        """Return the batch of step `step`; the same again for the same step."""
        rng = np.random.default_rng([self._seed, step])
        pairs = [self._pair(rng) for _ in range(self._recipe.batch)]
        low, high = zip(*pairs, strict=True)
        return Batch(low=self._tensor(low), high=self._tensor(high))

    def _pair(self, rng: np.random.Generator) -> tuple[Pixels, Pixels]:
        low, high = self._stored(rng) if self._patches else self._crop(rng)
        if not self._recipe.dihedral:
            return low, high
        way = int(rng.integers(WAYS))
        return _turned(low, way), _turned(high, way)

    def _stored(self, rng: np.random.Generator) -> tuple[Pixels, Pixels]:
        low, high = self._patches or ((), ())
        number = int(rng.integers(len(low)))
        return low[number], high[number]

    def _crop(self, rng: np.random.Generator) -> tuple[Pixels, Pixels]:
        """Cut at a multiple of q, so that the label's crop begins at a whole pixel."""
        p, q = self._data.card.ratio
        side = self._recipe.crop_px // q * q
        site = self._sites[int(rng.choice(len(self._sites), p=self._chances))]
        row, column = (q * int(rng.integers((length - side) // q + 1)) for length in site.size_px)
        low = self._data.picture(site, "low")[row : row + side, column : column + side]
        top, left, large = row * p // q, column * p // q, side * p // q
        return low, self._data.picture(site, "high")[top : top + large, left : left + large]

    def _tensor(self, pictures: tuple[Pixels, ...]) -> Tensor:
        stacked = np.stack(pictures).astype(np.float32) / np.float32(self._data.card.white_level)
        return torch.from_numpy(stacked).permute(0, 3, 1, 2)


def _large_enough(data: TrainingSet, crop_px: int) -> tuple[Site, ...]:
    sites = tuple(site for site in data.of("train") if min(site.size_px) >= crop_px)
    if not sites:
        raise PairsError(
            f"{data.folder} has no training site of at least {crop_px}×{crop_px} pixels: capture more sites, or larger"
        )
    return sites


def _turned(picture: Pixels, way: int) -> Pixels:
    turned = np.rot90(picture, way % QUARTERS)
    return turned[:, ::-1] if way >= QUARTERS else turned
