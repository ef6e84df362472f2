"""Rate: how many times a second something happens, now and over the whole run."""

import threading
from collections import deque
from collections.abc import Callable

WINDOW_S = 2.0
"""The rate of the moment is taken over this time, and over two ticks at least."""
MOST_KEPT = 400
"""Ticks kept: two seconds at 200 frames per second, twice the fastest camera measured."""
STALLED = 2.0
"""A pause this many intervals long is no longer jitter: the rate falls while it lasts."""


class Rate:
    """Counts ticks from any thread.

    Parameters
    ----------
    clock : callable
        Gives the time in seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._recent: deque[float] = deque(maxlen=MOST_KEPT)
        self._first_s = 0.0
        self._count = 0

    def tick(self) -> None:
        """Count one event now."""
        now_s = self._clock()
        with self._lock:
            if self._count == 0:
                self._first_s = now_s
            self._count += 1
            self._recent.append(now_s)

    @property
    def count(self) -> int:
        """Ticks so far."""
        with self._lock:
            return self._count

    @property
    def per_second(self) -> float:
        """Rate over the last ticks; falls while no tick comes; 0 before the second."""
        with self._lock:
            ticks = list(self._recent)
        recent = [tick_s for tick_s in ticks if tick_s >= ticks[-1] - WINDOW_S]
        recent = recent if len(recent) > 1 else ticks[-2:]
        if len(recent) <= 1 or recent[-1] <= recent[0]:
            return 0.0
        interval_s = (recent[-1] - recent[0]) / (len(recent) - 1)
        pause_s = self._clock() - recent[-1]
        return 1.0 / (pause_s if pause_s > STALLED * interval_s else interval_s)

    @property
    def mean_per_second(self) -> float:
        """Rate from the first tick to the last; 0 before the second."""
        with self._lock:
            span_s = self._recent[-1] - self._first_s if self._recent else 0.0
            return (self._count - 1) / span_s if span_s > 0 else 0.0
