"""Windows and tiles: rectangles of the one pixel lattice that each pitch lays over the whole slide."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TILE_PX = 256
"""Side of a tile. All specimens are computed in whole tiles, so that a pixel never depends on who asks for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A rectangle of the lattice whose pixel (column, row) lies at (column, row) × pitch_um on the slide.

    Parameters
    ----------
    column, row : int
        First pixel; of either sign, the slide has no end.
    columns, rows : int
        Size in pixels.
    pitch_um : float
        Distance of neighbouring pixels.
    """

    column: int
    row: int
    columns: int
    rows: int
    pitch_um: float

    @property
    def x_um(self) -> NDArray[np.float64]:
        """Position of each column."""
        return np.asarray((self.column + np.arange(self.columns)) * self.pitch_um, np.float64)

    @property
    def y_um(self) -> NDArray[np.float64]:
        """Position of each row."""
        return np.asarray((self.row + np.arange(self.rows)) * self.pitch_um, np.float64)

    def grown(self, margin_um: float) -> "Window":
        """Return the window with at least `margin_um` more on every side, in whole pixels."""
        extra = int(np.ceil(margin_um / self.pitch_um))
        return Window(
            column=self.column - extra,
            row=self.row - extra,
            columns=self.columns + 2 * extra,
            rows=self.rows + 2 * extra,
            pitch_um=self.pitch_um,
        )

    def resampled(self, pitch_um: float) -> "Window":
        """Return the smallest window of another pitch that covers this one."""
        first_x, last_x = _cover(self.column, self.columns, self.pitch_um / pitch_um)
        first_y, last_y = _cover(self.row, self.rows, self.pitch_um / pitch_um)
        return Window(
            column=first_x, row=first_y, columns=last_x - first_x + 1, rows=last_y - first_y + 1, pitch_um=pitch_um
        )

    def snapped(self, step_px: int) -> "Window":
        """Return the smallest window that covers this one and begins and ends at multiples of a number of pixels."""
        first_x, last_x = self.column // step_px, (self.column + self.columns - 1) // step_px
        first_y, last_y = self.row // step_px, (self.row + self.rows - 1) // step_px
        return Window(
            column=first_x * step_px,
            row=first_y * step_px,
            columns=(last_x - first_x + 1) * step_px,
            rows=(last_y - first_y + 1) * step_px,
            pitch_um=self.pitch_um,
        )

    def whole_tiles(self) -> "Window":
        """Return the smallest window of whole tiles that covers this one."""
        return self.snapped(TILE_PX)

    def tiles(self) -> Iterator["Window"]:
        """Yield the tiles of the smallest window of whole tiles that covers this one, row by row."""
        whole = self.whole_tiles()
        for row in range(whole.row, whole.row + whole.rows, TILE_PX):
            for column in range(whole.column, whole.column + whole.columns, TILE_PX):
                yield Window(column=column, row=row, columns=TILE_PX, rows=TILE_PX, pitch_um=self.pitch_um)


def _cover(first: int, count: int, ratio: float) -> tuple[int, int]:
    return int(np.floor(first * ratio)), int(np.ceil((first + count - 1) * ratio))
