"""What image formation needs to know of a lens, and where the pixels of a picture lie on the specimen."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.window import Window
from calibration.affine import compose
from calibration.transfer import COLOURS_UM, Optics

Matrix = NDArray[np.float64]

SPECIMEN_BAND = 7.5
"""Cycles per µm beyond which no specimen may hold contrast.

What a lens's pitch folds back from below it misses the passband: 4e-4 rms against a pitch of 20 nm.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lens:
    """What image formation needs to know of an objective and its condenser: their numerical apertures."""

    na: float
    condenser_na: float

    def optics(self, colour: int) -> Optics:
        """Optics in one of the camera's colours, 0 for red."""
        return Optics(na=self.na, condenser_na=self.condenser_na, wavelength_um=COLOURS_UM[colour])

    @property
    def cutoff(self) -> float:
        """Highest frequency passed in any colour, in cycles per µm."""
        return max(self.optics(colour).cutoff for colour in range(len(COLOURS_UM)))

    @property
    def pitch_um(self) -> float:
        """Coarsest pitch at which the specimen may be computed for this lens, in whole nm."""
        return float(np.floor(1000 / (SPECIMEN_BAND + self.cutoff)) / 1000)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Grid:
    """Where the pixels of a picture lie on the specimen.

    Parameters
    ----------
    matrix : ndarray, shape (2, 3)
        From (column, row) of pixel centres to (x, y) on the specimen in µm. A pixel is as wide as its neighbour is far.
    columns, rows : int
        Size of the picture.
    """

    matrix: Matrix
    columns: int
    rows: int

    def part(self, column: int, row: int, columns: int, rows: int) -> "Grid":
        """Return the grid of a rectangle of the picture."""
        moved = compose(self.matrix, [[1, 0, column], [0, 1, row]])
        return Grid(matrix=moved, columns=columns, rows=rows)

    def window(self, pitch_um: float) -> Window:
        """Return the smallest lattice window that holds all pixel centres."""
        corners = np.array([[x, y, 1] for x in (0, self.columns - 1) for y in (0, self.rows - 1)]) @ self.matrix.T
        low = np.floor(corners.min(axis=0) / pitch_um).astype(int)
        high = np.ceil(corners.max(axis=0) / pitch_um).astype(int)
        columns, rows = high - low + 1
        return Window(column=int(low[0]), row=int(low[1]), columns=int(columns), rows=int(rows), pitch_um=pitch_um)
