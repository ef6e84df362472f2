"""What is told of a running capture: journal, heartbeat, bar, time left, and calls that do not come back."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import RLock
from typing import Any, Self

from acquire.errors import StoreError
from acquire.heartbeat import OVER, Doing, Heartbeat
from acquire.plan import Visit
from acquire.runfolder import RunFolder
from acquire.steptimes import Step, StepTimes
from acquire.watchdog import Stall, Watchdog

Progress = Callable[[int, int, str], None]
"""Told how many visits are stored, of how many, and what was done last."""
MINUTE_S, HOUR_S = 60, 3600
COUNTS_EVERY_S = 5.0
"""Between two countings of what is left: a whole slide has 100,000 visits."""


@dataclass(slots=True, kw_only=True, eq=False)
class Oversight:
    """Tells of one capture, from its first visit to its last; use it as a context.

    Parameters
    ----------
    run : RunFolder
        Its journal and heartbeat are written.
    visits : sequence of Visit
        All of the run, in order.
    progress : callable
        Shows a bar.
    times : StepTimes
        Measured as the capture goes on.
    """

    run: RunFolder
    visits: Sequence[Visit]
    progress: Progress
    times: StepTimes
    dog: Watchdog = field(init=False)
    _heart: Heartbeat = field(init=False)
    _now: Visit | None = field(default=None, init=False)
    _counted: tuple[float, float] | None = field(default=None, init=False)
    _late: list[dict[str, Any]] = field(default_factory=list, init=False)
    _lock: RLock = field(default_factory=RLock, init=False)

    def __post_init__(self) -> None:
        self.dog = Watchdog(tell=self._stalled, back=self._came_back)
        self._heart = Heartbeat(folder=self.run.path)

    def note(self, event: str, **told: Any) -> None:
        """Put an event into the journal, with the time and the visit being made; on a full disk, once there is room."""
        with self._lock:
            self._late.append({"event": event, "time_s": time.time(), **self._where(), **told})
        with self._lock, suppress(StoreError):
            while self._late:
                self.run.journal.append(**self._late[0])
                del self._late[0]

    def again(self, event: str, says: str) -> None:
        """Note a second try of the driver: see `Microscope.again`."""
        self.note(event, says=says)

    def says(self, state: Doing, says: str = "") -> None:
        """Let the heart beat; call it as often as you like."""
        left_s = None if state in OVER else self.left_s()
        eta_s = None if left_s is None else time.time() + left_s
        done, visits = len(self.run.stored), len(self.visits)
        self._heart.beat(state, done=done, visits=visits, eta_s=eta_s, says=says, **self._where())

    @contextmanager
    def visit(self, visit: Visit) -> Iterator[None]:
        """Count what happens inside as belonging to a visit."""
        self._now = visit
        self.says("capturing")
        try:
            yield
        finally:
            self._now = None

    def stored(self, visit: Visit) -> None:
        """Show that a visit is done."""
        left_s = self.left_s()
        left = "" if left_s is None else f", {_duration(left_s)} left"
        self.progress(len(self.run.stored), len(self.visits), f"site {visit.site} with {visit.objective}{left}")

    def searching(self, says: str) -> None:
        """Show what is done between two visits."""
        self.progress(len(self.run.stored), len(self.visits), says)
        self.says("capturing", says)

    @contextmanager
    def call(self, kind: str, step: Step | None = None) -> Iterator[None]:
        """Watch over a call of a kind that the watchdog knows, as a step of the visit when it is one."""
        where = " with ".join(self._where().values())
        with self.dog.watching(kind, where and f"site {where}"):
            if step is None:
                yield
                return
            with self.times.step(step):
                yield

    def left_s(self) -> float | None:
        """Seconds that the visits to come will take; None while nothing was measured."""
        now_s = self.times.clock()
        if self._counted is None or now_s - self._counted[0] > COUNTS_EVERY_S:
            self._counted = None if not (self.times.now or self.times.before) else (now_s, self._count())
        return None if self._counted is None else max(0.0, self._counted[1] - (now_s - self._counted[0]))

    def _count(self) -> float:
        pending = (visit for visit in self.visits if (visit.site, visit.objective) not in self.run.stored)
        return self.times.left_s(pending, objective=self._where().get("objective"))

    def _where(self) -> dict[str, str]:
        """Name the visit being made; it is read once, for another thread may end the visit meanwhile."""
        now = self._now
        return {} if now is None else {"site": now.site, "objective": now.objective}

    def __enter__(self) -> Self:
        self.dog.__enter__()
        return self

    def __exit__(self, *ended: Any) -> None:
        self.dog.__exit__(*ended)

    def _stalled(self, stall: Stall) -> None:
        self.note("stalled", says=str(stall))
        self.says("stalled", str(stall))

    def _came_back(self, stall: Stall) -> None:
        self.note("came_back", says=str(stall))


def _duration(seconds: float) -> str:
    if seconds < MINUTE_S:
        return f"{seconds:.0f} s"
    if seconds < HOUR_S:
        return f"{seconds / MINUTE_S:.0f} min"
    return f"{seconds / HOUR_S:.1f} h"
