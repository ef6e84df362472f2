"""What is done about exceptions that nobody caught, Qt's own messages and Ctrl+C while the viewer is open."""

import logging
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType

from qtpy.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

from gui.window import ViewerWindow

_log = logging.getLogger(__name__)


@contextmanager
def faults_said_in(window: ViewerWindow) -> Iterator[None]:
    """Say every exception that nobody caught, of any thread, in the window, and keep it for the report.

    Parameters
    ----------
    window : ViewerWindow
    """

    def say(error: BaseException | None) -> None:
        words = f"viewer: {type(error).__name__}: {error}"
        _log.error(words)
        _log.debug("where it was raised", exc_info=error)
        window.session.note_fault(words)
        window.told.emit(words, True)

    def in_slot(kind: type[BaseException], error: BaseException, _traceback: TracebackType | None) -> None:
        if issubclass(kind, Exception):
            say(error)
        else:
            window.close()

    def in_thread(args: threading.ExceptHookArgs) -> None:
        say(args.exc_value)

    former_slot, former_thread = sys.excepthook, threading.excepthook
    sys.excepthook, threading.excepthook = in_slot, in_thread
    try:
        yield
    finally:
        sys.excepthook, threading.excepthook = former_slot, former_thread


@contextmanager
def qt_messages_logged() -> Iterator[None]:
    """Log what Qt has to say instead of writing it between the lines of the terminal."""

    def log(kind: QtMsgType, _context: QMessageLogContext, words: str | None) -> None:
        grave = kind in (QtMsgType.QtCriticalMsg, QtMsgType.QtFatalMsg)
        _log.log(logging.ERROR if grave else logging.INFO, "Qt: %s", words)

    former = qInstallMessageHandler(log)
    try:
        yield
    finally:
        qInstallMessageHandler(former)


@contextmanager
def interrupt_closes(window: ViewerWindow) -> Iterator[None]:
    """Let Ctrl+C in the terminal close the window; elsewhere than in the main thread, change nothing.

    Parameters
    ----------
    window : ViewerWindow
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def close(_signal: int, _frame: FrameType | None) -> None:
        window.close()

    former = signal.signal(signal.SIGINT, close)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, former)
