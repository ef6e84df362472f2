"""How a picture is cut for fusion: pieces that give, each with enough around it, what the whole would have given."""

from dataclasses import dataclass

SCALES = 5
"""Scales of the wavelet transform; on simulated sheets 3 cost 1.5 dB and 7 gain nothing."""
STEP_PX = 2**SCALES
"""Pieces start at multiples of it, so that each pixel pair is the same as in the whole."""
HALO_PX = 6 * STEP_PX
"""Read around a piece. In steps, a pixel depends on coefficients of the coarsest scale up to 2 ahead, these on samples
up to 3 ahead, and pooled energy looks at one coefficient more; backwards it is 2 + 2 + 1."""
CORE_PX = 768
"""Longest side of a piece without its halo."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a picture: what is kept of it, and what is read for that, as (rows, columns)."""

    kept: tuple[slice, slice]
    read: tuple[slice, slice]

    @property
    def inner(self) -> tuple[slice, slice]:
        """What is kept, within what is read."""
        rows, columns = (
            slice(kept.start - read.start, kept.stop - read.start)
            for kept, read in zip(self.kept, self.read, strict=True)
        )
        return rows, columns


def cut(rows: int, columns: int, *, core_px: int = CORE_PX) -> list[Piece]:
    """Cut a picture into even pieces.

    Parameters
    ----------
    rows, columns : int
        Size of the picture.
    core_px : int
        Longest side of a piece without its halo; rounded up to whole steps.

    Returns
    -------
    list of Piece
        What they keep covers the picture once.
    """
    down, across = _spans(rows, core_px), _spans(columns, core_px)
    return [
        Piece(kept=(row, column), read=(_grown(row, rows), _grown(column, columns)))
        for row in down
        for column in across
    ]


def _spans(length: int, core_px: int) -> list[slice]:
    count = -(-length // core_px)
    side = -(-length // (count * STEP_PX)) * STEP_PX
    return [slice(start, min(start + side, length)) for start in range(0, length, side)]


def _grown(span: slice, length: int) -> slice:
    return slice(max(0, span.start - HALO_PX), min(length, span.stop + HALO_PX))
