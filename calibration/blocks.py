"""How far two registered pictures still lie apart, block by block, measured on the pictures themselves."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.bandwidth import NOISE_BLUR_PX, Plane
from calibration.shift import gradient, small_shift

BLOCKS_ACROSS = 6
"""Blocks along the shorter side."""

SMALLEST_BLOCK_PX = 24
"""Fewer pixels hold too little structure for a displacement of a tenth of a pixel."""

REACH_PX = 3
"""Displacements are looked for up to this length; the gate lies far below."""

TEXTURED_ERROR_PX = 0.05
"""A block is textured when noise alone would move its match by less than this (the Cramér–Rao bound)."""

LAPLACIAN_GAIN = 6.0
"""Standard deviation of [[1,-2,1],[-2,4,-2],[1,-2,1]] on white noise of standard deviation 1 (Immerkær 1996)."""

MAD_TO_SIGMA = 1.4826

NOISE_GRADIENT = 1 / (8 * np.pi * NOISE_BLUR_PX**4)
"""Variance of one component of the gradient of white noise of variance 1 after that blur."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Residual:
    """What remains between two pictures on one grid.

    Parameters
    ----------
    shifts_px : ndarray, shape (n, 2)
        Displacement (x, y) of each textured block.
    textured_fraction : float
        Textured blocks over all blocks.
    """

    shifts_px: NDArray[np.float64]
    textured_fraction: float

    @property
    def lengths_px(self) -> NDArray[np.float64]:
        """Length of each displacement."""
        return np.hypot(self.shifts_px[:, 0], self.shifts_px[:, 1])


def measure_blocks(reference: Plane, registered: Plane, *, noise: float) -> Residual:
    """Measure the displacement of each textured block of `registered` against `reference`.

    Parameters
    ----------
    reference, registered : ndarray of float32, shape (rows, columns)
        Two pictures on one grid, blurred by `NOISE_BLUR_PX` and high-passed.
    noise : float
        Standard deviation of the noise of the noisier one, before both.

    Returns
    -------
    Residual
        Without shifts when the pictures are smaller than one block.
    """
    side = max(SMALLEST_BLOCK_PX, min(reference.shape) // BLOCKS_ACROSS)
    corners = [
        (row, column)
        for row in range(0, reference.shape[0] - side + 1, side)
        for column in range(0, reference.shape[1] - side + 1, side)
    ]
    shifts = []
    for row, column in corners:
        one, other = (plane[row : row + side, column : column + side] for plane in (reference, registered))
        if _expected_error_px(one, noise) < TEXTURED_ERROR_PX:
            shifts.append(small_shift(one, other, reach_px=REACH_PX))
    return Residual(
        shifts_px=np.array(shifts, dtype=np.float64).reshape(-1, 2),
        textured_fraction=len(shifts) / max(1, len(corners)),
    )


def noise_sigma(plane: Plane) -> float:
    """Estimate the standard deviation of white noise in a picture from its second differences.

    References
    ----------
    J. Immerkær, Fast noise variance estimation, Computer Vision and Image Understanding 64, 300 (1996); with the
    median in place of the mean, so that structure counts less.
    """
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], dtype=np.float32)
    second = cv2.filter2D(plane, cv2.CV_32F, kernel)[1:-1, 1:-1]
    return float(np.median(np.abs(second))) * MAD_TO_SIGMA / LAPLACIAN_GAIN if second.size else 0.0


def _expected_error_px(block: Plane, noise: float) -> float:
    """Error that noise gives the displacement of a block along its worse direction."""
    gradient_x, gradient_y = gradient(block)
    xx, yy, xy = np.sum(gradient_x**2), np.sum(gradient_y**2), np.sum(gradient_x * gradient_y)
    weaker = (xx + yy) / 2 - np.hypot((xx - yy) / 2, xy) - block.size * NOISE_GRADIENT * noise**2
    return float(noise / np.sqrt(weaker)) if weaker > 0 else np.inf
