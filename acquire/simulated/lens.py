"""What image formation needs to know of a lens, and where the pixels of a picture lie on the specimen."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.specimens.specimen import SPECIMEN_BAND
from acquire.simulated.specimens.window import Window
from calibration.affine import compose
from calibration.optics import REFRACTIVE_INDEX
from calibration.transfer import COLOURS_UM, Optics

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lens:
    """What image formation needs to know of an objective, its condenser and the cover glass.

    Parameters
    ----------
    na, condenser_na : float
        Numerical apertures.
    immersion_index : float
        Refractive index of what stands between lens and cover glass.
    cover_error_um : float
        By how much the cover glass is thicker than the objective is corrected for.
    """

    na: float
    condenser_na: float
    immersion_index: float = REFRACTIVE_INDEX["oil"]
    cover_error_um: float = 0.0

    def optics(self, colour: int) -> Optics:
        """Optics in one of the camera's colours, 0 for red."""
        return Optics(
            na=self.na,
            condenser_na=self.condenser_na,
            wavelength_um=COLOURS_UM[colour],
            immersion_index=self.immersion_index,
            cover_error_um=self.cover_error_um,
        )

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
    lateral : (float, float, float)
        How large a step between pixels is in red, green and blue, as a multiple of the matrix's: lateral colour.
    axis_px : (float, float)
        Column and row of the optical axis, where the colours meet; may lie outside the picture.
    """

    matrix: Matrix
    columns: int
    rows: int
    lateral: tuple[float, float, float] = (1.0, 1.0, 1.0)
    axis_px: tuple[float, float] = (0.0, 0.0)

    def part(self, column: int, row: int, columns: int, rows: int) -> "Grid":
        """Return the grid of a rectangle of the picture."""
        moved = compose(self.matrix, [[1, 0, column], [0, 1, row]])
        axis_px = self.axis_px[0] - column, self.axis_px[1] - row
        return replace(self, matrix=moved, columns=columns, rows=rows, axis_px=axis_px)

    def of_colour(self, colour: int) -> Matrix:
        """Return the matrix that holds in one colour, 0 for red."""
        scale, (column, row) = self.lateral[colour], self.axis_px
        return compose(self.matrix, [[scale, 0, (1 - scale) * column], [0, scale, (1 - scale) * row]])

    def point_um(self, column: float, row: float) -> tuple[float, float]:
        """Return x and y on the specimen of one pixel, in green."""
        x, y = self.matrix @ [column, row, 1]
        return float(x), float(y)

    def points_um(self) -> tuple[Matrix, Matrix]:
        """Return x and y on the specimen of every pixel, each of shape (rows, columns)."""
        column, row = np.arange(self.columns), np.arange(self.rows)[:, None]
        (xx, xy, x), (yx, yy, y) = self.matrix
        return xx * column + xy * row + x, yx * column + yy * row + y

    def window(self, pitch_um: float) -> Window:
        """Return the smallest lattice window that holds all pixel centres."""
        corners = np.array([[x, y, 1] for x in (0, self.columns - 1) for y in (0, self.rows - 1)]) @ self.matrix.T
        low = np.floor(corners.min(axis=0) / pitch_um).astype(int)
        high = np.ceil(corners.max(axis=0) / pitch_um).astype(int)
        columns, rows = high - low + 1
        return Window(column=int(low[0]), row=int(low[1]), columns=int(columns), rows=int(rows), pitch_um=pitch_um)
