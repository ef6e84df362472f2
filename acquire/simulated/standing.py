"""The time of a simulated microscope: it stands still while a picture is computed, which a camera does not do."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class StandingClock:
    """Seconds without those spent on computing pictures.

    On a slow or busy machine the lamp would else warm up and the focus drift further between two frames than on a fast
    one, and no two runs would see the same.

    Parameters
    ----------
    clock : callable
        Seconds; virtual in tests.

    Examples
    --------
    >>> now_s = [0.0]
    >>> clock = StandingClock(lambda: now_s[0])
    >>> with clock.standing():
    ...     now_s[0] = 7.0
    >>> now_s[0] = 8.0
    >>> clock()
    1.0
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._stood_s = 0.0
        self._since_s: float | None = None

    def __call__(self) -> float:
        """Return what it shows."""
        return (self._clock() if self._since_s is None else self._since_s) - self._stood_s

    @contextmanager
    def standing(self) -> Iterator[None]:
        """Let it stand as long as the context lasts; once inside, a second time changes nothing."""
        if self._since_s is not None:
            yield
            return
        self._since_s = self._clock()
        try:
            yield
        finally:
            self._stood_s += self._clock() - self._since_s
            self._since_s = None
