"""Places rich in texture, drawn more often: a crop of empty glass teaches a network nothing but noise."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8] | NDArray[np.float32]


class TexturedPlaces:
    """Draws crops with a chance in proportion to how much a picture varies there.

    Parameters
    ----------
    pictures : iterable of ndarray of uint8 or float32, shape (rows, columns, 3)
        Low-resolution pictures, each at least one crop large.
    side_px : int
        Side of a crop.
    step_px : int
        Crops begin at multiples of it.
    """

    def __init__(self, pictures: Iterable[Pixels], *, side_px: int, step_px: int) -> None:
        self._side, self._step = side_px, step_px
        seen = [(picture.shape[:2], cell_deviation(picture, side_px)) for picture in pictures]
        self._sizes = [size for size, _ in seen]
        maps = [each for _, each in seen]
        self._cells = [(number, *cell) for number, each in enumerate(maps) for cell in np.ndindex(each.shape)]
        deviations = np.concatenate([each.ravel() for each in maps])
        deviations = deviations if deviations.any() else np.ones_like(deviations)
        self._chances = deviations / deviations.sum()

    def draw(self, rng: np.random.Generator) -> tuple[int, int, int]:
        """Return the number of a picture, and the row and column at which a crop of it begins: about a drawn cell."""
        number, *cell = self._cells[int(rng.choice(len(self._cells), p=self._chances))]
        row, column = (self._about(place, length, rng) for place, length in zip(cell, self._sizes[number], strict=True))
        return number, row, column

    def _about(self, place: int, length_px: int, rng: np.random.Generator) -> int:
        """Begin up to half a side before or after a cell, or the end after the last: every place can be reached."""
        last = (length_px - self._side) // self._step
        half = self._side // (2 * self._step)
        middle = place * self._side // self._step
        beyond = last if place == length_px // self._side - 1 else middle + half
        return self._step * int(np.clip(rng.integers(middle - half, max(beyond, middle + half) + 1), 0, last))


def cell_deviation(picture: Pixels, side_px: int) -> NDArray[np.float64]:
    """Return the standard deviation within each whole cell of `side_px`, the mean over the colours.

    Parameters
    ----------
    picture : ndarray of uint8 or float32, shape (rows, columns, 3)
        At least one cell large.
    side_px : int
        Side of a cell.

    Returns
    -------
    ndarray, shape (rows // side_px, columns // side_px)
        In grey levels.
    """
    rows, columns = (length // side_px for length in picture.shape[:2])
    whole = picture[: rows * side_px, : columns * side_px].astype(np.float32)
    cells = whole.reshape(rows, side_px, columns, side_px, 3)
    return np.asarray(cells.std(axis=(1, 3), dtype=np.float64).mean(axis=-1))
