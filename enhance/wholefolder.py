"""A folder that appears whole or not at all: written beside its place, then swapped in."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from enhance.errors import PairsError

STATES = ("part", "replaced")
"""Endings of the names beside `out`, which begin with a dot: what a person has called pairs.old stays."""


@contextmanager
def whole_folder(out: Path, *, marker: str) -> Iterator[Path]:
    """Give a new folder that takes the place of `out` when all went well, and vanishes otherwise.

    Parameters
    ----------
    out : Path
        A folder that is not there, is empty, or holds the file `marker`; anything else is never touched.
    marker : str
        Name of the file by which a folder of this kind is known.

    Yields
    ------
    Path
        The new folder, empty, beside `out`.

    Raises
    ------
    PairsError
        When `out` holds something else, or the disk refuses.
    """
    out = out.resolve()
    part, old = (out.with_name(f".{out.name}.{state}") for state in STATES)
    _put_back(old, out, marker)
    if out.exists() and not (out / marker).is_file() and (out.is_file() or any(out.iterdir())):
        raise PairsError(f"{out} is there already and is no training set: give a new folder")
    try:
        for folder in (part, old):
            shutil.rmtree(folder, ignore_errors=True)
        part.mkdir(parents=True)
        yield part
        if out.exists():
            out.replace(old)
        part.replace(out)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise PairsError(f"{out} cannot be written ({error}): make room, or close what uses it") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _put_back(old: Path, out: Path, marker: str) -> None:
    """Undo a swap that was killed between its two renames, which left nothing under the name of `out`."""
    if out.exists() or not (old / marker).is_file():
        return
    try:
        old.replace(out)
    except OSError as error:
        raise PairsError(f"{old} cannot be put back as {out.name} ({error}): close what uses it") from error
