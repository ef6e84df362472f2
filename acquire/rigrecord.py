"""Record: what is known of one rig beyond its runs, and the file that holds it."""

import json
import os
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from acquire.errors import StateError
from acquire.stackfile import sync_folder

Wet = Literal["dry", "oiled", "cleaned"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Latch:
    """Why no lens may come nearer to the slide, and since when (seconds since the epoch)."""

    reason: str
    time_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedFocus:
    """Z of a focus that was found in pictures, and when (seconds since the epoch)."""

    z_um: float
    time_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is known of a rig between two acts.

    Parameters
    ----------
    slide : str
        Name of the slide on the stage, as the last run called it.
    wet : {'dry', 'oiled', 'cleaned'}
        What a person or the program last said of it.
    before_oil : {'dry', 'oiled', 'cleaned'}
        What it was before oil was asked for: it is that again when the oil is refused.
    doubt : bool
        Whether a session ended without being closed since: then nobody knows what was done last.
    latch : Latch or None
        Set by a failed motion, cleared by a person.
    foci : mapping of str to VerifiedFocus
        Of each objective on this slide.
    open : bool
        Whether a session is running, or was when its program died.
    """

    slide: str = ""
    wet: Wet = "dry"
    before_oil: Wet = "dry"
    doubt: bool = False
    latch: Latch | None = None
    foci: Mapping[str, VerifiedFocus] = field(default_factory=dict)
    open: bool = False

    @property
    def lies_wet(self) -> bool:
        """Whether the slide counts as wet: known to be, or in doubt."""
        return self.wet == "oiled" or self.doubt


UNKNOWN = Record(wet="oiled", doubt=True)
_FILE = TypeAdapter(Record)


def read_record(path: Path) -> Record:
    """Read a record; a rig without a file has never been used, a damaged file counts as oiled and latched.

    Parameters
    ----------
    path : Path
        Of the JSON file.
    """
    try:
        return _FILE.validate_json(path.read_bytes())
    except FileNotFoundError:
        return Record()
    except (OSError, ValidationError) as error:
        fault = str(error).splitlines()[0]
        reason = f"what was known of this rig cannot be read from {path} ({fault})"
        return replace(UNKNOWN, latch=Latch(reason=reason, time_s=0.0))


def write_record(path: Path, record: Record) -> None:
    """Put a record on disk, whole or not at all; returns when it is there.

    Raises
    ------
    StateError
        When the disk refuses; the old file is what it was.
    """
    part = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            file.write(json.dumps(asdict(record), indent=1, ensure_ascii=False).encode())
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise StateError(
            f"the state of the rig could not be written to {path} ({error}), and nothing is done before it is: make "
            "room, or set PARFOCAL_STATE_DIR to a folder that can be written"
        ) from error
