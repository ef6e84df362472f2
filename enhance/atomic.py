"""Files that appear whole or not at all: written beside their place, brought to disk, then renamed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open `path` for writing so that nobody ever sees it half written.

    Parameters
    ----------
    path : Path
        Where the file shall stand; its folder is made. What stood there stays until the new file is whole, and stays
        for good when the writing fails.

    Yields
    ------
    BinaryIO
        To be written to; it is ``<name>.part`` until the context is left without an error.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes) -> None:
    """Write `content` as `path`, whole or not at all."""
    with whole_file(path) as file:
        file.write(content)
