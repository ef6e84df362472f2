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


def shifting(x: float, y: float) -> Matrix:
    """Return the map that adds (x, y)."""
    return np.array([[1.0, 0.0, x], [0.0, 1.0, y]])


def covered_bounds(matrix: ArrayLike, shape: tuple[int, ...]) -> tuple[float, float, float, float]:
    """Bounds of the upright rectangle that a picture fills when it is drawn through `matrix`.

    The outer edges of the picture are mapped, not its pixel centres. For turns of a few degrees from any upright
    position the rectangle is the largest one; it is empty (left > right) when the picture is too narrow for its turn.

    Parameters
    ----------
    matrix : array_like, shape (2, 3)
        From pixel points of the picture to those of the target.
    shape : (int, int, ...)
        Rows and columns of the picture.

    Returns
    -------
    left, top, right, bottom : float
        In pixel points of the target.
    """
    rows, columns = shape[:2]
    corners = np.array([[x, y] for x in (-0.5, columns - 0.5) for y in (-0.5, rows - 0.5)])
    drawn = np.sort(apply(matrix, corners), axis=0)
    return float(drawn[1, 0]), float(drawn[1, 1]), float(drawn[2, 0]), float(drawn[2, 1])


def rms_difference(one: ArrayLike, other: ArrayLike, *, width: int, height: int) -> float:
    """Root mean square distance of two maps over a width × height grid of points, in the unit of their result."""
    x, y = np.meshgrid(np.linspace(0, width - 1, 11), np.linspace(0, height - 1, 11))
    points = np.stack([x, y], axis=-1)
    gap = apply(one, points) - apply(other, points)
    return float(np.sqrt(np.mean(np.sum(gap**2, axis=-1))))


def _square(matrix: ArrayLike) -> Matrix:
    return np.vstack([np.asarray(matrix, dtype=np.float64), [0.0, 0.0, 1.0]])
