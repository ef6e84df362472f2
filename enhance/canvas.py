"""The picture that tiles make together, block by block: blended where they overlap, or each pixel from one tile."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise, product
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from calibration.neighbours import checked_positions
from enhance.errors import ImageError
from enhance.fraction import moved_by_fraction
from enhance.reduction import TILE_PX
from enhance.shelf import BUDGET_BYTES, Shelf

Array = NDArray[Any]
Blend = Literal["feather", "nearest"]
BLENDS: tuple[Blend, ...] = ("feather", "nearest")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """What one tile gives to one block.

    Parameters
    ----------
    rows, columns : slice
        Where, in the block.
    pixels : ndarray, shape (rows, columns, 3)
        What it shows there.
    weights : ndarray of float32, shape (rows, columns)
        How much each of its pixels counts.
    """

    rows: slice
    columns: slice
    pixels: Array
    weights: NDArray[np.float32]

    def covers(self, rows: slice, columns: slice) -> bool:
        """Whether it shows all of a piece of the block."""
        own, asked = (self.rows, self.columns), (rows, columns)
        return all(mine.start <= span.start and span.stop <= mine.stop for mine, span in zip(own, asked, strict=True))

    def cut(self, rows: slice, columns: slice) -> tuple[Array, NDArray[np.float32]]:
        """Pixels and weights of a piece of the block that it covers."""
        piece = (
            slice(rows.start - self.rows.start, rows.stop - self.rows.start),
            slice(columns.start - self.columns.start, columns.stop - self.columns.start),
        )
        return self.pixels[piece], self.weights[piece]


class Canvas:
    """Tiles at their positions.

    ``feather``: tiles are moved by fractions of a pixel (Lanczos) and averaged with weights that fall to 0 at their
    edges. ``nearest``: tiles are moved by whole pixels and never mixed; each pixel comes from the tile whose edge is
    farthest from it, with the value that the tile had.

    Parameters
    ----------
    read : callable
        Gives tile `number` as uint8 or uint16 of shape (rows, columns, 3), corrected.
    positions_px : array_like, shape (tiles, 2)
        (x, y) of each tile, in pixels; any origin.
    tile_shape : (int, int, ...)
        Rows and columns of the tiles.
    blend : {'feather', 'nearest'}
        As above.
    empty : int
        Value of pixels that no tile shows.
    budget_bytes : int
        As in `Shelf`.
    """

    def __init__(
        self,
        read: Callable[[int], Array],
        positions_px: ArrayLike,
        tile_shape: tuple[int, ...],
        *,
        blend: Blend = "feather",
        empty: int,
        budget_bytes: int = BUDGET_BYTES,
    ) -> None:
        positions = checked_positions(positions_px)
        positions = positions - np.floor(positions.min(axis=0))
        self._corners = np.rint(positions).astype(int)
        self._fractions = positions - self._corners if blend == "feather" else np.zeros_like(positions)
        self._rows, self._columns = tile_shape[:2]
        self._blend = blend
        self._empty = empty
        self._read = read
        self._budget_bytes = budget_bytes

    @cached_property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the whole."""
        right, bottom = self._corners.max(axis=0)
        return int(bottom) + self._rows, int(right) + self._columns

    def blocks(self, dtype: np.dtype[Any], side_px: int = TILE_PX) -> Iterator[Array]:
        """Yield squares of the whole row by row, smaller at its right and lower edge.

        Parameters
        ----------
        dtype : dtype
            Of the tiles.
        side_px : int
            Of the squares.
        """
        shelf = Shelf(self._moved, self._corners[:, 1].tolist(), budget_bytes=self._budget_bytes)
        for rows in _steps(self.shape[0], side_px):
            shelf.begin_band(rows.start)
            y = self._corners[:, 1]
            near = np.flatnonzero((y < rows.stop) & (y + self._rows > rows.start))
            for columns in _steps(self.shape[1], side_px):
                x = self._corners[near, 0]
                here = near[(x < columns.stop) & (x + self._columns > columns.start)]
                block = np.full((rows.stop - rows.start, columns.stop - columns.start, 3), self._empty, dtype)
                self._draw(block, [self._part(shelf, int(number), rows, columns) for number in here])
                yield block

    def _moved(self, number: int) -> Array:
        """Read a tile and move it by its fraction of a pixel."""
        tile = self._read(number)
        if tile.shape[:2] != (self._rows, self._columns):
            raise ImageError(
                f"tile {number} is {tile.shape[1]}×{tile.shape[0]} and the first {self._columns}×{self._rows}: give "
                "tiles of one size"
            )
        x, y = self._fractions[number]
        return moved_by_fraction(tile, float(x), float(y))

    def _part(self, shelf: Shelf, number: int, rows: slice, columns: slice) -> Part:
        x, y = (int(corner) for corner in self._corners[number])
        top, bottom = max(rows.start, y), min(rows.stop, y + self._rows)
        left, right = max(columns.start, x), min(columns.stop, x + self._columns)
        weights = _weights(self._rows, self._columns, self._blend)
        return Part(
            rows=slice(top - rows.start, bottom - rows.start),
            columns=slice(left - columns.start, right - columns.start),
            pixels=shelf.rows(number, top, bottom)[:, left - x : right - x],
            weights=weights[top - y : bottom - y, left - x : right - x],
        )

    def _draw(self, block: Array, parts: Sequence[Part]) -> None:
        """Fill a block piece by piece, each of which the same tiles cover: most of them one tile alone."""
        join = _average if self._blend == "feather" else _chosen
        for rows, columns in product(*(_pieces(parts, axis) for axis in ("rows", "columns"))):
            covering = [part.cut(rows, columns) for part in parts if part.covers(rows, columns)]
            if covering:
                block[rows, columns] = covering[0][0] if len(covering) == 1 else join(covering)


def _steps(length: int, step: int) -> list[slice]:
    return [slice(start, min(start + step, length)) for start in range(0, length, step)]


def _pieces(parts: Sequence[Part], axis: Literal["rows", "columns"]) -> list[slice]:
    """Cut an axis of the block wherever a tile begins or ends."""
    spans = [getattr(part, axis) for part in parts]
    edges = sorted({edge for span in spans for edge in (span.start, span.stop)})
    return [slice(first, last) for first, last in pairwise(edges)]


def _chosen(covering: Sequence[tuple[Array, NDArray[np.float32]]]) -> Array:
    (pixels, best), *others = covering
    chosen = pixels.copy()
    for other, weights in others:
        better = weights > best
        chosen[better] = other[better]
        best = np.maximum(best, weights)
    return chosen


def _average(covering: Sequence[tuple[Array, NDArray[np.float32]]]) -> Array:
    total = sum(weights for _, weights in covering)
    shares = [(pixels, (weights / total)[..., None]) for pixels, weights in covering]
    return np.asarray(np.rint(sum(pixels * share for pixels, share in shares)))


@lru_cache(maxsize=2)
def _weights(rows: int, columns: int, blend: Blend) -> NDArray[np.float32]:
    """Weight of each pixel of a tile: it grows with the distance from the edges, and is nowhere 0."""
    down, across = (np.minimum(ramp, ramp[::-1]) for ramp in (np.arange(length) + 0.5 for length in (rows, columns)))
    if blend == "nearest":
        return np.asarray(np.minimum(down[:, None], across[None, :]), dtype=np.float32)
    return np.asarray(np.outer(down, across), dtype=np.float32)
