"""What stands at the wire: frames that carry their number in their pixels, and an engine that enlarges."""

import itertools
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace

import cv2
import numpy as np

from acquire.frame import Frame, Position
from gui.session import Session
from gui.stream import Stream

DARKEST, STEP, DIGITS = 20, 28, 8
"""A frame's number in base 8, one digit a colour: 20 + 28 * digit, far enough apart to survive any resampling."""
NUMBERS = DIGITS**3
PIXEL_UM = 0.2
LONG_S = 10.0


def coloured(number: int) -> tuple[int, int, int]:
    digits = (number % DIGITS, number // DIGITS % DIGITS, number // DIGITS**2 % DIGITS)
    return tuple(DARKEST + STEP * digit for digit in digits)


def number_in(colour) -> int:
    digits = [round((float(value) - DARKEST) / STEP) for value in colour]
    return sum(digit * DIGITS**place for place, digit in enumerate(digits))


def make_frame(number: int = 0, *, rows: int = 48, columns: int = 64, pixels=None, **changes) -> Frame:
    if pixels is None:
        pixels = np.empty((rows, columns, 3), np.uint8)
        pixels[:] = coloured(number)
    facts = {
        "objective": "40x",
        "position": Position(12.5, 34.0, 5.25),
        "exposure_ms": 8.0,
        "black_level": 0.0,
        "white_level": 255.0,
        "time_s": time.time(),
    }
    return Frame(pixels=pixels, number=number, **(facts | changes))


@dataclass
class FakeStream:
    """A camera that has a new frame each time it is asked, `interval_s` after the last."""

    interval_s: float = 0.005
    limit: int = NUMBERS
    fails_at: int | None = None
    error: Exception = field(default_factory=partial(RuntimeError, "the cable was pulled"))
    make: Callable[..., Frame] = make_frame
    asked_by: set = field(default_factory=set)
    entered: int = 0
    left: int = 0
    numbers: Iterator[int] = field(default_factory=itertools.count)
    due_s: float = 0.0

    def latest(self):
        self.asked_by.add(threading.current_thread().name)
        if time.monotonic() < self.due_s:
            return None
        self.due_s = time.monotonic() + self.interval_s
        number = next(self.numbers)
        if number == self.fails_at:
            raise self.error
        return self.make(number) if number < self.limit else None

    @contextmanager
    def running(self):
        self.entered += 1
        try:
            yield self
        finally:
            self.left += 1


class FakeMicroscope:
    def __init__(self, stream: FakeStream) -> None:
        self._stream = stream

    def live(self, exposure_ms: float):
        self.exposure_ms = exposure_ms
        return self._stream.running()


class EnlargingEngine:
    """Enlarges by p/q with nearest pixels: keeps the number that the pixels carry."""

    name = "enlarging"

    def __init__(self, ratio=(5, 2), *, takes_s: float = 0.0, fails_at: int | None = None) -> None:
        self.checkpoint = SimpleNamespace(
            ratio=ratio,
            statement="trained on simulated slides only",
            weights_sha256="f" * 64,
            pixel_um={"low": PIXEL_UM, "high": PIXEL_UM * ratio[1] / ratio[0]},
        )
        self.seen: list[int] = []
        self._takes_s = takes_s
        self._fails_at = fails_at

    def enhance(self, image, **_options):
        time.sleep(self._takes_s)
        number = number_in(image[0, 0])
        self.seen.append(number)
        if self._fails_at is not None and number >= self._fails_at:  # a busy machine drops some
            raise RuntimeError("the network is too large for this machine")
        numerator, denominator = self.checkpoint.ratio
        rows, columns = (math.ceil(numerator * side / denominator) for side in image.shape[:2])
        return cv2.resize(image, (columns, rows), interpolation=cv2.INTER_NEAREST)


def make_session(camera: FakeStream | None = None, engine=None, *, wake=lambda: None, corrections=None) -> Session:
    stream = Stream((camera or FakeStream()).running, engine=engine, corrections=corrections or {}, wake=wake)
    provenance = {} if engine is None else {"statement": engine.checkpoint.statement}
    return Session(stream, pixel_um={"40x": PIXEL_UM}, provenance=provenance)


def eventually(condition: Callable[[], object], within_s: float = LONG_S):
    """Return the first true value of `condition`; fail when none comes."""
    end_s = time.monotonic() + within_s
    while time.monotonic() < end_s:
        if value := condition():
            return value
        time.sleep(0.002)
    raise AssertionError(f"nothing came within {within_s} s")
