"""What the viewer measures: the readings of the moment, and the report of a whole session."""

from dataclasses import dataclass
from pathlib import Path

from acquire.frame import Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """The numbers of the status bar; None where there is nothing to say yet.

    Parameters
    ----------
    position : Position, optional
        Of the frame on the screen, in µm.
    objective : str, optional
    pixel_um : float, optional
        At the specimen; None when it is not known.
    exposure_ms : float, optional
    camera_fps, display_fps : float
        Frames a second from the camera, and painted.
    network_fps : float, optional
        Frames a second through the network; None while it is not asked.
    latency_ms : float, optional
        From when the viewer had the frame to the end of painting.
    age_ms : float, optional
        Since the viewer had the frame on the screen.
    dropped : int
        Frames that a newer one replaced.
    """

    position: Position | None = None
    objective: str | None = None
    pixel_um: float | None = None
    exposure_ms: float | None = None
    camera_fps: float
    display_fps: float
    network_fps: float | None = None
    latency_ms: float | None = None
    age_ms: float | None = None
    dropped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewerReport:
    """What a viewer session was, measured.

    Parameters
    ----------
    frames : int
        That the camera delivered.
    pairs : int
        Raw and enhanced pictures shown side by side.
    dropped : int
        Frames that a newer one replaced before they were enhanced or shown.
    camera_fps, display_fps, network_fps : float
        Means over the session.
    latency_ms : float or None
        Median time from when the viewer had a frame to the end of painting; None when nothing was painted.
    screenshot : Path or None
        Where the window was saved.
    same_frame : bool
        Whether raw and enhanced were of one frame every time both were shown; False when they never were.
    problems : tuple of str
        What went wrong on the way, one sentence each.
    """

    frames: int
    pairs: int
    dropped: int
    camera_fps: float
    display_fps: float
    network_fps: float
    latency_ms: float | None
    screenshot: Path | None
    same_frame: bool
    problems: tuple[str, ...] = ()
