"""Affine maps of the plane as 2×3 matrices on (x, y) points; pixel points are (column, row) of pixel centres."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Matrix = NDArray[np.float64]


def compose(second: ArrayLike, first: ArrayLike) -> Matrix:
    """Return the 2×3 map that applies `first`, then `second`."""
    return (_square(second) @ _square(first))[:2]


def invert(matrix: ArrayLike) -> Matrix:
    """Return the 2×3 map that undoes `matrix`."""
    return np.asarray(np.linalg.inv(_square(matrix))[:2])


def apply(matrix: ArrayLike, points: ArrayLike) -> Matrix:
    """Map points of shape (..., 2) given as (x, y)."""
    m = np.asarray(matrix, dtype=np.float64)
    return np.asarray(np.asarray(points, dtype=np.float64) @ m[:, :2].T + m[:, 2])


def scaling(factor: float) -> Matrix:
    """Return the map from pixel centres of a grid `factor` times finer to those of the coarse grid.

    ``x_coarse = (x_fine + 0.5) / factor - 0.5``: the two grids share their outer edges, not their first centres.
    """
    shift = 0.5 / factor - 0.5
    return np.array([[1 / factor, 0, shift], [0, 1 / factor, shift]])


def rms_difference(one: ArrayLike, other: ArrayLike, *, width: int, height: int) -> float:
    """Root mean square distance of two maps over a width × height grid of points, in the unit of their result."""
    x, y = np.meshgrid(np.linspace(0, width - 1, 11), np.linspace(0, height - 1, 11))
    points = np.stack([x, y], axis=-1)
    gap = apply(one, points) - apply(other, points)
    return float(np.sqrt(np.mean(np.sum(gap**2, axis=-1))))


def _square(matrix: ArrayLike) -> Matrix:
    return np.vstack([np.asarray(matrix, dtype=np.float64), [0.0, 0.0, 1.0]])
