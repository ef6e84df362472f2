"""The viewer, run: `run_viewer` opens the window, runs the stream, and reports what it measured."""

import os
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QEventLoop, QStandardPaths, QTimer
from qtpy.QtWidgets import QApplication

from acquire.errors import AcquireError
from acquire.microscope import Microscope
from calibration.flatfield import Correction
from gui.errors import DisplayError, SnapshotError, ViewerError
from gui.faults import faults_said_in, interrupt_closes, qt_messages_logged
from gui.readings import ViewerReport
from gui.session import Session
from gui.stream import Stream
from gui.theme import apply_theme
from gui.window import ViewerWindow, Waker

if TYPE_CHECKING:  # the viewer shows raw frames without loading a network
    from enhance.engine import Engine

CLOSING_S = 60.0
"""The threads may take this long to end: an engine cannot be interrupted, and 2048² takes 10 to 40 s on a CPU."""
FIRST_PAIR_S = 60.0
"""A run of given length waits this much longer for its first pair: engines plan on their first frame."""
LOOK_AGAIN_MS = 50
NO_DISPLAY = (
    "the viewer was asked to open a window and there is no display: start it in a desktop session (or through ssh -X), "
)
GIVE_SECONDS = "or give a number of seconds to run without a window"


def run_viewer(
    microscope: Microscope,
    *,
    engine: "Engine | None" = None,
    evidence: str = "",
    corrections: Mapping[str, Correction],
    exposure_ms: float,
    pixel_um: Mapping[str, float],
    seconds: float | None = None,
    screenshot: Path | None = None,
    snapshots: Path | None = None,
) -> ViewerReport:
    """Show the microscope's frames, raw beside enhanced, until the window is closed or `seconds` have passed.

    The viewer's camera thread alone calls the microscope meanwhile; it is not closed here.

    Parameters
    ----------
    microscope : Microscope
    engine : Engine, optional
        Without one, raw frames are shown at the camera's rate.
    evidence : str
        What its model was found to be worth on this rig; stands beside the enhanced picture.
    corrections : mapping of str to Correction
        By objective name; a frame of another objective is shown uncorrected, and marked so.
    exposure_ms : float
    pixel_um : mapping of str to float
        Camera pixel at the specimen in µm, unbinned, by objective name; without one there is no scale in µm.
    seconds : float, optional
        How long to run; with an engine, until its first pair at least. Works without a display.
    screenshot : Path, optional
        PNG to save the window to when `seconds` have passed.
    snapshots : Path, optional
        Folder for what the person saves; ``Parfocal`` in the user's pictures when not given.

    Returns
    -------
    ViewerReport

    Raises
    ------
    DisplayError
        When there is no display and no `seconds`.
    SnapshotError
        When the screenshot cannot be written.
    AcquireError, ViewerError
        When the camera failed in a run of given length; with an open end it is said in the window instead.
    """
    app = application(timed=seconds is not None)
    apply_theme(app)
    waker = Waker()
    stream = Stream(partial(microscope.live, exposure_ms), engine=engine, corrections=corrections, wake=waker.ring)
    trained_pixel_um = None if engine is None else engine.checkpoint.pixel_um.get("low")
    session = Session(
        stream, pixel_um=pixel_um, provenance=provenance(engine, evidence), trained_pixel_um=trained_pixel_um
    )
    window = ViewerWindow(session, waker, snapshots or pictures_folder())
    with faults_said_in(window), interrupt_closes(window), qt_messages_logged():
        saved = _run(window, seconds, screenshot)
    if seconds is not None:
        _raise_camera_error(stream)
    return session.report(saved)


def _run(window: ViewerWindow, seconds: float | None, screenshot: Path | None) -> Path | None:
    stream = window.session.stream
    try:
        window.show()
        stream.start()
        show_until(window, seconds)
        if seconds is not None and window.isVisible():
            wait_for_first_pair(window)
            return save_window(window, screenshot)
        return None
    finally:
        window.close()
        if not stream.close(CLOSING_S):
            window.session.note_fault(f"a thread of the viewer was still busy {CLOSING_S:g} s after closing")


def show_until(window: ViewerWindow, seconds: float | None) -> None:
    """Run the window until it is closed, or so many seconds."""
    loop = QEventLoop()
    window.closed.connect(loop.quit)
    timer = QTimer()
    timer.setSingleShot(True)
    timer.timeout.connect(loop.quit)
    if seconds is not None:
        timer.start(round(1000 * seconds))
    loop.exec()


def wait_for_first_pair(window: ViewerWindow) -> None:
    """Run the window until something was shown enhanced, if that is to be."""
    stream = window.session.stream
    for _ in range(round(1000 * FIRST_PAIR_S / LOOK_AGAIN_MS)):
        if window.session.pairs or not stream.enhancing or not stream.live or not window.isVisible():
            return
        show_until(window, LOOK_AGAIN_MS / 1000)


def save_window(window: ViewerWindow, screenshot: Path | None) -> Path | None:
    """Save the window as a PNG when a path is given; errors as in `run_viewer`."""
    if screenshot is None:
        return None
    window.read()
    try:
        screenshot.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SnapshotError(
            f"the folder {screenshot.parent} cannot be made: {error.strerror}; choose another"
        ) from error
    if not window.grab().save(str(screenshot), "PNG"):
        raise SnapshotError(f"the screenshot cannot be written to {screenshot}: choose a file in a writable folder")
    return screenshot


def _raise_camera_error(stream: Stream) -> None:
    for problem in stream.problems:
        if problem.where == "camera" and isinstance(problem.error, AcquireError):
            raise problem.error
        if problem.where == "camera":
            raise ViewerError(
                f"the camera was to run live and stopped ({problem.error}): check its cable and its settings"
            ) from problem.error


def application(*, timed: bool, otherwise: str = GIVE_SECONDS) -> QApplication:
    """Return Qt's application, which lasts as long as it is held; errors as in `run_viewer`.

    Parameters
    ----------
    timed : bool
        Whether it may do without a display.
    otherwise : str
        What else a person without one can do, for the error.
    """
    running = QApplication.instance()
    if isinstance(running, QApplication):
        return running
    if _has_display():
        return QApplication(["parfocal"])
    if not timed:
        raise DisplayError(NO_DISPLAY + otherwise)
    return QApplication(["parfocal", "-platform", "offscreen"])


def _has_display() -> bool:
    chosen = ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY")
    return not sys.platform.startswith("linux") or any(os.environ.get(name) for name in chosen)


def provenance(engine: "Engine | None", evidence: str = "") -> dict[str, str]:
    """Return what is known of a network, for snapshots."""
    if engine is None:
        return {}
    checkpoint = engine.checkpoint
    known = {"statement": checkpoint.statement, "weights_sha256": checkpoint.weights_sha256, "engine": engine.name}
    return known | ({"evidence": evidence} if evidence else {})


def pictures_folder() -> Path:
    """Return the folder for what the person saves."""
    pictures = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation)
    return Path(pictures) / "Parfocal"
