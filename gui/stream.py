"""Stream: camera thread → latest frame → network thread → latest pair → one wake-up; no Qt.

The camera thread is the one that owns the microscope while the stream is open. Exceptions of either thread are kept and
handed on, and the stream goes on as far as it honestly can: without enhancing, or stopped until it is started again.
"""

import threading
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TYPE_CHECKING

from acquire.frame import Frame
from acquire.microscope import LiveStream
from calibration.flatfield import Correction
from gui.darkroom import Darkroom, switch
from gui.develop import FramePair
from gui.errors import Problem
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
        Seconds: of `FramePair.arrived_s` and of the rates.
    objectives : collection of str, optional
        Whose frames are enhanced; those of all when not given.
    poll_s : float
        How often the camera is asked for a new frame.
    """

    def __init__(
        self,
        source: CameraSource,
        *,
        engine: "Engine | None",
        corrections: Mapping[str, Correction],
        wake: Callable[[], None],
        clock: Callable[[], float] = time.time,
        objectives: Collection[str] | None = None,
        poll_s: float = POLL_S,
    ) -> None:
        self._poll_s = poll_s
        self._source = source
        self._bell = Bell(wake)
        self._closing = threading.Event()
        self._live = threading.Event()
        self._clock = clock
        self._frames: Mailbox[tuple[Frame, float]] = Mailbox()
        self._pairs: Mailbox[FramePair] = Mailbox()
        self._first: Mailbox[FramePair] = Mailbox()
        self._problems: list[Problem] = []
        self.camera_rate = Rate(clock)
        self.network_rate = Rate(clock)
        self._darkroom = Darkroom(
            engine, corrections, rate=self.network_rate, report=self._report, objectives=objectives
        )
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
        switch(self._live, on)

    @property
    def can_enhance(self) -> bool:
        """Whether there is an engine."""
        return self._darkroom.can_enhance

    @property
    def enhancing(self) -> bool:
        """Whether frames go through the network; False after the network failed."""
        return self._darkroom.enhancing

    @enhancing.setter
    def enhancing(self, on: bool) -> None:
        self._darkroom.enhancing = on

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
                    self._closing.wait(self._poll_s)
                    continue
                self.camera_rate.tick()
                self._frames.put((frame, self._clock()))

    def _run_network(self) -> None:
        begun = False
        while not self._closing.is_set():
            arrived = self._frames.take(IDLE_S)
            if arrived is None:
                continue
            frame, at_s = arrived
            if self.enhancing and not begun:  # raw while the network works on it: that may take seconds
                self._hand_on(self._darkroom.plain(frame), self._first, at_s)
            begun = True
            self._hand_on(self._darkroom.develop(frame), self._pairs, at_s)

    def _hand_on(self, pair: FramePair | None, to: Mailbox[FramePair], at_s: float) -> None:
        if pair is not None:
            to.put(replace(pair, arrived_s=at_s))
            self._bell.ring()

    def _report(self, problem: Problem) -> None:
        if self._closing.is_set() and problem.where == "network":
            return  # it was ended amid a picture that nobody will see
        if not self._problems or str(self._problems[-1]) != str(problem):
            self._problems.append(problem)
        self._bell.ring()
