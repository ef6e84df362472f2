"""Triplets: three equal parallel bars side by side, as on a resolution target, found in a picture."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.bandwidth import Plane

SMALLEST_BAR_PX = 12
"""Area below which a shape is too few pixels for its direction; the bars of one period of 3 px are larger."""

SLENDER = (2.2, 9.0)
"""Length over width of a bar as the threshold shows it: 5 on the target, less or more when blur grows or eats it."""

FILLS = 0.75
"""Least part of the rectangle round a shape that a bar fills; figures and merged bars fill less."""

ALIKE = 0.2
"""By which part the lengths of bars of a triplet may differ."""

PARALLEL = 0.12
"""Sine of the largest angle between bars of a triplet, and tangent of how askew one may lie beside the other."""

SPACING = (0.3, 0.55)
"""Distance of neighbours over the length of the bars: 0.4 on the target, more where blur has shortened them."""

OUTER = 2  # bars of a triplet beside the middle one

EVEN = 0.12
"""By which part of their distance the two outer bars may miss equal distances from the middle one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Triplet:
    """Three parallel bars.

    Parameters
    ----------
    centre_px : complex
        Middle of the middle bar, column + row·i.
    across_px : complex
        From the middle bar to a neighbour: one period.
    """

    centre_px: complex
    across_px: complex

    @property
    def period_px(self) -> float:
        """Distance from bar to bar."""
        return abs(self.across_px)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    centre: complex
    along: complex  # unit vector
    length: float


def find_triplets(plane: Plane) -> tuple[tuple[Triplet, ...], bool]:
    """Find triplets of bars that a threshold parts from each other.

    Parameters
    ----------
    plane : ndarray of float32, shape (rows, columns)
        With bars of one brightness on a ground of another.

    Returns
    -------
    triplets : tuple of Triplet
        The coarsest first; empty when there are none.
    dark : bool
        Whether the bars are darker than the ground.

    References
    ----------
    N. Otsu, A threshold selection method from gray-level histograms, IEEE Trans. Systems, Man and Cybernetics 9, 62
    (1979), for the threshold between bars and ground.
    """
    low, high = float(plane.min()), float(plane.max())
    levels = np.rint((plane - low) * (255 / max(high - low, 1e-12))).astype(np.uint8)
    _, bright = cv2.threshold(levels, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    of_dark, of_bright = (_triplets(_shapes(np.asarray(mask, np.uint8))) for mask in (1 - bright, bright))
    dark = len(of_dark) >= len(of_bright)
    return (of_dark if dark else of_bright), dark


def _shapes(mask: NDArray[np.uint8]) -> list[_Shape]:
    """Slender filled shapes that do not touch the border."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    rows, columns = mask.shape
    found = []
    for label in range(1, count):
        left, top, width, height, area = (int(value) for value in stats[label])
        inside = left > 0 and top > 0 and left + width < columns and top + height < rows
        if inside and area >= SMALLEST_BAR_PX:
            part = labels[top : top + height, left : left + width] == label
            found.append(_shape(part, complex(left, top)))
    return [shape for shape in found if shape is not None]


def _shape(part: NDArray[np.bool_], corner: complex) -> _Shape | None:
    """Turn pixels into a bar by their second moments; None when they are none."""
    row, column = np.nonzero(part)
    covariance = np.cov(np.stack([column, row])) + np.eye(2) / 12  # a pixel is a square of variance 1/12
    variances, axes = np.linalg.eigh(covariance)
    width, length = np.sqrt(12 * variances)
    if not (SLENDER[0] < length / width < SLENDER[1] and row.size > FILLS * length * width):
        return None
    along = complex(*axes[:, 1])
    return _Shape(centre=corner + complex(column.mean(), row.mean()), along=along, length=float(length))


def _triplets(shapes: list[_Shape]) -> tuple[Triplet, ...]:
    """Group bars: each middle one with its two neighbours; the coarsest first."""
    if not shapes:
        return ()
    centre, along = np.array([s.centre for s in shapes]), np.array([s.along for s in shapes])
    length = np.array([s.length for s in shapes])
    found = []
    for middle in shapes:
        apart = (centre - middle.centre) * np.conj(middle.along)  # along + across·i in the frame of the bar
        beside = (
            (np.abs(np.imag(along * np.conj(middle.along))) < PARALLEL)
            & (np.abs(length / middle.length - 1) < ALIKE)
            & (np.abs(apart.real) < 2 * PARALLEL * np.abs(apart.imag))
            & (np.abs(apart.imag) > SPACING[0] * middle.length)
            & (np.abs(apart.imag) < SPACING[1] * middle.length)
        )
        found += list(_completed(middle, centre[beside], apart.imag[beside]))
    return tuple(sorted(found, key=lambda triplet: -triplet.period_px))


def _completed(middle: _Shape, neighbours: NDArray[np.complex128], aside: NDArray[np.float64]) -> Iterator[Triplet]:
    """Yield the triplet of a bar that has exactly one neighbour on either side, equally far."""
    if neighbours.size == OUTER and aside[0] * aside[1] < 0 and abs(aside.sum()) < EVEN * abs(aside[0]):
        first, last = neighbours[np.argsort(aside)]
        centre = (first + middle.centre + last) / 3
        yield Triplet(centre_px=complex(centre), across_px=complex(last - first) / 2)
