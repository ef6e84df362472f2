"""The journal of a run: one JSON object a line, appended and on disk before the next step begins."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Journal:
    """Append-only list of events; a line cut short by a crash is passed over when read."""

    path: Path

    def append(self, **event: Any) -> None:
        """Write one event; returns when it is on disk."""
        line = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        with self.path.open("ab") as file:
            if file.tell() and not self._ends_whole():
                file.write(b"\n")
            file.write(line.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def events(self) -> Iterator[dict[str, Any]]:
        """Read all whole events in order."""
        if not self.path.is_file():
            return
        for line in self.path.read_bytes().splitlines():
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if isinstance(event, dict):
                yield event

    def _ends_whole(self) -> bool:
        with self.path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"
