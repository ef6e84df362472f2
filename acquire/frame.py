"""Frame: one colour picture with all that is known of how it was taken."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from acquire.errors import PixelError

Pixels = NDArray[np.uint8] | NDArray[np.uint16]
RGB_AXES = 3


class Position(NamedTuple):
    """Where the stage and the focus drive stand, in µm, as read back from the devices."""

    x: float
    y: float
    z: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """One colour picture, never changed after it was made.

    Parameters
    ----------
    pixels : ndarray of uint8 or uint16, shape (rows, columns, 3)
        R first; contiguous; made read-only here.
    objective : str
        Name in the rig file.
    position : Position
        As read back at rest, in µm.
    exposure_ms : float
        Exposure as the core reports it.
    black_level, white_level : float
        Pixel values of no light and of saturation; white from the camera's bit depth, not from the dtype.
    binning : int
        Camera pixels per frame pixel along one axis.
    roi : (int, int, int, int)
        x, y, width, height on the sensor in binned pixels.
    time_s : float
        Seconds since the epoch when the exposure ended.
    number : int
        Counts up within one connection; never used twice.
    simulated : bool
        Whether the pixels were rendered.

    Raises
    ------
    PixelError
        When the array is not RGB of one of the two dtypes.
    """

    pixels: Pixels
    objective: str
    position: Position
    exposure_ms: float
    black_level: float
    white_level: float
    number: int
    time_s: float
    binning: int = 1
    roi: tuple[int, int, int, int] = (0, 0, 0, 0)
    simulated: bool = False

    def __post_init__(self) -> None:
        pixels: NDArray[Any] = self.pixels
        if pixels.ndim != RGB_AXES or pixels.shape[2] != RGB_AXES or pixels.dtype not in (np.uint8, np.uint16):
            raise PixelError(
                f"a frame is uint8 or uint16 of shape (rows, columns, 3), not {pixels.dtype} of shape {pixels.shape}"
            )
        pixels = np.ascontiguousarray(pixels)
        pixels.setflags(write=False)
        object.__setattr__(self, "pixels", pixels)
