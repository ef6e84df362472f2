"""What a specimen is: a pure function of position that gives, in each of its sheets, stain and optical path."""

from collections import OrderedDict
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.window import TILE_PX, Window

Image = NDArray[np.float32]

CACHED_TILES = 144
"""Tiles kept by `Slide`: 190 MB of five sheets with three stains, one camera field of the 40x lens."""


class Specimen(Protocol):
    """A section as thin sheets, unlimited in x and y, the same on every call and in every process.

    Each sheet stands for a slab of the section; all lenses are given the same sheets, so that what they show differs by
    optics alone.
    """

    @property
    def stains(self) -> tuple[str, ...]:
        """Names of the stains, keys of `stains.OPTICAL_DENSITY`."""
        ...

    @property
    def depths_um(self) -> tuple[float, ...]:
        """Depth of each sheet from mid-section, positive towards the slide."""
        ...

    def surface_um(self, x_um: float, y_um: float, /) -> float:
        """Z by which mid-section lies nearer to the slide than at the origin."""
        ...

    def tile(self, window: Window) -> Image:
        """Compute one tile.

        Parameters
        ----------
        window : Window
            A whole tile of its lattice.

        Returns
        -------
        ndarray of float32, shape (sheets, stains + 1, rows, columns)
            Amount of each stain in units of optical density, then optical path in µm.
        """
        ...


class Slide:
    """A specimen with the tiles that were last looked at.

    Parameters
    ----------
    specimen : Specimen
        What lies on the slide.
    """

    def __init__(self, specimen: Specimen) -> None:
        self.specimen = specimen
        self._tiles: OrderedDict[Window, Image] = OrderedDict()

    def render(self, window: Window) -> Image:
        """Return the sheets of a window of whole tiles, shape (sheets, stains + 1, rows, columns)."""
        sheets = np.empty(
            (len(self.specimen.depths_um), len(self.specimen.stains) + 1, window.rows, window.columns), np.float32
        )
        for tile in window.tiles():
            rows = slice(max(tile.row - window.row, 0), tile.row - window.row + TILE_PX)
            columns = slice(max(tile.column - window.column, 0), tile.column - window.column + TILE_PX)
            part = self._tile(tile)[:, :, max(window.row - tile.row, 0) :, max(window.column - tile.column, 0) :]
            target = sheets[:, :, rows, columns]
            target[...] = part[:, :, : target.shape[2], : target.shape[3]]
        return sheets

    def _tile(self, window: Window) -> Image:
        if window in self._tiles:
            self._tiles.move_to_end(window)
            return self._tiles[window]
        tile = self.specimen.tile(window)
        self._tiles[window] = tile
        if len(self._tiles) > CACHED_TILES:
            self._tiles.popitem(last=False)
        return tile
