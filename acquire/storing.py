"""Storing one stack while the next site is being visited: the disk's time is hidden, its promises are kept."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from acquire.errors import AcquireError

Write = Callable[[], None]
"""Puts one stack on disk; returns when it is there under its final name and journalled."""


class Storing:
    """A writer with room for one stack: while that goes to disk the stage may move on, and no farther than one site.

    The journal still says that a stack is stored only once it is, so a kill at any moment loses at most the two sites
    that were on their way. A stack that could not be written is kept, and written again when asked: nothing has to be
    captured anew because a disk was full.

    Use it as a context; leaving it waits for the stack on its way, after an error too.

    Examples
    --------
    >>> with Storing() as storing:
    ...     storing.put(lambda: None)
    ...     storing.settle()
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="storing")
        self._write: Write | None = None
        self._done: Future[None] | None = None

    @property
    def pending(self) -> bool:
        """Whether a stack is on its way, or could not be written and waits for another try."""
        return self._write is not None

    def put(self, write: Write) -> None:
        """Hand over a stack; returns at once when the one before is on disk, else waits for that.

        Parameters
        ----------
        write : callable
            Writes it, in another thread; it must hold all it needs.

        Raises
        ------
        StoreError
            When the stack *before* could not be written: this one was not taken; call `settle` when the reason is
            gone, which tries the one before again, and then `put` once more.
        """
        self.settle()
        self._go(write)

    def settle(self) -> None:
        """Wait until all is on disk; a stack that failed before is tried again.

        Raises
        ------
        StoreError
            When it cannot be written; it is kept for another try.
        """
        if self._write is None:
            return
        if self._done is None:
            self._go(self._write)
        done, self._done = self._done, None
        if done is not None:
            done.result()
        self._write = None

    def drop(self) -> None:
        """Give up a stack that could not be written."""
        self._write = self._done = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.settle()
        except AcquireError as unwritten:
            if error is None:
                raise
            error.add_note(str(unwritten))
        finally:
            self._thread.shutdown(wait=True)

    def _go(self, write: Write) -> None:
        self._write, self._done = write, self._thread.submit(write)
