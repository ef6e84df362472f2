"""SEAM 3: what every engine can do with one checkpoint."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from enhance.checkpoint import Checkpoint

Image = NDArray[np.uint8] | NDArray[np.uint16]


class Engine(Protocol):
    """One back-end holding one checkpoint of ratio p/q."""

    checkpoint: Checkpoint
    name: str

    def enhance(self, image: Image, *, passes: int = 1, grow: bool = False, white_level: float | None = None) -> Image:
        """Enlarge and sharpen one picture of any size.

        Parameters
        ----------
        image : ndarray of uint8 or uint16, shape (rows, columns, 3)
            R first, corrected if the checkpoint expects corrected pixels.
        passes : {1, 2}
            2 is the paper's one cycle of self-feeding; its result is area-reduced to the size of the first output.
        grow : bool
            Keep the larger picture of the second pass; refused above a stated size.
        white_level : float, optional
            Pixel value of saturation; the dtype's largest value when not given.

        Returns
        -------
        ndarray, shape (ceil(p * rows / q), ceil(p * columns / q), 3)
            Same dtype.

        Raises
        ------
        ImageError
            When the array is not RGB of one of the two dtypes.
        """
        ...
