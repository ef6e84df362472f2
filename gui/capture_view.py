"""The preview of a capture: the viewer's window in this thread, the capture in another, its newest stack between."""

import threading
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from qtpy.QtCore import QEventLoop, QTimer
from qtpy.QtWidgets import QVBoxLayout

from acquire.frame import Frame
from gui.captured import Captured
from gui.errors import SnapshotError
from gui.faults import faults_said_in, qt_messages_logged
from gui.question import Question
from gui.questionbar import QuestionBar
from gui.readings import ViewerReport
from gui.session import Session
from gui.stream import Stream
from gui.theme import apply_theme
from gui.view import CLOSING_S, FIRST_PAIR_S, application, pictures_folder, provenance, save_window, show_until
from gui.window import ViewerWindow, Waker

if TYPE_CHECKING:  # the viewer shows raw frames without loading a network
    from calibration.flatfield import Correction
    from enhance.engine import Engine

Result = TypeVar("Result")
LOOK_S = 0.05
"""Python hears Ctrl-C only between two lines of its own, and Qt waits in none: so often it gets one. So often, too,
the capture is asked for a new picture: a person sees no difference, and the interpreter is left to it."""
TOLD_MS = 500
"""How often the window says how far the capture is: it may have to read a file for it."""
WITHOUT_VIEW = "or capture without --view"
NOT_HERE = "The capture runs the camera: Ctrl-C in the terminal ends it"
GOES_ON = "Closing this window does not end the capture: Ctrl-C in the terminal does, after the site being made"


def _nothing() -> None:
    """End no engine."""


def run_capture_viewer(
    work: Callable[[], Result],
    captured: Captured,
    *,
    signals: AbstractContextManager[object],
    told: Callable[[], str],
    engine: "Engine | None" = None,
    end_engine: Callable[[], None] = _nothing,
    objectives: Collection[str] | None = None,
    corrections: "Mapping[str, Correction]",
    pixel_um: Mapping[str, float],
    screenshot: Path | None = None,
    question: Question | None = None,
) -> tuple[Result, ViewerReport]:
    """Show what a capture stores, raw beside enhanced, until it has ended.

    A window that is closed does not end the capture; nothing that goes wrong in the window does.

    Parameters
    ----------
    work : callable
        The capture; called in a thread of its own.
    captured : Captured
        Which it is told of.
    signals : context manager
        What is made of Ctrl-C while the capture runs; entered in this thread.
    told : callable
        What runs and how far it is, in words; asked twice a second in this thread, so it must be short.
    engine : Engine, optional
        Without one, raw pictures are shown. Its network must take none of the capture's time: one in a process of its
        own, as `enhance.open.open_apart` gives.
    end_engine : callable
        Lets the engine break off its last picture, which nobody will see; called once the window is closed.
    objectives : collection of str, optional
        Whose pictures are enhanced; those of all when not given.
    corrections, pixel_um
        As in `gui.view.run_viewer`.
    screenshot : Path, optional
        PNG to save the window to at the end, with the newest picture in it.
    question : Question, optional
        Of the capture to the person at the window; answered there as long as it is open.

    Returns
    -------
    (Result, ViewerReport)
        What `work` returned, and what was shown.

    Raises
    ------
    DisplayError
        When there is no display; nothing was begun.
    Exception
        What `work` raised.
    """
    app = application(timed=False, otherwise=WITHOUT_VIEW)
    apply_theme(app)
    waker, thread = Waker(), Work(work)
    stream = Stream(
        captured.source, engine=engine, corrections=corrections, wake=waker.ring, objectives=objectives, poll_s=LOOK_S
    )
    trained_pixel_um = None if engine is None else engine.checkpoint.pixel_um.get("low")
    session = Session(stream, pixel_um=pixel_um, provenance=provenance(engine), trained_pixel_um=trained_pixel_um)
    window = ViewerWindow(session, waker, pictures_folder())
    window.bar.disable("live", NOT_HERE)
    with faults_said_in(window), qt_messages_logged():
        if question is not None:
            _answered_in(window, question)
        try:
            _show(window, told)
            with signals:
                _watch(window, thread)
            window.tell_run(told())
            saved = _saved(window, captured, objectives, screenshot) if thread.succeeded else None
        finally:
            window.close()
            end_engine()
            if not stream.close(CLOSING_S):
                session.note_fault(f"a thread of the viewer was still busy {CLOSING_S:g} s after closing")
    return thread.result(), session.report(saved)


