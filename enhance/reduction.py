"""The smaller levels of a picture pyramid, built while the largest streams by, and kept compressed beside the file."""

import tempfile
import zlib
from collections.abc import Iterator
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

TILE_PX = 512
"""Side of the squares in which every level is stored; QuPath reads 256 to 1024 equally well."""

HALF_PX = TILE_PX // 2
DEFLATE_LEVEL = 1
"""Of zlib: after differencing, level 6 makes noisy pictures 2 % smaller in three times the time."""


class Reduction:
    """One level of a pyramid and, through `next`, all smaller ones.

    Its pixels arrive as halved tiles of the level above, row by row; one row of its own tiles is held in memory.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of this level.
    dtype : dtype
        Of its pixels.
    folder : Path
        Where the compressed tiles wait, in a file without a name.
    pool : Executor
        Compresses.
    """

    def __init__(self, shape: tuple[int, int], dtype: np.dtype[Any], folder: Path, pool: Executor) -> None:
        self.shape = shape
        across = -(-shape[1] // TILE_PX)
        self._band = np.zeros((TILE_PX, across * TILE_PX, 3), dtype)
        self._top = self._rows = 0
        self._pool = pool
        self._sizes: list[int] = []
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  closed by close()
        self.next = Reduction(halved_shape(shape), dtype, folder, pool) if max(shape) > TILE_PX else None

    def take(self, column: int, tile: Array) -> None:
        """Take one full tile of the level above, the `column`-th of its row."""
        left = column * HALF_PX
        self._band[self._rows : self._rows + HALF_PX, left : left + HALF_PX] = halved(tile)

    def end_row(self) -> None:
        """Take note that a row of tiles of the level above is complete."""
        self._rows += HALF_PX
        if self._rows == TILE_PX:
            self._store()

    def finish(self) -> None:
        """Store what is left, here and below."""
        if self._rows:
            self._store()
        if self.next is not None:
            self.next.finish()

    def close(self) -> None:
        """Give the disk space back, here and below."""
        self._file.close()
        if self.next is not None:
            self.next.close()

    def levels(self) -> Iterator["Reduction"]:
        """Yield this level and all smaller ones, largest first."""
        yield self
        if self.next is not None:
            yield from self.next.levels()

    def tiles(self) -> Iterator[bytes]:
        """Compressed tiles in the order of the file, once it is finished."""
        self._file.seek(0)
        for size in self._sizes:
            yield self._file.read(size)

    def _store(self) -> None:
        band, columns = self._band, self.shape[1]
        rows = min(self.shape[0] - self._top, TILE_PX)
        band[rows:] = band[rows - 1]  # beyond its edge the level goes on as its last pixels
        band[:, columns:] = band[:, columns - 1 : columns]
        tiles = [band[:, left : left + TILE_PX] for left in range(0, band.shape[1], TILE_PX)]
        for packed in self._pool.map(compressed, tiles):
            self._sizes.append(self._file.write(packed))
        if self.next is not None:
            for column, tile in enumerate(tiles):
                self.next.take(column, tile)
            self.next.end_row()
        self._top, self._rows = self._top + TILE_PX, 0


def halved(tile: Array) -> Array:
    """Average 2×2 pixels of a tile with even sides."""
    rows, columns = tile.shape[:2]
    return np.asarray(cv2.resize(tile, (columns // 2, rows // 2), interpolation=cv2.INTER_AREA))


def halved_shape(shape: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of the next smaller level; a last odd pixel counts as two."""
    return -(-shape[0] // 2), -(-shape[1] // 2)


def compressed(tile: Array) -> bytes:
    """Compress a tile without loss: differences along its rows (TIFF's predictor 2), then Deflate."""
    differences = tile.copy()
    differences[:, 1:] -= tile[:, :-1]
    return zlib.compress(differences.tobytes(), DEFLATE_LEVEL)
