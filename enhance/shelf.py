"""Tiles in memory while a mosaic is drawn from the top down: each read once where they fit, and never more than fit."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]

BUDGET_BYTES = 500_000_000
"""A row of 100 tiles of 1024² in 8-bit colour, and what the row above still has to give, need 460 MB."""

AT_HAND = 6
"""Tiles last used that stay whatever the budget: more hardly meet in one block."""


class Shelf:
    """Rows of tiles of one size, by the number of the tile.

    Parameters
    ----------
    read : callable
        Gives tile `number`, shape (rows, columns, 3).
    tops : sequence of int
        Row of the mosaic at which each tile begins.
    budget_bytes : int
        What the tiles kept may take, besides those at hand; tiles that do not fit are read again for each band.
    """

    def __init__(self, read: Callable[[int], Array], tops: Sequence[int], *, budget_bytes: int = BUDGET_BYTES) -> None:
        self._read = read
        self._tops = tops
        self._budget_bytes = budget_bytes
        self._line = 0
        self._kept: dict[int, Array] = {}
        self._kept_bytes = 0
        self._at_hand: OrderedDict[int, Array] = OrderedDict()
        self._height = 0

    def begin_band(self, row: int) -> None:
        """Drop what lies above this row of the mosaic: it is not asked for any more."""
        self._line = row
        self._at_hand.clear()
        for number in list(self._kept):
            lines = self._below(number, self._kept.pop(number))
            if len(lines):
                self._kept[number] = lines
        self._kept_bytes = sum(lines.nbytes for lines in self._kept.values())

    def rows(self, number: int, first: int, last: int) -> Array:
        """Return rows `first` to `last` − 1 of the mosaic out of tile `number`, which must cover them."""
        lines = self._kept[number] if number in self._kept else self._fetched(number)
        above = self._tops[number] + self._height - len(lines)
        return lines[first - above : last - above]

    def _fetched(self, number: int) -> Array:
        if number in self._at_hand:
            self._at_hand.move_to_end(number)
            return self._at_hand[number]
        whole = self._read(number)
        self._height = len(whole)
        lines = self._below(number, whole)
        if self._kept_bytes + lines.nbytes <= self._budget_bytes:
            self._kept[number] = lines
            self._kept_bytes += lines.nbytes
            return lines
        self._at_hand[number] = lines
        if len(self._at_hand) > AT_HAND:
            self._at_hand.popitem(last=False)
        return lines

    def _below(self, number: int, lines: Array) -> Array:
        """Cut off what lies above the line, as a copy that does not hold the rest in memory."""
        above = self._line - (self._tops[number] + self._height - len(lines))
        return lines[above:].copy() if above > 0 else lines
