"""One question at a time to the person at the window, asked from the thread of a capture; no Qt."""

from collections.abc import Callable
from threading import Condition

POLL_S = 0.1
"""Between two looks at whether the one who asks still waits."""


def _stays() -> bool:
    """Nobody leaves."""
    return False


class Question:
    """Stands between the capture, which waits for the answer, and the window, which shows the question.

    Examples
    --------
    >>> question = Question()
    >>> question.ask("Is the oil on?") is None  # there is no window
    True
    """

    def __init__(self) -> None:
        self._changed = Condition()
        self._open = False
        self._words = ""
        self._answer: bool | None = None

    @property
    def words(self) -> str:
        """The question that waits; empty while there is none."""
        return self._words

    def show(self) -> None:
        """Take note that a window is there to answer in."""
        with self._changed:
            self._open = True

    def hide(self) -> None:
        """Take note that the window has gone; a question that waits is to be asked elsewhere."""
        with self._changed:
            self._open = False
            self._changed.notify_all()

    def answer(self, yes: bool, *, to: str) -> None:
        """Answer a question, from the window; nothing when another one waits by now, or none."""
        with self._changed:
            if to and to == self._words:
                self._answer, self._words = yes, ""  # the first click counts
                self._changed.notify_all()

    def ask(self, words: str, *, left: Callable[[], bool] = _stays) -> bool | None:
        """Ask, and wait for the answer.

        Parameters
        ----------
        words : str
            The question.
        left : callable
            Whether a person wishes to end the capture meanwhile; then nobody is waited for any longer.

        Returns
        -------
        bool or None
            None when nobody answered: there is no window, it was closed, or the capture is to end.
        """
        with self._changed:
            self._answer = None
            self._words = words if self._open else ""
            try:
                while self._open and self._answer is None:
                    if left():
                        return None
                    self._changed.wait(POLL_S)
                return self._answer
            finally:
                self._words = ""
