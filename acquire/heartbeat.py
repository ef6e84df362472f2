"""The heartbeat of a run: a small file that says whether it lives, what it does and when it will be done."""

import json
import os
import socket
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Lock
from typing import Literal, get_args

EVERY_S = 5.0
"""A run that lives writes at least so often between two sites, and at most so often while nothing changes."""
SILENT_S = 60.0
"""So long without a beat, a run is not heard of: far longer than any site takes but an autofocus at its worst."""
FILE = "heartbeat.json"

Doing = Literal["capturing", "suspended", "stalled", "finished", "paused", "aborted"]
OVER = ("finished", "paused", "aborted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """One beat.

    Parameters
    ----------
    pid : int
        Of the process that captures.
    host : str
        Its machine.
    state : str
        What the run does.
    time_s : float
        When, in seconds since the epoch.
    site, objective : str
        The visit being made.
    done, visits : int
        How many visits are stored, of how many.
    eta_s : float or None
        When it will be done, in seconds since the epoch; None while nobody knows.
    says : str
        What a person should know: why it waits, what stalls.
    """

    pid: int
    host: str
    state: Doing
    time_s: float
    site: str = ""
    objective: str = ""
    done: int = 0
    visits: int = 0
    eta_s: float | None = None
    says: str = ""

    def alive(self, *, now_s: float) -> bool:
        """Whether the run goes on, by its own last word: not over, and not silent for longer than `SILENT_S`."""
        return self.state not in OVER and now_s - self.time_s <= SILENT_S


@dataclass(slots=True, kw_only=True)
class Heartbeat:
    """Writes the heartbeat of one run; from any thread.

    Parameters
    ----------
    folder : Path
        The run.
    clock : callable
        Seconds since the epoch; virtual in tests.
    """

    folder: Path
    clock: Callable[[], float] = time.time
    _last: Beat | None = None
    _lock: Lock = field(default_factory=Lock)

    def beat(
        self,
        state: Doing,
        *,
        site: str = "",
        objective: str = "",
        done: int = 0,
        visits: int = 0,
        eta_s: float | None = None,
        says: str = "",
    ) -> bool:
        """Write what is going on, unless the state is the same as at the last beat and `EVERY_S` have not passed.

        Parameters
        ----------
        state, site, objective, done, visits, eta_s, says
            As in `Beat`; call it as often as you like.

        Returns
        -------
        bool
            Whether the file was written. A disk that is full, or a reader that holds the file open, is no reason to
            end a run: the next beat tries again.
        """
        told = Beat(
            pid=os.getpid(),
            host=socket.gethostname(),
            state=state,
            time_s=self.clock(),
            site=site,
            objective=objective,
            done=done,
            visits=visits,
            eta_s=eta_s,
            says=says,
        )
        with self._lock:
            return self._due(told) and self._written(told)

    def _due(self, told: Beat) -> bool:
        last = self._last
        return last is None or told.state != last.state or told.time_s - last.time_s >= EVERY_S

    def _written(self, told: Beat) -> bool:
        part = self.folder / f"{FILE}.part"
        try:
            part.write_text(json.dumps(asdict(told)), encoding="utf-8")
            part.replace(
                self.folder / FILE
            )  # not fsynced: it is out of date in seconds, and the journal is what counts
        except OSError:
            return False
        self._last = told
        return True


def read_heartbeat(folder: Path) -> Beat | None:
    """Read the last beat of a run, or None when there is none that can be read."""
    try:
        told = json.loads((folder / FILE).read_text(encoding="utf-8"))
        beat = Beat(**told)
    except (OSError, ValueError, TypeError):
        return None
    return beat if beat.state in get_args(Doing) else None
