"""Exact tiling: a picture of any size through a network in pieces that give what the whole would have given.

An output pixel depends on a few input pixels around it. Each tile is read with at least that many on every side, starts
where the stride of the network would have started, and only its inner part is kept.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from enhance.architecture import Architecture

Array = NDArray[Any]
Run = Callable[[Array], Array]
"""From a piece (rows, columns, 3) to its enlargement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One piece along one axis, in pixels of the input: what is kept, and what is read for it.

    What is read may lie outside the picture, where it is mirrored.
    """

    start: int
    stop: int
    read_start: int
    read_stop: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiling:
    """How a picture is cut.

    Parameters
    ----------
    scale : Fraction
        Output pixels per input pixel.
    step : int
        Tiles start at multiples of it, so that the strides fall as in the whole.
    halo_px : int
        Input pixels read around a tile, a multiple of `step`.
    largest_px : int
        Longest side of a tile without its halo.
    mirrored : bool
        Whether the picture goes on beyond its edge as its mirror image; otherwise tiles end there.
    """

    scale: Fraction
    step: int
    halo_px: int
    largest_px: int
    mirrored: bool

    def spans(self, length_px: int) -> tuple[Span, ...]:
        """Cut an axis into even pieces: fixed windows would waste up to half of the work on what they overlap.

        Parameters
        ----------
        length_px : int
            At least 1.

        Returns
        -------
        tuple of Span
            They follow each other without gap from 0 to `length_px`.
        """
        pieces = -(-length_px // self.largest_px)
        side = self._stepped(-(-length_px // pieces))
        return tuple(self._span(start, min(start + side, length_px), length_px) for start in range(0, length_px, side))

    def _span(self, start: int, stop: int, length_px: int) -> Span:
        before = start - self.halo_px
        if not self.mirrored:
            return Span(
                start=start, stop=stop, read_start=max(0, before), read_stop=min(stop + self.halo_px, length_px)
            )
        size = self._stepped(stop + self.halo_px - before)
        return Span(start=start, stop=stop, read_start=before, read_stop=before + size)

    def _stepped(self, length_px: int) -> int:
        return -(-length_px // self.step) * self.step


def tiling_of(architecture: Architecture, *, passes: int = 1, grow: bool = False, largest_px: int) -> Tiling:
    """Cut for one pass of a network, or for two in a row.

    The halo of two passes is that of the second, brought to the pixels of the input, plus that of the first.

    Parameters
    ----------
    architecture : Architecture
        Of the network.
    passes : {1, 2}
        How often it is applied.
    grow : bool
        Whether two passes enlarge twice.
    largest_px : int
        Longest side of a tile without its halo; at least one step is taken.
    """
    p, q = architecture.ratio
    step = q**passes
    context = architecture.context_px
    needed = context if passes == 1 else context + -(-context * q // p)
    return Tiling(
        scale=Fraction(p, q) ** (passes if grow else 1),
        step=step,
        halo_px=-(-needed // step) * step,
        largest_px=max(step, largest_px // step * step),
        mirrored=architecture.padding == "reflect",
    )


def run_tiled(picture: Array, run: Run, out: Array, tiling: Tiling) -> None:
    """Fill `out` with what `run` makes of `picture`, tile by tile.

    Parameters
    ----------
    picture : ndarray, shape (rows, columns, 3)
        Whole input.
    run : callable
        From a piece (rows, columns, 3) to its enlargement in the dtype of `out`.
    out : ndarray, shape (enlarged rows, enlarged columns, 3)
        Filled here.
    tiling : Tiling
        How to cut.
    """
    for rows, columns in _tiles(picture, tiling):
        piece = run(_read(picture, rows, columns))
        to_rows, from_rows = _places(rows, picture.shape[0], out.shape[0], tiling.scale)
        to_columns, from_columns = _places(columns, picture.shape[1], out.shape[1], tiling.scale)
        out[to_rows, to_columns] = piece[from_rows, from_columns]


def mirrored(first: int, last: int, length_px: int) -> NDArray[np.intp]:
    """Return the pixels of an axis that stand at `first` to `last` − 1 when it goes on as its mirror image."""
    if length_px == 1:
        return np.zeros(last - first, dtype=np.intp)
    period = 2 * (length_px - 1)
    folded = np.arange(first, last) % period
    return np.asarray(np.minimum(folded, period - folded), dtype=np.intp)


def _tiles(picture: Array, tiling: Tiling) -> Iterator[tuple[Span, Span]]:
    for rows in tiling.spans(picture.shape[0]):
        for columns in tiling.spans(picture.shape[1]):
            yield rows, columns


def _read(picture: Array, rows: Span, columns: Span) -> Array:
    row = mirrored(rows.read_start, rows.read_stop, picture.shape[0])
    column = mirrored(columns.read_start, columns.read_stop, picture.shape[1])
    return picture[row[:, None], column[None, :]]


def _places(span: Span, length_px: int, out_px: int, scale: Fraction) -> tuple[slice, slice]:
    """Where a piece goes in the output, and which part of it."""
    start = int(span.start * scale)
    stop = out_px if span.stop == length_px else int(span.stop * scale)
    skipped = int((span.start - span.read_start) * scale)
    return slice(start, stop), slice(skipped, skipped + stop - start)
