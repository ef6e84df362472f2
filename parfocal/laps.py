"""How long each step of a job took, over all sessions in which it was worked on."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from acquire.errors import StoreError
from enhance.atomic import write_whole


class Laps:
    """Seconds spent on each step, kept in a file, so that a job that is gone on with does not forget what it took.

    Parameters
    ----------
    file : Path
        JSON, from names of steps to seconds; what it holds already is added to.
    now_s : callable
        The clock.

    Raises
    ------
    StoreError
        When the file is there and holds something else.
    """

    def __init__(self, file: Path, *, now_s: Callable[[], float] = time.monotonic) -> None:
        self._file = file
        self._now_s = now_s
        self._seconds = _read(file)

    @property
    def seconds(self) -> tuple[tuple[str, float], ...]:
        """Name and seconds of each step, in the order in which they were first begun."""
        return tuple(self._seconds.items())

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Count the time of one step, also when it fails or is stopped; what was killed is not counted."""
        start_s = self._now_s()
        try:
            yield
        finally:
            self._seconds[name] = self._seconds.get(name, 0.0) + self._now_s() - start_s
            write_whole(self._file, json.dumps(self._seconds).encode())


def _read(file: Path) -> dict[str, float]:
    if not file.is_file():
        return {}
    try:
        return {str(name): float(seconds) for name, seconds in json.loads(file.read_text(encoding="utf-8")).items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise StoreError(
            f"{file} does not hold the seconds of each step: remove it and run the command again"
        ) from error
