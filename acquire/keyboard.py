"""Ctrl-C and the system's request to end, turned into wishes: once ends after the site, twice halts all axes."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType

from acquire.control import Control, Halts
from acquire.errors import AcquireError

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGBREAK") if hasattr(signal, name))
"""Ctrl-C; what shutting down, containers and schedulers send; Ctrl-Break on Windows."""


@contextmanager
def keyboard(
    control: Control, microscope: Halts, *, heard: Callable[[str], None] = lambda _says: None
) -> Iterator[Control]:
    """Let Ctrl-C end the capture after its site, and a second one halt all axes, as long as the context lasts.

    Parameters
    ----------
    control : Control
        Whose wishes they become.
    microscope : Halts
        Halted at the second one, and at every further one.
    heard : callable
        Told what was understood, in words; called inside the signal handler, so it must be short.

    Yields
    ------
    Control
        The same. Outside the main thread, where no signal arrives, nothing is changed.
    """
    if current_thread() is not main_thread():
        yield control
        return

    def hear(_number: int, _frame: FrameType | None) -> None:
        if control.wish in ("go", "pause"):
            control.stop()
        else:
            _halt(control, microscope)
        heard(control.says)

    before = {number: signal.signal(number, hear) for number in SIGNALS}
    try:
        yield control
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)  # None where another language had set it


@contextmanager
def interruptible() -> Iterator[None]:
    """Let Ctrl-C raise `KeyboardInterrupt` again while a person is asked something: there it is no answer."""
    if current_thread() is not main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before or signal.SIG_DFL)


def _halt(control: Control, microscope: Halts) -> None:
    """Halt, and leave an axis that would not to `Control.says`: an error here would surface in any line of the loop."""
    try:
        control.emergency(microscope)
    except AcquireError:
        return
