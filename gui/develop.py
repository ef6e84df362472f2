"""From a camera frame to a pair for the screen: enhance, build the levels; all of it off the GUI thread."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from acquire.frame import Frame, Pixels
from gui.pyramid import Pyramid, build_pyramid

if TYPE_CHECKING:  # the viewer shows raw frames without loading a network
    from enhance.engine import Engine


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FramePair:
    """One frame ready for the screen, raw and, when asked for, enhanced: never of two different frames.

    Parameters
    ----------
    frame : Frame
        As the camera gave it.
    raw : ndarray of uint8 or uint16, shape (rows, columns, 3)
        Its pixels, corrected when `corrected`; what the network was given.
    raw_pyramid : Pyramid
        `raw` for the screen.
    corrected : bool
        Whether dark and flat were taken out.
    enhanced : ndarray of the same dtype, shape (ceil(p * rows / q), ceil(p * columns / q), 3), optional
        What the network made of `raw`.
    enhanced_pyramid : Pyramid, optional
        `enhanced` for the screen.
    ratio : (int, int), optional
        p and q of the network.
    network_ms : float, optional
        Time inside the engine.
    arrived_s : float
        When the viewer had the frame, by its own clock: that of a simulated microscope stands while it computes.
    """

    frame: Frame
    raw: Pixels
    raw_pyramid: Pyramid
    corrected: bool
    enhanced: Pixels | None = None
    enhanced_pyramid: Pyramid | None = None
    ratio: tuple[int, int] | None = None
    network_ms: float | None = None
    arrived_s: float = 0.0


def develop(frame: Frame, raw: Pixels, *, corrected: bool, engine: "Engine | None") -> FramePair:
    """Return the frame enhanced and ready to be painted.

    Parameters
    ----------
    frame : Frame
    raw : ndarray, same shape and dtype as the frame's pixels
        The frame's pixels, corrected when `corrected`.
    corrected : bool
    engine : Engine or None
        None makes no enhanced picture.

    Returns
    -------
    FramePair

    Raises
    ------
    ImageError
        When the engine cannot take the frame.
    """
    raw_pyramid = build_pyramid(raw, white_level=frame.white_level)
    if engine is None:
        return FramePair(frame=frame, raw=raw, raw_pyramid=raw_pyramid, corrected=corrected)
    started_s = time.perf_counter()
    enhanced = engine.enhance(raw, white_level=frame.white_level)
    network_ms = 1000 * (time.perf_counter() - started_s)
    return FramePair(
        frame=frame,
        raw=raw,
        raw_pyramid=raw_pyramid,
        corrected=corrected,
        enhanced=enhanced,
        enhanced_pyramid=build_pyramid(enhanced, white_level=frame.white_level),
        ratio=engine.checkpoint.ratio,
        network_ms=network_ms,
    )
