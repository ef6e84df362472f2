"""The planes of a focal stack laid on one another: any part of them, drawn where the middle plane has it."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.affine import apply

Array = NDArray[Any]

UNMOVED = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Planes:
    """A focal stack and how its planes lie.

    Parameters
    ----------
    pixels : ndarray of uint8, uint16 or float32, shape (planes, rows, columns, 3)
        As they were recorded; R first. May be mapped from a file.
    matrices : ndarray of float64, shape (planes, 2, 3)
        From pixel points (x, y) of the common field to those of each plane.
    """

    pixels: Array
    matrices: NDArray[np.float64]

    def read(self, rows: slice, columns: slice) -> Array:
        """Return a part of the common field in all planes, shape (planes, rows, columns, 3).

        A plane that does not lie still is interpolated once (Lanczos); what it does not hold is mirrored at its edge.
        Every pixel is computed from its place in the whole, so that parts join without a seam.
        """
        return np.stack([self._drawn(number, rows, columns) for number in range(len(self.pixels))])

    def _drawn(self, number: int, rows: slice, columns: slice) -> Array:
        plane, matrix = self.pixels[number], self.matrices[number]
        if np.array_equal(matrix, UNMOVED):
            return np.asarray(plane[rows, columns])
        points = np.stack(
            np.meshgrid(np.arange(columns.start, columns.stop), np.arange(rows.start, rows.stop)), axis=-1
        )
        places = apply(matrix, points).astype(np.float32)
        x, y = np.ascontiguousarray(places[..., 0]), np.ascontiguousarray(places[..., 1])
        return np.asarray(cv2.remap(plane, x, y, cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REFLECT))
