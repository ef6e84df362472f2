"""Batches: the pictures of one training step, drawn from nothing but the seed and the number of the step.

So no generator has to be saved for training to go on where it stopped, and each of several processes can say where all
pictures of a batch lie and cut only its own.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from enhance.bitdepth import levels
from enhance.errors import PairsError
from enhance.recipes import Recipe
from enhance.siteweights import site_weights
from enhance.stainmix import Mixture, draw_mixture, mixed
from enhance.texture import TexturedPlaces
from enhance.trainingset import Site, TrainingSet

QUARTERS = 4
WAYS = 8
"""Rotations by quarters, each as it is or mirrored."""

ALL = slice(None)

Pixels = NDArray[np.uint8] | NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Place:
    """Where one picture of a batch comes from, and what is done to it.

    Parameters
    ----------
    source : int
        Number of the site, or of the stored patch.
    row, column : int
        Where the crop begins in the low-resolution picture, at multiples of q.
    way : int
        Which of the `WAYS` it is turned.
    mixture : ndarray, shape (3, 3), or None
        Of its optical densities.
    """

    source: int
    row: int
    column: int
    way: int
    mixture: Mixture | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Batch:
    """Input (N, 3, rows, columns) and label, in fractions of the white level, channels last in memory.

    `weight` (N,) is how much each picture counts; None where all count alike.
    """

    low: Tensor
    high: Tensor
    weight: Tensor | None = None


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
        self._textured = self._textured_places() if recipe.textured and self._sites else None
        self._weights = site_weights(data, self._sites, recipe.even) if recipe.even and self._sites else None

    def draw(self, step: int, *, count: int | None = None, part: slice = ALL) -> Batch:
        """Return the batch of step `step`; the same again for the same step.

        Parameters
        ----------
        step : int
            Number of the step.
        count : int, optional
            Pictures in the whole batch; the recipe's when not given.
        part : slice
            Which of them to return; drawing is done for all, so that no part depends on another.
        """
        rng = np.random.default_rng([self._seed, step])
        places = [self._place(rng) for _ in range(self._recipe.batch if count is None else count)]
        low, high = zip(*(self._pair(place) for place in places[part]), strict=True)
        return Batch(low=self._tensor(low), high=self._tensor(high), weight=self._weight(places[part]))

    def _place(self, rng: np.random.Generator) -> Place:
        source, row, column = self._stored(rng) if self._patches else self._crop(rng)
        way = int(rng.integers(WAYS)) if self._recipe.dihedral else 0
        mixture = draw_mixture(rng) if self._recipe.mixing and rng.random() < self._recipe.mixing else None
        return Place(source=source, row=row, column=column, way=way, mixture=mixture)

    def _stored(self, rng: np.random.Generator) -> tuple[int, int, int]:
        low, _ = self._patches or ((), ())
        return int(rng.integers(len(low))), 0, 0

    def _crop(self, rng: np.random.Generator) -> tuple[int, int, int]:
        """Begin at a multiple of q, so that the label's crop begins at a whole pixel."""
        if self._textured is not None and rng.random() < self._recipe.textured:
            return self._textured.draw(rng)
        _, q = self._data.card.ratio
        number = int(rng.choice(len(self._sites), p=self._chances))
        row, column = (q * int(rng.integers((length - self._side) // q + 1)) for length in self._sites[number].size_px)
        return number, row, column

    def _pair(self, place: Place) -> tuple[Pixels, Pixels]:
        low, high = self._cut(place)
        if place.mixture is not None:
            low, high = (self._mixed(picture, place.mixture) for picture in (low, high))
        return _turned(low, place.way), _turned(high, place.way)

    def _cut(self, place: Place) -> tuple[Pixels, Pixels]:
        if self._patches:
            stored_low, stored_high = self._patches
            return stored_low[place.source], stored_high[place.source]
        p, q = self._data.card.ratio
        site = self._sites[place.source]
        whole = self._data.picture(site, "low")
        low = levels(whole[place.row : place.row + self._side, place.column : place.column + self._side])
        top, left, large = place.row * p // q, place.column * p // q, self._side * p // q
        return low, self._data.picture(site, "high")[top : top + large, left : left + large]

    @property
    def _side(self) -> int:
        q = self._data.card.ratio[1]
        return self._recipe.crop_px // q * q

    def _textured_places(self) -> TexturedPlaces:
        pictures = (levels(self._data.picture(site, "low")) for site in self._sites)
        return TexturedPlaces(pictures, side_px=self._side, step_px=self._data.card.ratio[1])

    def _weight(self, places: list[Place]) -> Tensor | None:
        if self._weights is None:
            return None
        return torch.from_numpy(self._weights[[place.source for place in places]].astype(np.float32))

    def _mixed(self, picture: Pixels, mixture: Mixture) -> Pixels:
        card = self._data.card
        return mixed(picture, mixture, white_level=card.white_level, corrected=card.corrected)

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
