"""Session: what the viewer knows between the stream and the window; no Qt."""

import math
import statistics
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from gui.develop import FramePair
from gui.rate import Rate
from gui.readings import Readings, ViewerReport
from gui.stream import Stream

PIXEL_TOLERANCE = 0.1
"""Objectives are a few per cent off their engraved magnification; more is another objective."""
LATENCIES_KEPT = 1000
"""Latencies that the median of the report is taken over."""


class Session:
    """The stream, the pair on the screen, and what was measured of both.

    Parameters
    ----------
    stream : Stream
    pixel_um : mapping of str to float
        Camera pixel at the specimen by objective name, in µm.
    provenance : mapping of str to str
        What is known of the network, for snapshots; ``statement`` and ``evidence`` in it stand beside its picture.
    trained_pixel_um : float, optional
        Pixel size that the network was trained on; another one is said.
    clock : callable
        Seconds: that of the stream.
    """

    def __init__(
        self,
        stream: Stream,
        *,
        pixel_um: Mapping[str, float],
        provenance: Mapping[str, str] | None = None,
        trained_pixel_um: float | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.stream = stream
        self.provenance = dict(provenance or {})
        self.shown: FramePair | None = None
        self._pixel_um = pixel_um
        self._trained_pixel_um = trained_pixel_um
        self._clock = clock
        self._painted = Rate(clock)
        self._latencies_ms: deque[float] = deque(maxlen=LATENCIES_KEPT)
        self._pairs = 0
        self._unlike = 0
        self._faults: list[str] = []

    def pixel_um(self, pair: FramePair) -> float | None:
        """Camera pixel of the pair's objective at the specimen, in µm; None when it is not known."""
        pixel_um = self._pixel_um.get(pair.frame.objective)
        return None if pixel_um is None else pixel_um * pair.frame.binning

    def note_shown(self, pair: FramePair, numbers: tuple[int | None, int | None]) -> None:
        """Remember what the two panes were given.

        Parameters
        ----------
        pair : FramePair
        numbers : (int or None, int or None)
            Frame numbers that the raw and the enhanced pane say they hold.
        """
        self.shown = pair
        if pair.enhanced is not None:
            self._pairs += 1
            self._unlike += numbers != (pair.frame.number, pair.frame.number)

    def note_painted(self) -> None:
        """Measure the latency of the pair that has just been painted."""
        self._painted.tick()
        if self.shown is not None:
            self._latencies_ms.append(self._age_ms(self.shown))

    def note_fault(self, words: str) -> None:
        """Keep a fault of the viewer itself for the report."""
        self._faults.append(words)

    def statement(self, pair: FramePair) -> str:
        """Return what must stand beside the enhanced picture: what the network was trained on, and if not on this."""
        said = [self.provenance.get(key, "") for key in ("statement", "evidence")]
        trained_um, pixel_um = self._trained_pixel_um, self.pixel_um(pair)
        if trained_um and pixel_um and not math.isclose(trained_um, pixel_um, rel_tol=PIXEL_TOLERANCE):
            said.append(f"trained at {trained_um:.3g} µm/px, not at {pixel_um:.3g}")
        return " · ".join(words for words in said if words)

    @property
    def pairs(self) -> int:
        """How often raw and enhanced were shown side by side."""
        return self._pairs

    def readings(self) -> Readings:
        """Return the numbers of this moment."""
        rates = Readings(
            camera_fps=self.stream.camera_rate.per_second,
            display_fps=self._painted.per_second,
            network_fps=self.stream.network_rate.per_second if self.stream.enhancing else None,
            dropped=self.stream.dropped,
        )
        if self.shown is None:
            return rates
        frame = self.shown.frame
        return replace(
            rates,
            position=frame.position,
            objective=frame.objective,
            pixel_um=self.pixel_um(self.shown),
            exposure_ms=frame.exposure_ms,
            latency_ms=self._latencies_ms[-1] if self._latencies_ms else None,
            age_ms=self._age_ms(self.shown),
        )

    def report(self, screenshot: Path | None = None) -> ViewerReport:
        """Return what the whole session was."""
        return ViewerReport(
            frames=self.stream.camera_rate.count,
            pairs=self._pairs,
            dropped=self.stream.dropped,
            camera_fps=self.stream.camera_rate.mean_per_second,
            display_fps=self._painted.mean_per_second,
            network_fps=self.stream.network_rate.mean_per_second,
            latency_ms=statistics.median(self._latencies_ms) if self._latencies_ms else None,
            screenshot=screenshot,
            same_frame=self._pairs > 0 and self._unlike == 0,
            problems=(*(str(problem) for problem in self.stream.problems), *self._faults),
        )

    def _age_ms(self, pair: FramePair) -> float:
        return 1000 * (self._clock() - pair.arrived_s)
