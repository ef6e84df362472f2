"""Darkroom: makes of each frame the best that can be shown, and reports what could not be done; no Qt."""

import threading
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING

from acquire.frame import Frame, Pixels
from calibration.flatfield import Correction, correct
from gui.develop import FramePair, develop
from gui.errors import Problem
from gui.rate import Rate

if TYPE_CHECKING:  # the viewer shows raw frames without loading a network
    from enhance.engine import Engine


class Darkroom:
    """Corrects and enhances frames; nothing that fails in it stops the camera.

    Parameters
    ----------
    engine : Engine or None
        None shows raw frames only.
    corrections : mapping of str to Correction
        By objective name; a frame of another objective is left as it is, and marked so.
    rate : Rate
        Counts the frames that were enhanced.
    report : callable
        Is told what went wrong.
    objectives : collection of str, optional
        Whose frames are enhanced; those of all when not given.
    """

    def __init__(
        self,
        engine: "Engine | None",
        corrections: Mapping[str, Correction],
        *,
        rate: Rate,
        report: Callable[[Problem], None],
        objectives: Collection[str] | None = None,
    ) -> None:
        self._objectives = objectives
        self._engine = engine
        self._corrections = corrections
        self._rate = rate
        self._report = report
        self._enhancing = threading.Event()

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
        switch(self._enhancing, on and self.can_enhance)

    def develop(self, frame: Frame) -> FramePair | None:
        """Return the frame enhanced if that is wished and works, else plain; None when it cannot be shown at all."""
        raw = self._corrected(frame)
        if self._engine is not None and self.enhancing and self._suits(frame):
            pair = self._try_to_develop(frame, raw, self._engine)
            if pair is not None:
                self._rate.tick()
                return pair
            self.enhancing = False
        return self._try_to_develop(frame, raw, None)

    def _suits(self, frame: Frame) -> bool:
        return self._objectives is None or frame.objective in self._objectives

    def plain(self, frame: Frame) -> FramePair | None:
        """Return the frame corrected, if that works, and not enhanced; None when it cannot be shown at all."""
        return self._try_to_develop(frame, self._corrected(frame), None)

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


def switch(event: threading.Event, on: bool) -> None:
    """Set or clear `event`."""
    if on:
        event.set()
    else:
        event.clear()
