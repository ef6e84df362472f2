"""Stream: camera thread → latest frame → network thread → latest pair → one wake-up; no Qt.

The camera thread is the one that owns the microscope while the stream is open. Exceptions of either thread are kept and
handed on, and the stream goes on as far as it honestly can: without enhancing, or stopped until it is started again.
"""

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from acquire.frame import Frame, Pixels
from acquire.microscope import LiveStream
from calibration.flatfield import Correction, correct
from gui.develop import FramePair, develop
from gui.mailbox import Bell, Mailbox
from gui.rate import Rate

if TYPE_CHECKING:  # the viewer shows raw frames without loading a network
    from enhance.engine import Engine

CameraSource = Callable[[], AbstractContextManager[LiveStream]]
"""Starts the camera on entering, stops it on leaving: ``partial(microscope.live, exposure_ms)``."""

POLL_S = 0.002
"""How often the camera is asked for a new frame: well below the 10 ms of the fastest camera measured (94 fps)."""
IDLE_S = 0.1
"""How long a thread without work sleeps before it looks whether it shall end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What went wrong in one of the threads.

    Parameters
    ----------
    where : {'camera', 'correction', 'network', 'display'}
    error : Exception
        As it was raised.
    """

    where: str
    error: Exception

    def __str__(self) -> str:
        said = str(self.error) or type(self.error).__name__
        return f"{self.where}: {said}"


class Stream:
    """Frames of a running camera, corrected and enhanced, the newest only.

    Parameters
    ----------
    source : callable
        Starts the camera; entered and left in the camera thread.
    engine : Engine or None
        None shows raw frames only.
    corrections : mapping of str to Correction
        By objective name; a frame of another objective is shown as it is, and marked so.
    wake : callable
        Called at most once until `take`, from a worker thread, when there is something new; must return at once.
    clock : callable
        Seconds since the epoch, the clock of `Frame.time_s`.
    """

    def __init__(
        self,
        source: CameraSource,
        *,
        engine: "Engine | None",
        corrections: Mapping[str, Correction],
        wake: Callable[[], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._source = source
        self._engine = engine
        self._corrections = corrections
        self._bell = Bell(wake)
        self._closing = threading.Event()
        self._live = threading.Event()
        self._enhancing = threading.Event()
        self._frames: Mailbox[Frame] = Mailbox()
        self._pairs: Mailbox[FramePair] = Mailbox()
        self._first: Mailbox[FramePair] = Mailbox()
        self._begun = False
        self._problems: list[Problem] = []
        self.camera_rate = Rate(clock)
        self.network_rate = Rate(clock)
        self._threads = (
            threading.Thread(target=self._run_camera, name="parfocal-camera", daemon=True),
            threading.Thread(target=self._run_network, name="parfocal-network", daemon=True),
        )

    @property
    def live(self) -> bool:
        """Whether the camera runs, or is about to; False after the camera failed."""
        return self._live.is_set()

    @live.setter
    def live(self, on: bool) -> None:
        _set(self._live, on)

    @property
    def can_enhance(self) -> bool:
        """Whether there is an engine."""
        return self._engine is not None

    @property
    def enhancing(self) -> bool:
        """Whether frames go through the network; False after the network failed."""
        return self._enhancing.is_set()

    @enhancing.setter
    def enhancing(self, on: bool) -> None:
        _set(self._enhancing, on and self.can_enhance)

    @property
    def dropped(self) -> int:
        """Frames that a newer one replaced before they were enhanced or shown."""
        return self._frames.overwritten + self._pairs.overwritten

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All that went wrong so far, the same thing in a row once."""
        return tuple(self._problems)

    def start(self) -> None:
        """Start both threads and the camera, enhancing when there is an engine."""
        self.live = True
        self.enhancing = self.can_enhance
        for thread in self._threads:
            thread.start()

    def take(self) -> FramePair | None:
        """Return the newest pair, once, and let the next wake-up through; never waits."""
        self._bell.answer()
        first = self._first.take()
        return self._pairs.take() or first

    def ask_to_close(self) -> None:
        """Tell both threads to end; returns at once."""
        self._closing.set()

    def close(self, timeout_s: float) -> bool:
        """Stop the camera, end both threads, and say whether they have ended; idempotent.

        Parameters
        ----------
        timeout_s : float
            For each thread; an engine cannot be interrupted, so allow for one whole frame.
        """
        self.ask_to_close()
        started = [thread for thread in self._threads if thread.ident is not None]
        for thread in started:
            thread.join(timeout_s)
        return not any(thread.is_alive() for thread in started)

    def _run_camera(self) -> None:
        while not self._closing.is_set():
            if not self._live.wait(IDLE_S):
                continue
            try:
                self._pass_frames_on()
            except Exception as error:  # whatever a device raises must reach the person
                self._live.clear()
                self._report(Problem(where="camera", error=error))

    def _pass_frames_on(self) -> None:
        with self._source() as camera:
            while self._live.is_set() and not self._closing.is_set():
                frame = camera.latest()
                if frame is None:
                    self._closing.wait(POLL_S)
                    continue
                self.camera_rate.tick()
                self._frames.put(frame)

    def _run_network(self) -> None:
        while not self._closing.is_set():
            frame = self._frames.take(IDLE_S)
            if frame is None:
                continue
            pair = self._developed(frame)
            if pair is not None:
                self._pairs.put(pair)
                self._bell.ring()

    def _developed(self, frame: Frame) -> FramePair | None:
        """Return the best that can be shown of the frame: enhanced, or as the camera saw it."""
        raw = self._corrected(frame)
        if self._engine is not None and self.enhancing:
            self._show_first(frame, raw)
            pair = self._try_to_develop(frame, raw, self._engine)
            if pair is not None:
                self.network_rate.tick()
                return pair
            self.enhancing = False
        return self._try_to_develop(frame, raw, None)

    def _show_first(self, frame: Frame, raw: Pixels | None) -> None:
        """Show the very first frame raw while the network works on it: that may take seconds."""
        if self._begun:
            return
        self._begun = True
        first = self._try_to_develop(frame, raw, None)
        if first is not None:
            self._first.put(first)
            self._bell.ring()

    def _corrected(self, frame: Frame) -> Pixels | None:
        correction = self._corrections.get(frame.objective)
        if correction is None:
            return None
        try:
            return correct(frame.pixels, correction, white_level=frame.white_level)
        except Exception as error:  # a flat of another size: shown uncorrected, marked so, and said
            self._report(Problem(where="correction", error=error))
            return None

    def _try_to_develop(self, frame: Frame, raw: Pixels | None, engine: "Engine | None") -> FramePair | None:
        pixels = frame.pixels if raw is None else raw
        try:
            return develop(frame, pixels, corrected=raw is not None, engine=engine)
        except Exception as error:  # whatever an engine raises must reach the person, and the camera goes on
            self._report(Problem(where="display" if engine is None else "network", error=error))
            return None

    def _report(self, problem: Problem) -> None:
        if not self._problems or str(self._problems[-1]) != str(problem):
            self._problems.append(problem)
        self._bell.ring()


def _set(event: threading.Event, on: bool) -> None:
    if on:
        event.set()
    else:
        event.clear()
