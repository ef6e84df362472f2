"""LOW drawn on the grid of HIGH brought down, so that the two can be compared pixel by pixel."""

from typing import NamedTuple

import cv2
import numpy as np

from calibration.affine import Matrix
from calibration.align import common_part
from calibration.bandwidth import Plane
from calibration.blocks import Residual, measure_blocks
from calibration.comparable import Comparable
from calibration.distortion import Distortion

EDGE_PX = 12
"""Left out at the edges: two sigma of the high-pass."""


class Overlay(NamedTuple):
    """Fine structure of HIGH and of LOW on one grid, and the (x, y) of its first pixel in HIGH brought down."""

    high: Plane
    low: Plane
    origin: tuple[int, int]

    def residual(self, noise: float) -> Residual:
        """Displacements of LOW's blocks against HIGH's, centres in pixels of HIGH brought down."""
        found = measure_blocks(self.high, self.low, noise=noise)
        return found.moved(self.origin)


def overlay(pair: Comparable, matrix: Matrix, distortion: Distortion | None = None) -> Overlay:
    """Draw LOW's fine structure where HIGH's lies.

    Parameters
    ----------
    pair : Comparable
        The pictures.
    matrix : ndarray, shape (2, 3)
        From pixel points of `pair.small` to those of `pair.large`.
    distortion : Distortion, optional
        To be undone besides.

    Raises
    ------
    MeasurementError
        When they have too little in common.
    """
    rows, columns = shared_part(pair, matrix, edge_px=EDGE_PX)
    low = drawn(pair.fine_large, matrix, distortion, rows=rows, columns=columns)
    return Overlay(np.ascontiguousarray(pair.fine_small[rows, columns]), low, (columns.start, rows.start))


def shared_part(pair: Comparable, matrix: Matrix, *, edge_px: int) -> tuple[slice, slice]:
    """Rows and columns of HIGH brought down that LOW shows too, as in `calibration.align.common_part`."""
    return common_part(pair.small.shape, pair.large.shape, matrix, edge_px=edge_px)


def drawn(large: Plane, matrix: Matrix, distortion: Distortion | None, *, rows: slice, columns: slice) -> Plane:
    """Draw LOW at some rows and columns of HIGH brought down.

    Parameters
    ----------
    large : ndarray of float32, shape (rows, columns)
        LOW, or its fine structure.
    matrix, distortion
        As in `overlay`.
    rows, columns : slice
        Of HIGH brought down.

    Returns
    -------
    ndarray of float32
        Linear between LOW's pixels: OpenCV's cubic kernel displaces by up to 0.04 px itself.
    """
    if distortion is None:
        inner = np.column_stack([matrix[:, :2], matrix @ [columns.start, rows.start, 1]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        size = columns.stop - columns.start, rows.stop - rows.start
        return np.asarray(cv2.warpAffine(large, inner, size, flags=flags), dtype=np.float32)
    x, y = np.arange(columns.start, columns.stop), np.arange(rows.start, rows.stop)
    dx, dy = distortion.at(x, y)
    u, v = x + dx, y[:, None] + dy
    seen_x, seen_y = (row[0] * u + row[1] * v + row[2] for row in matrix)
    low = cv2.remap(large, seen_x.astype(np.float32), seen_y.astype(np.float32), cv2.INTER_LINEAR)
    return np.asarray(low, dtype=np.float32)
