"""What passes between two threads: one-slot mailboxes where the latest wins, and a bell that is rung at most once."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Mailbox(Generic[Item]):
    """One slot: putting replaces what was not taken, and counts it.

    A queue would hold every frame that a slow reader has not seen: memory and latency would grow without end.
    """

    def __init__(self) -> None:
        self._filled = threading.Condition()
        self._item: Item | None = None
        self._overwritten = 0

    def put(self, item: Item) -> None:
        """Leave `item` for the reader, in place of any that waits; never blocks."""
        with self._filled:
            if self._item is not None:
                self._overwritten += 1
            self._item = item
            self._filled.notify()

    def take(self, timeout_s: float = 0.0) -> Item | None:
        """Return the latest item, once; None when there is none after `timeout_s` seconds."""
        with self._filled:
            if self._item is None and timeout_s > 0:
                self._filled.wait(timeout_s)
            item, self._item = self._item, None
            return item

    @property
    def overwritten(self) -> int:
        """How many items were replaced before anyone took them."""
        with self._filled:
            return self._overwritten


class Bell:
    """A wake-up without payload, rung at most once until it is answered.

    Answer *before* taking from the mailbox: an item put after the taking then rings again, and none is left lying.

    Parameters
    ----------
    ring : callable
        Called in the ringing thread; must return at once, as emitting a queued Qt signal does.
    """

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._lock = threading.Lock()
        self._pending = False

    def ring(self) -> None:
        """Wake the reader, unless it has been woken already and has not answered."""
        with self._lock:
            pending, self._pending = self._pending, True
        if not pending:
            self._ring()

    def answer(self) -> None:
        """Let the next `ring` through again."""
        with self._lock:
            self._pending = False
