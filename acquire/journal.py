"""The journal of a run: one JSON object a line, appended and on disk before the next step begins."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from typing import Any

from acquire.errors import StoreError


@dataclass(slots=True, eq=False)
class Journal:
    """Append-only list of events; a line cut short by a crash is passed over when read.

    What was read once is kept: a night's journal is asked for its events at every site. Any thread may call.

    Parameters
    ----------
    path : Path
        Of the file; it need not be there.
    """

    path: Path
    _events: list[dict[str, Any]] = field(default_factory=list, init=False)
    _last: dict[object, dict[str, Any]] = field(default_factory=dict, init=False)
    _read_bytes: int = field(default=0, init=False)
    _lock: RLock = field(default_factory=RLock, init=False)

    def append(self, **event: Any) -> None:
        """Write one event; returns when it is on disk.

        Raises
        ------
        StoreError
            When the disk refuses, as a full one does.
        """
        try:
            self._append(event)
        except OSError as error:
            raise StoreError(
                f"{self.path} could not be written ({error}): make room, or give the run another disk"
            ) from error

    def _append(self, event: dict[str, Any]) -> None:
        line = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        with self._lock, self.path.open("ab") as file:
            if file.tell() and not self._ends_whole():
                file.write(b"\n")
            file.write(line.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def events(self) -> Iterator[dict[str, Any]]:
        """Read all whole events in order."""
        with self._lock:
            last = _event(self._read_on())  # whole, though a crash cut off its end of line
            return iter((*self._events, *([] if last is None else [last])))

    def last(self, name: str) -> dict[str, Any] | None:
        """Return the last whole event of a name, or None; it is asked at every stack, so all are not walked through."""
        with self._lock:
            last = _event(self._read_on())
            return last if last is not None and last.get("event") == name else self._last.get(name)

    def _read_on(self) -> bytes:
        """Read what was appended since, by whatever program; all of it where the file has become shorter.

        Returns
        -------
        bytes
            What stands after the last end of line.
        """
        size = self.path.stat().st_size if self.path.is_file() else 0
        if size < self._read_bytes:
            self._events.clear()
            self._last.clear()
            self._read_bytes = 0
        if size == self._read_bytes:
            return b""
        with self.path.open("rb") as file:
            file.seek(self._read_bytes)
            whole, found, rest = file.read().rpartition(b"\n")
        self._read_bytes += len(whole) + len(found)
        fresh = [event for line in whole.splitlines() if (event := _event(line)) is not None]
        self._events += fresh
        self._last.update((event.get("event"), event) for event in fresh)
        return rest

    def _ends_whole(self) -> bool:
        with self.path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"


def _event(line: bytes) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None
