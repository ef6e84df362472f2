"""RigState: slide, latch and foci of one rig, in words of the act, and on disk before the act."""

import hashlib
import os
import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import RLock
from typing import Any

from platformdirs import user_state_path

from acquire.errors import StateError
from acquire.rigrecord import Latch, Record, VerifiedFocus, read_record, write_record
from calibration.optics import Rig

STATE_DIR = "PARFOCAL_STATE_DIR"
"""Names the folder in the environment, where it shall not be the user's own: in tests, and for a rig of many users."""

Stamp = tuple[int, int, int] | None


def state_folder() -> Path:
    """Return the folder for what outlives a run."""
    named = os.environ.get(STATE_DIR)
    return Path(named) if named else user_state_path("parfocal", appauthor=False)


def rig_key(rig: Rig) -> str:
    """Return the name under which a rig is known: that of the microscope, not of the file that describes it.

    Two rig files that name one Micro-Manager configuration, or one port, are one rig; demo and simulated ones are told
    apart by their names.
    """
    source = rig.source
    if source.kind == "running":
        return f"running-{source.port}"
    if source.kind == "in_process":
        place = Path(source.config).resolve()
        return f"in_process-{_word(place.stem)}-{hashlib.sha256(str(place).encode()).hexdigest()[:8]}"
    return f"{source.kind}-{_word(rig.name)}"


def open_state(rig: Rig) -> "RigState":
    """Return what is known of a rig, whether or not its microscope is open."""
    return RigState(state_folder() / f"{rig_key(rig)}.json")


class RigState:
    """What is known of one rig, kept in a file; without one it is forgotten with this object.

    Every method returns when the file says so. The file is read anew when it has changed, so a person can clear the
    latch while another program waits for that.

    Parameters
    ----------
    path : Path, optional
        Of the file; it need not be there.
    clock : callable
        Seconds since the epoch.

    Examples
    --------
    >>> state = RigState()
    >>> state.oil_asked("S-014")
    >>> state.record.lies_wet
    True
    >>> state.oil_refused()
    >>> state.record.wet
    'dry'
    """

    def __init__(self, path: Path | None = None, *, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self._clock = clock
        self._lock = RLock()
        self._read: Record = Record()
        self._stamp: Stamp = None
        self._held: Latch | None = None

    @property
    def record(self) -> Record:
        """What is known now."""
        with self._lock:
            if self.path is not None and (stamp := _stamp(self.path)) != self._stamp:
                self._read, self._stamp = read_record(self.path), stamp
            return self._read if self._held is None else replace(self._read, latch=self._held)

    def latch(self, reason: str) -> None:
        """Let no lens come nearer to the slide until a person has looked; the first reason is kept.

        It holds in this process even when it cannot be written; then the reason says so.
        """
        if self.record.latch is not None:
            return
        latch = Latch(reason=reason, time_s=self._clock())
        try:
            self._change(latch=latch)
        except StateError as error:
            self._held = replace(latch, reason=f"{reason}; and {error}")

    def clear_latch(self) -> None:
        """Note that a person has looked at lens, slide and drives, and that they are sound."""
        self._change(latch=None)
        self._held = None  # last: what could not be written is not cleared

    def oil_asked(self, slide: str) -> None:
        """Count the slide as oiled from now on, for a person is about to be asked for oil."""
        self._change(slide=slide, wet="oiled", before_oil=self.record.wet)

    def oiled(self) -> None:
        """Note that the slide lies under oil."""
        if (self.record.wet, self.record.before_oil) != ("oiled", "oiled"):
            self._change(wet="oiled", before_oil="oiled")

    def oil_refused(self) -> None:
        """Note that no oil was put on: the slide is again what it was before the question."""
        self._change(wet=self.record.before_oil)

    def cleaned(self) -> None:
        """Take a person's word that nothing wet lies on the slide and the wet lenses were wiped."""
        self._change(wet="cleaned", doubt=False)

    def confirmed_dry(self) -> None:
        """Take a person's word, after a session that was not closed, that the slide is what it was before.

        A slide that is known to lie under oil stays so: that takes `cleaned`.
        """
        self._change(doubt=False)

    def new_slide(self, name: str) -> None:
        """Take a person's word that another slide, with nothing wet on it, lies there and wet lenses were wiped.

        What was in focus on the old one is forgotten.
        """
        self._change(slide=name, wet="dry", doubt=False, foci={})

    def named(self, slide: str) -> None:
        """Give the slide on the stage the name that a run calls it; whether it is wet stays as it is."""
        if self.record.slide != slide:
            self._change(slide=slide, foci={})

    def verified_focus(self, objective: str, z_um: float) -> None:
        """Remember a focus that was found in pictures through this objective."""
        focus = VerifiedFocus(z_um=z_um, time_s=self._clock())
        self._change(foci={**self.record.foci, objective: focus})

    def opened(self, *, wets: bool = True) -> None:
        """Begin a session; when the last one was not closed, the slide is in doubt until a person has confirmed it.

        Parameters
        ----------
        wets : bool
            Whether the rig has an immersion lens; without one nothing can have been oiled meanwhile.
        """
        record = self.record
        self._change(open=True, doubt=record.doubt or (wets and record.open))

    def closed(self) -> None:
        """End the session as it should end."""
        self._change(open=False)

    def _change(self, **changes: Any) -> None:
        with self._lock:
            changed = replace(self.record, **changes)
            if self.path is not None:
                write_record(self.path, changed)
                self._stamp = _stamp(self.path)
            self._read = changed


def _word(text: str) -> str:
    return re.sub(r"[^\w.-]", "_", text)


def _stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
