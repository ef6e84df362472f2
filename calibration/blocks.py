"""How far two registered pictures still lie apart, block by block, measured on the pictures themselves."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.bandwidth import NOISE_BLUR_PX, Plane
from calibration.shift import gradient, small_shift

BLOCK_PX = 48
"""Side of a block. On simulated sections 0.3 µm out of focus, where every depth lies elsewhere, blocks of 34 px scatter
up to 0.3 px and hide a distortion of 0.3 px; those of 48 px scatter up to 0.15 px and show it."""

SMALLEST_BLOCK_PX = 24
"""Fewer pixels hold too little structure for a displacement of a tenth of a pixel."""

FEWEST_ACROSS = 3
"""Blocks are made smaller where less than this would fit along a side without overlap."""

MOST_ACROSS = 16
"""Blocks overlap by half where not more than this lie along the shorter side, and less in larger pictures."""

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
    centres_px : ndarray, shape (n, 2)
        Centre (x, y) of each textured block.
    shifts_px : ndarray, shape (n, 2)
        Its displacement (x, y).
    step_px : float
        Distance of neighbouring blocks.
    textured_fraction : float
        Textured blocks over all blocks.
    """

    centres_px: NDArray[np.float64]
    shifts_px: NDArray[np.float64]
    step_px: float
    textured_fraction: float

    @property
    def lengths_px(self) -> NDArray[np.float64]:
        """Length of each displacement."""
        return np.hypot(self.shifts_px[:, 0], self.shifts_px[:, 1])

    def moved(self, origin_px: tuple[float, float]) -> "Residual":
        """Return the same with centres told from a point that lies `origin_px` (x, y) before the first pixel."""
        return replace(self, centres_px=self.centres_px + np.asarray(origin_px))


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
    rows, columns = reference.shape
    side = int(np.clip(min(rows, columns) // FEWEST_ACROSS, SMALLEST_BLOCK_PX, BLOCK_PX))
    step = max(side // 2, min(rows, columns) // MOST_ACROSS)
    corners = [
        (row, column) for row in range(0, rows - side + 1, step) for column in range(0, columns - side + 1, step)
    ]
    centres, shifts = [], []
    for row, column in corners:
        one, other = (plane[row : row + side, column : column + side] for plane in (reference, registered))
        if _expected_error_px(one, noise) < TEXTURED_ERROR_PX:
            centres.append((column + (side - 1) / 2, row + (side - 1) / 2))
            shifts.append(small_shift(one, other, reach_px=REACH_PX))
    return Residual(
        centres_px=np.array(centres, dtype=np.float64).reshape(-1, 2),
        shifts_px=np.array(shifts, dtype=np.float64).reshape(-1, 2),
        step_px=step,
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
