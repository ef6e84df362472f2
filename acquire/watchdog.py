"""A watchdog over calls that may never return: it notices and tells, and never moves anything."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Lock, Thread
from types import MappingProxyType, TracebackType
from typing import Self

LOOKS_EVERY_S = 1.0

ALLOWED_S: Mapping[str, float] = MappingProxyType(
    {
        "move": 230.0,  # 20 mm of stage at the slowest 100 µm/s that acquire.motion allows, and its 5 s
        "focus": 90.0,  # 390 µm of Z at the slowest 10 µm/s, twice for the approach
        "turn": 130.0,  # a retraction like that, and the turret's 30 s
        "snap": 130.0,  # what acquire.camera allows for the arrival of a frame, and its grace
        "autofocus": 1800.0,  # 35 planes, each as slow as a simulated frame of 2048² may be
        "store": 300.0,  # a stack of 300 MB over a slow network drive
        "wait": 3600.0,
    }
)
"""Longest time of each kind of call in seconds: beyond the call's own time-out, which should have ended it before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stall:
    """A call that has not come back.

    Parameters
    ----------
    kind : str
        A key of `ALLOWED_S`.
    says : str
        Where: the site, the objective.
    seconds : float
        Since it was made.
    """

    kind: str
    says: str
    seconds: float

    def __str__(self) -> str:
        """Return it as a sentence for a person."""
        where = f" ({self.says})" if self.says else ""
        return (
            f"a call to {self.kind}{where} has not come back for {self.seconds:.0f} s: look at the stand and at "
            "Micro-Manager; nothing was moved because of this"
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Call:
    kind: str
    says: str
    began_s: float
    allowed_s: float


class Watchdog:
    """Looks, from a thread of its own, at how long the call being made has lasted.

    Parameters
    ----------
    tell : callable
        Told once of each stall, from the watchdog's thread: journals it, marks the heartbeat.
    back : callable
        Told, from the thread of the call, when a stalled one came back or raised after all.
    clock : callable
        Seconds; virtual in tests, which call `look` themselves.

    Examples
    --------
    >>> now_s, stalls = [0.0], []
    >>> dog = Watchdog(tell=stalls.append, clock=lambda: now_s[0])
    >>> with dog.watching("snap", "site 0007"):
    ...     now_s[0] = 1000.0
    ...     dog.look()
    >>> stalls[0].kind, stalls[0].seconds
    ('snap', 1000.0)
    """

    def __init__(
        self,
        *,
        tell: Callable[[Stall], None],
        back: Callable[[Stall], None] = lambda _stall: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tell = tell
        self._back = back
        self._clock = clock
        self._lock = Lock()
        self._calls: list[_Call] = []
        self._told: dict[_Call, Stall] = {}
        self._ends = Event()
        self._thread: Thread | None = None

    @property
    def stall(self) -> Stall | None:
        """The stall that was told and is not over, if any."""
        with self._lock:
            return next(iter(self._told.values()), None)

    @contextmanager
    def watching(self, kind: str, says: str = "", *, allowed_s: float | None = None) -> Iterator[None]:
        """Watch over one call; calls may be made inside one another.

        Parameters
        ----------
        kind : str
            A key of `ALLOWED_S`.
        says : str
            Where: the site, the objective.
        allowed_s : float, optional
            How long it may last; `ALLOWED_S` of its kind when not given.
        """
        limit_s = ALLOWED_S[kind] if allowed_s is None else allowed_s
        call = _Call(kind=kind, says=says, began_s=self._clock(), allowed_s=limit_s)
        with self._lock:
            self._calls.append(call)
        try:
            yield
        finally:
            self._over(call)

    def look(self) -> None:
        """Tell of every call that lasts too long and was not told of yet; the thread does this every second."""
        now_s = self._clock()
        with self._lock:
            fresh = [_stall(call, now_s) for call in self._calls if self._stalls_now(call, now_s)]
            self._told.update(fresh)
        for _, stall in fresh:
            self._tell(stall)

    def __enter__(self) -> Self:
        self._thread = Thread(target=self._run, name="watchdog", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ends.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._ends.wait(LOOKS_EVERY_S):
            self.look()

    def _over(self, call: _Call) -> None:
        with self._lock:
            self._calls = [one for one in self._calls if one is not call]
            stalled = self._told.pop(call, None)
        if stalled is not None:
            self._back(_stall(call, self._clock())[1])

    def _stalls_now(self, call: _Call, now_s: float) -> bool:
        return call not in self._told and now_s - call.began_s > call.allowed_s


def _stall(call: _Call, now_s: float) -> tuple[_Call, Stall]:
    return call, Stall(kind=call.kind, says=call.says, seconds=now_s - call.began_s)
