"""A smooth field of displacements that an affine transform leaves: measured block by block, fitted, and drawn.

References
----------
P. H. C. Eilers and B. D. Marx, Flexible smoothing with B-splines and penalties, Statistical Science 11, 89 (1996).
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import BSpline

from calibration.blocks import Residual
from calibration.errors import MeasurementError

DEGREE = 3
KNOT_PX = 40.0
"""Distance of the spline's knots: a little less than a block, which can tell nothing finer."""
MOST_CELLS = 16
SMOOTHNESS = 0.02
"""Weight of squared second differences of the coefficients against that of squared misfits."""
FEWEST_BLOCKS = 12
"""Below this a smooth field follows single blocks."""

Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Distortion:
    """Displacements on the grid of HIGH brought down to LOW's pixels.

    What the affine transform puts at M(u) truly lies at M(u + d(u)).

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of that grid.
    coefficients : ndarray, shape (n, m, 2)
        Of a tensor product of cubic B-splines along y and x, displacements (x, y) in LOW pixels.
    """

    shape: tuple[int, int]
    coefficients: NDArray[np.float64]

    @classmethod
    def none(cls, shape: tuple[int, int]) -> Self:
        """Return the field that moves nothing on a grid of `shape`."""
        cells = [_cells(side) + DEGREE for side in shape]
        return cls(shape=shape, coefficients=np.zeros((*cells, 2)))

    def corrected(self, residual: Residual) -> Self:
        """Add what was measured under this field.

        Parameters
        ----------
        residual : Residual
            Displacements that remain, centres in pixels of the grid.

        Raises
        ------
        MeasurementError
            When there are too few textured blocks.
        """
        count = len(residual.shifts_px)
        if count < FEWEST_BLOCKS:
            raise MeasurementError(
                f"{count} blocks have structure to measure a distortion by and {FEWEST_BLOCKS} are needed: use larger "
                "pictures or a place with more tissue, or register without distortion"
            )
        down, across = (self.basis(axis, residual.centres_px[:, 1 - axis]) for axis in (0, 1))
        design = np.einsum("ki,kj->kij", down, across).reshape(count, -1)
        normal = design.T @ design + SMOOTHNESS * self.penalty() + 1e-9 * np.eye(design.shape[1])
        solution = np.linalg.solve(normal, design.T @ residual.shifts_px)
        return type(self)(shape=self.shape, coefficients=self.coefficients + solution.reshape(self.coefficients.shape))

    def at(self, x: ArrayLike, y: ArrayLike) -> tuple[Points, Points]:
        """Displacement at every crossing of columns `x` and rows `y`; at the edge's value beyond the grid.

        Parameters
        ----------
        x, y : array_like, shapes (n,) and (m,)
            Pixel points of the grid, ascending or not.

        Returns
        -------
        dx, dy : ndarray, shape (m, n)
            In LOW pixels.
        """
        down, across = self.basis(0, y), self.basis(1, x)
        dx, dy = (down @ self.coefficients[..., axis] @ across.T for axis in (0, 1))
        return np.asarray(dx), np.asarray(dy)

    @property
    def largest_px(self) -> float:
        """Largest displacement over the grid, in LOW pixels."""
        return float(np.hypot(*self.at(np.arange(self.shape[1]), np.arange(self.shape[0]))).max())

    def basis(self, axis: int, points: ArrayLike) -> NDArray[np.float64]:
        """Values of the splines along an axis (0 is y), shape (points, splines)."""
        side, cells = self.shape[axis], _cells(self.shape[axis])
        knots = (np.arange(-DEGREE, cells + DEGREE + 1)) * (side / cells) - 0.5
        inside = np.clip(np.asarray(points, dtype=np.float64), -0.5, side - 0.5 - 1e-9)
        return np.asarray(BSpline.design_matrix(inside, knots, DEGREE).toarray())

    def penalty(self) -> NDArray[np.float64]:
        """Squared second differences along y and along x."""
        rows, columns = self.coefficients.shape[:2]
        down, across = (np.diff(np.eye(count), n=2, axis=0) for count in (rows, columns))
        return np.kron(down.T @ down, np.eye(columns)) + np.kron(np.eye(rows), across.T @ across)


def _cells(side: int) -> int:
    return int(np.clip(round(side / KNOT_PX), 1, MOST_CELLS))
