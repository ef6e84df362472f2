"""Patches: cut the pairs of a split into overlapping squares and keep them as one memory-mapped array a side."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby, product
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from enhance.bitdepth import as_bytes
from enhance.errors import PairsError

Array = NDArray[Any]
Take = Callable[[Array, int, int], Array]

PATCH_PX = 60
"""Side of a low-resolution patch; Rivenson et al. 2017 pair 60 with 150."""
OVERLAP = 0.4
"""Of neighbouring patches, along each axis; from the same paper."""
LEAST_STD = 4.0
"""Grey levels of 255: camera noise alone gives about 2 on empty glass, the palest tissue 6."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """How pairs of one ratio are cut.

    Parameters
    ----------
    ratio : Fraction
        p/q: pixels of the high-resolution side for each of the low-resolution side.
    low_px : int
        Side of a low-resolution patch, a multiple of q.
    overlap : float
        Fraction of the side shared by neighbours, from 0 to below 1.

    Raises
    ------
    PairsError
        When the side is no multiple of q, or the overlap leaves no step.
    """

    ratio: Fraction
    low_px: int
    overlap: float = OVERLAP

    def __post_init__(self) -> None:
        if self.low_px < 1 or self.low_px % self.ratio.denominator or not 0 <= self.overlap < 1:
            raise PairsError(
                f"patches of {self.low_px} px with an overlap of {self.overlap} cannot be cut at a ratio of "
                f"{self.ratio}: give a multiple of {self.ratio.denominator} and an overlap from 0 to below 1"
            )

    @property
    def high_px(self) -> int:
        """Side of a high-resolution patch."""
        return int(self.low_px * self.ratio)

    def origins(self, length_px: int) -> list[int]:
        """Return where patches begin along a side of `length_px`: evenly, on multiples of q, the last one at the end.

        Parameters
        ----------
        length_px : int
            Of the low-resolution side.

        Returns
        -------
        list of int
            Neighbours overlap by at least what was asked for; empty when the side is shorter than a patch.
        """
        unit = self.ratio.denominator
        last = (length_px - self.low_px) // unit
        if last < 0:
            return []
        step = max(1, int(self.low_px * (1 - self.overlap) / unit))
        count = -(-last // step) + 1
        return [round(place) * unit for place in np.linspace(0, last, count)]

    def low(self, pair: Array, row: int, column: int) -> Array:
        """Return the low-resolution patch that begins there."""
        return pair[row : row + self.low_px, column : column + self.low_px]

    def high(self, pair: Array, row: int, column: int) -> Array:
        """Return the high-resolution patch of the same square; the origin is in low-resolution pixels."""
        top, left = int(row * self.ratio), int(column * self.ratio)
        return pair[top : top + self.high_px, left : left + self.high_px]


@dataclass(frozen=True, slots=True, kw_only=True)
class PatchRow:
    """Where a patch came from and where it lies: one row of the index."""

    id: str
    row: int
    column: int
    number: int
    std: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """The patches of one split: those kept, in the order of the arrays, and how many were dropped as textureless."""

    rows: tuple[PatchRow, ...]
    dropped: int


def nearest_side(ratio: Fraction) -> int:
    """Return the multiple of q nearest to `PATCH_PX`."""
    return max(1, round(PATCH_PX / ratio.denominator)) * ratio.denominator


def write_shard(folder: Path, split: str, pairs: Sequence[tuple[str, Path, Path]], cut: Cut) -> Shard:
    """Cut all pairs of a split and write ``<split>_low.npy`` and ``<split>_high.npy``.

    Parameters
    ----------
    folder : Path
        Where to write; it exists.
    split : str
        Begins the names of the two files.
    pairs : sequence of (id, low file, high file)
        Arrays of uint8 or uint16, shape (r, c, 3) and (r · p / q, c · p / q, 3); patches are in bytes.
    cut : Cut
        How to cut.

    Returns
    -------
    Shard
        Patches whose low-resolution side varies less than `LEAST_STD` are dropped: they hold glass and noise.
    """
    rows: list[PatchRow] = []
    dropped = 0
    for name, low, _ in pairs:
        picture = as_bytes(np.load(low, mmap_mode="r"))
        for row, column in product(cut.origins(picture.shape[0]), cut.origins(picture.shape[1])):
            std = float(cut.low(picture, row, column).std(axis=(0, 1)).mean())
            if std < LEAST_STD:
                dropped += 1
            else:
                rows.append(PatchRow(id=name, row=row, column=column, number=len(rows), std=std))
    _fill(folder / f"{split}_low.npy", {name: low for name, low, _ in pairs}, rows, cut.low, cut.low_px)
    _fill(folder / f"{split}_high.npy", {name: high for name, _, high in pairs}, rows, cut.high, cut.high_px)
    return Shard(rows=tuple(rows), dropped=dropped)


def _fill(path: Path, pairs: Mapping[str, Path], rows: Sequence[PatchRow], take: Take, side_px: int) -> None:
    """Copy the patches of `rows` into one array on disk, a pair at a time."""
    shard = open_memmap(path, mode="w+", dtype=np.uint8, shape=(len(rows), side_px, side_px, 3))
    for name, own in groupby(rows, key=attrgetter("id")):
        picture = as_bytes(np.load(pairs[name], mmap_mode="r"))
        for row in own:
            shard[row.number] = take(picture, row.row, row.column)
    shard.flush()
