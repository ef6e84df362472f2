"""What a specimen is: a pure function of position that gives, in each of its sheets, stain and optical path."""

import os
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.specimens.window import TILE_PX, Window

Image = NDArray[np.float32]
Coordinates = NDArray[np.float64]

Fidelity = Literal["log", "product"]
"""How a specimen is imaged: see `acquire.simulated.imaging`."""

SPECIMEN_BAND = 7.5
"""Cycles per µm beyond which no specimen may hold contrast.

What a lens's pitch folds back from below it misses the passband: 4e-4 rms against a pitch of 20 nm.
"""

FADE = 3 / 8
"""Share of the distance between sheets over which each fades to nothing on either side.

With infinitely thin sheets 0.8 µm apart the sharpness of a 100x/1.4 has a tooth of ± 12 % at each of them; with this
± 6 %. More (1 is a section that is continuous in depth) averages the finest texture away, which differs from sheet to
sheet: the 100x then shows hardly more than the 40x.
"""

CACHED_TILES = 36
"""Tiles kept by `Slide`: 190 MB of five sheets with three stains, one camera field of the 40x lens."""

THREADS = min(4, os.cpu_count() or 1)
"""Tiles computed at a time; numpy lets other threads run while it works on one."""


class Specimen(Protocol):
    """A section in sheets, unlimited in x and y, the same on every call and in every process.

    Each sheet stands for a slab of the section whose content fades linearly to nothing over `FADE` of the way to its
    neighbours. All lenses are given the same sheets: what they show differs by optics alone.
    """

    @property
    def absorbance(self) -> Image:
        """Napierian absorbance of one unit of each stain in red, green and blue, shape (stains, 3)."""
        ...

    @property
    def depths_um(self) -> tuple[float, ...]:
        """Depth of each sheet from mid-section, equally spaced, ascending: positive towards the slide."""
        ...

    @property
    def fidelity(self) -> Fidelity:
        """How it is imaged unless the rig file says otherwise: ``log`` for tissue, ``product`` for opaque targets."""
        ...

    def surface_um(self, x_um: Coordinates, y_um: Coordinates, /) -> Coordinates:
        """Z by which mid-section lies nearer to the slide than at the origin; of arrays that broadcast."""
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
        self._lock = Lock()

    def render(self, window: Window) -> Image:
        """Return the sheets of a window, shape (sheets, stains + 1, rows, columns)."""
        sheets = np.empty(
            (len(self.specimen.depths_um), len(self.specimen.absorbance) + 1, window.rows, window.columns), np.float32
        )
        with ThreadPoolExecutor(THREADS) as threads:
            for tile, amounts in zip(window.tiles(), threads.map(self._tile, window.tiles()), strict=True):
                rows = slice(max(tile.row - window.row, 0), tile.row - window.row + TILE_PX)
                columns = slice(max(tile.column - window.column, 0), tile.column - window.column + TILE_PX)
                part = amounts[:, :, max(window.row - tile.row, 0) :, max(window.column - tile.column, 0) :]
                target = sheets[:, :, rows, columns]
                target[...] = part[:, :, : target.shape[2], : target.shape[3]]
        return sheets

    def _tile(self, window: Window) -> Image:
        with self._lock:
            if window in self._tiles:
                self._tiles.move_to_end(window)
                return self._tiles[window]
        tile = self.specimen.tile(window)
        with self._lock:
            self._tiles[window] = tile
            while len(self._tiles) > CACHED_TILES:
                self._tiles.popitem(last=False)
        return tile
