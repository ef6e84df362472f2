"""How the planes of a focal stack lie on its middle one: drifted sideways, or also of another scale."""

from itertools import pairwise
from typing import Any, Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.affine import Matrix, apply, compose, invert, scaling, shifting
from calibration.align import refine
from calibration.bandwidth import blur
from calibration.errors import MeasurementError
from enhance.drift import LARGEST_PX, measure_drift
from enhance.errors import StackError
from enhance.grey import Mixture, mixed
from enhance.planes import UNMOVED

Array = NDArray[Any]
Align = Literal["none", "translation", "affine"]

ALIGNS: tuple[Align, ...] = get_args(Align)
DRIFT_PX = 0.1
"""Planes of which no corner has moved by more are left as they are: interpolation would cost more than it saves."""
NOISE_BLUR_PX = 1.0
"""Gaussian under which neighbouring planes are laid on each other."""
SMALLEST_AFFINE_PX = 64
"""Shorter side below which there is too little to find a scale by."""


def measure_alignment(planes: Array, mixture: Mixture, align: Align) -> NDArray[np.float64]:
    """Measure where the pixels of the middle plane lie in each of the others.

    Parameters
    ----------
    planes : ndarray of uint8, uint16 or float32, shape (planes, rows, columns, 3)
        Of one field; blur may differ between planes.
    mixture : ndarray of float32, shape (1, 4)
        The grey to go by, from `enhance.grey.detail_mixture`.
    align : {'none', 'translation', 'affine'}
        ``translation``: each plane against the middle one, by correlation. ``affine``: shift, scale and turn of each
        plane against its neighbour, by ECC, for lenses whose magnification changes with focus.

    Returns
    -------
    ndarray of float64, shape (planes, 2, 3)
        From (x, y) of the middle plane to (x, y) of each plane; no motion at all when none exceeds `DRIFT_PX`.

    Raises
    ------
    StackError
        When the planes cannot be laid on each other.
    """
    if align == "none":
        return _still(planes)
    matrices = _shifts(planes, mixture) if align == "translation" else _affine(planes, mixture)
    return matrices if _largest_px(matrices, planes.shape[1:3]) >= DRIFT_PX else _still(planes)


def _still(planes: Array) -> NDArray[np.float64]:
    return np.repeat(UNMOVED[None], len(planes), axis=0)


def _largest_px(matrices: NDArray[np.float64], shape: tuple[int, ...]) -> float:
    rows, columns = shape
    corners = np.array([[x, y] for x in (0, columns - 1) for y in (0, rows - 1)])
    return max(float(np.abs(apply(matrix, corners) - corners).max()) for matrix in matrices)


def _shifts(planes: Array, mixture: Mixture) -> NDArray[np.float64]:
    top, left = (max(0, (side - LARGEST_PX) // 2) for side in planes.shape[1:3])
    middle = planes[:, top : top + LARGEST_PX, left : left + LARGEST_PX]
    return np.stack([shifting(x, y) for x, y in measure_drift(mixed(middle, mixture))])


def _affine(planes: Array, mixture: Mixture) -> NDArray[np.float64]:
    """Chain the transforms between neighbours, which are alike in blur, outwards from the middle plane."""
    if min(planes.shape[1:3]) < SMALLEST_AFFINE_PX:
        raise StackError(
            f"planes of {planes.shape[2]}×{planes.shape[1]} pixels are too small to find their scale: give "
            f"{SMALLEST_AFFINE_PX} pixels a side, or align by translation"
        )
    factor = -(-max(planes.shape[1:3]) // LARGEST_PX)
    small = [_reduced(plane, factor, mixture) for plane in planes]
    links = [_link(number, one, other) for number, (one, other) in enumerate(pairwise(small))]
    middle = len(planes) // 2
    matrices = {middle: UNMOVED}
    for number in range(middle, len(planes) - 1):
        matrices[number + 1] = compose(links[number], matrices[number])
    for number in range(middle - 1, -1, -1):
        matrices[number] = compose(invert(links[number]), matrices[number + 1])
    grid = scaling(factor)
    return np.stack([compose(invert(grid), compose(matrices[number], grid)) for number in range(len(planes))])


def _reduced(plane: Array, factor: int, mixture: Mixture) -> NDArray[np.float32]:
    """Average whole blocks of pixels, so that the grids share their outer edge, and blur against noise."""
    rows, columns = (side // factor for side in plane.shape[:2])
    whole = plane[: rows * factor, : columns * factor]
    small = cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA) if factor > 1 else whole
    return blur(mixed(small[None], mixture)[0], sigma_px=NOISE_BLUR_PX)


def _link(number: int, plane: NDArray[np.float32], following: NDArray[np.float32]) -> Matrix:
    try:
        return refine(plane, following, UNMOVED)
    except MeasurementError as error:
        raise StackError(
            f"plane {number + 1} of the stack (from 0) cannot be laid on plane {number} by scale and shift: check that "
            "both show the same field with detail in it, or align by translation or not at all"
        ) from error
