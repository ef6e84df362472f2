"""Ctrl-C and the system's wish to end, as wishes: asked for between two steps instead of breaking one."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

HELD = (signal.SIGINT, signal.SIGTERM)
"""Ctrl-C; and what `kill`, torchrun and a cluster's scheduler send before they end a process by force."""


@contextmanager
def deferred_interrupt() -> Iterator[Callable[[], bool]]:
    """Hold back the first Ctrl-C or termination within the context; a second one interrupts at once.

    Yields
    ------
    callable
        Tells whether it came. Outside the main thread no signal arrives and it stays False.
    """
    came = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield came.is_set
        return
    before = {number: signal.getsignal(number) for number in HELD}

    def hold(_number: int, _frame: FrameType | None) -> None:
        came.set()
        restore()

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    for number in HELD:
        signal.signal(number, hold)
    try:
        yield came.is_set
    finally:
        restore()