class Work(threading.Thread, Generic[Result]):
    """A thread whose result, or exception, is handed on.

    Parameters
    ----------
    work : callable
        Called once, in it.
    """

    def __init__(self, work: Callable[[], Result]) -> None:
        super().__init__(name="parfocal-capture")
        self._work = work
        self._results: list[Result] = []
        self._error: BaseException | None = None

    def run(self) -> None:
        """Do the work, and keep what came of it."""
        try:
            self._results.append(self._work())
        except BaseException as error:  # raised again in the thread that asked for the work
            self._error = error

    @property
    def succeeded(self) -> bool:
        """Whether the work is done and raised nothing."""
        return bool(self._results)

    def result(self) -> Result:
        """Return what the work returned, or raise what it raised; once the thread has ended."""
        if self._error is not None:
            raise self._error
        return self._results[0]


def _answered_in(window: ViewerWindow, question: Question) -> None:
    """Let the window show what the capture asks, over the pictures, until it is closed."""
    layout = window.centralWidget().layout()
    if isinstance(layout, QVBoxLayout):
        layout.insertWidget(layout.indexOf(window.comparison), QuestionBar(question, window))
    window.closed.connect(question.hide)
    question.show()


def _show(window: ViewerWindow, told: Callable[[], str]) -> None:
    """Open the window, which from now on says what runs."""
    timer = QTimer(window)
    timer.timeout.connect(lambda: window.tell_run(told()))
    window.closed.connect(timer.stop)
    timer.start(TOLD_MS)
    window.tell_run(told())
    window.show()
    window.announce(GOES_ON)
    window.session.stream.start()


def _watch(window: ViewerWindow, thread: threading.Thread) -> None:
    """Start the capture and run the window beside it; return when the capture has ended, whatever the window does."""
    loop, look = QEventLoop(), QTimer(window)
    window.closed.connect(loop.quit)
    look.timeout.connect(lambda: thread.is_alive() or loop.quit())
    look.start(round(1000 * LOOK_S))
    thread.start()
    try:
        loop.exec()
    finally:
        look.stop()
        while thread.is_alive():  # in short steps: here too Ctrl-C must be heard
            thread.join(LOOK_S)


def _saved(
    window: ViewerWindow, captured: Captured, objectives: Collection[str] | None, screenshot: Path | None
) -> Path | None:
    """Save the window, its newest picture in it; why that did not work is kept for the report: the capture did."""
    if screenshot is None:
        return None
    for _ in range(round(FIRST_PAIR_S / LOOK_S)):
        if not window.isVisible() or _caught_up(window.session, captured.newest, objectives):
            break
        show_until(window, LOOK_S)
    show_until(window, LOOK_S)  # a pane that has just been opened or closed takes its room a moment later
    try:
        return save_window(window, screenshot) if window.isVisible() else None
    except SnapshotError as error:
        window.session.note_fault(str(error))
        return None


def _caught_up(session: Session, newest: Frame | None, objectives: Collection[str] | None) -> bool:
    """Whether the newest picture is on the screen, enhanced where it is to be."""
    if newest is None or not session.stream.live:
        return True
    if session.shown is None or session.shown.frame is not newest:
        return False
    suits = objectives is None or newest.objective in objectives
    return not suits or not session.stream.enhancing or session.shown.enhanced is not None
