"""Whether the lamp is steady: empty glass before the first site and again every few sites, against what it was."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from acquire.errors import DeviceError
from acquire.frame import Frame
from acquire.microscope import Microscope
from acquire.plan import Visit
from acquire.retake import take
from acquire.runfolder import RunFolder

LARGEST_CHANGE = 0.01
"""Of the light, in any colour: more shows as a step in a mosaic, and moves the colour of the stain."""

STEADY_S = 1.0
"""Over which the light may not change by more, before the first site."""

LONGEST_WAIT_S = 600.0
"""A halogen lamp takes minutes to warm up; after that something else is wrong."""

FRAMES = 4
"""Averaged in each check, so that flicker from frame to frame counts half."""

EVERY = 20
"""Sites between two checks when the plan says nothing."""

EVENT = "lamp"
Light = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class LampReading:
    """What a check found.

    Parameters
    ----------
    steady : bool
        Whether the light is what it was when the pass began.
    change : float
        Largest relative change of a colour since then.
    again : tuple of Visit
        Taken since the last good check, to be taken again.
    says : str
        In a sentence.
    """

    steady: bool
    change: float = 0.0
    again: tuple[Visit, ...] = ()
    says: str = ""


@dataclass(slots=True, kw_only=True, eq=False)
class LampCheck:
    """The lamp of one run; `begin` each pass with it, `took` each site, `check` when it is `due`.

    Parameters
    ----------
    microscope : Microscope
        Z stays where it is: the lens at the focus of the section.
    run : RunFolder
        Its journal keeps the readings.
    place_um : (float, float)
        Empty glass, as a stage position of the first objective.
    every : int
        Sites between two checks.
    clock, sleep : callable
        Seconds; virtual in tests.
    """

    microscope: Microscope
    run: RunFolder
    place_um: tuple[float, float]
    every: int = EVERY
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    away: float = field(default=0.0, init=False)
    """Largest relative change of a colour since the first look of all, when it was looked at last."""
    _first: Light | None = field(default=None, init=False)
    _reference: Light | None = field(default=None, init=False)
    _since: list[Visit] = field(default_factory=list, init=False)

    @property
    def due(self) -> bool:
        """Whether the light should be looked at before the next site."""
        return len(self._since) >= self.every

    def begin(self, visit: Visit) -> LampReading:
        """Wait until the light is steady, and remember it for this pass.

        Parameters
        ----------
        visit : Visit
            The next one: gives objective and exposure.

        Raises
        ------
        DeviceError
            When it still changes by more than `LARGEST_CHANGE` in `STEADY_S` after `LONGEST_WAIT_S`.
        """
        self._go()
        began_s = self.clock()
        before = self._light(visit)
        while True:
            self.sleep(STEADY_S)
            now = self._light(visit)
            change = _change(now, before)
            if change <= LARGEST_CHANGE:
                break
            if self.clock() - began_s > LONGEST_WAIT_S:
                raise DeviceError(
                    f"the lamp changes by {100 * change:.1f} % in {STEADY_S:g} s after {LONGEST_WAIT_S / 60:.0f} min "
                    f"and {100 * LARGEST_CHANGE:g} % is allowed: check lamp and shutter"
                )
            before = now
        self._reference = now
        self._since.clear()
        waited_s = self.clock() - began_s
        return self._noted(visit, LampReading(steady=True, says=f"the lamp is steady after {waited_s:.0f} s"), now)

    def took(self, visit: Visit) -> None:
        """Take note of a stored stack."""
        self._since.append(visit)

    def check(self, visit: Visit) -> LampReading:
        """Compare the light with that of the beginning of the pass.

        Parameters
        ----------
        visit : Visit
            The next one: gives objective and exposure.

        Returns
        -------
        LampReading
            Not steady when it moved: then it names what was taken since the last good check. Call `begin` again, which
            waits until the light is steady, before that is taken again.
        """
        if self._reference is None:
            return self.begin(visit)
        self._go()
        now = self._light(visit)
        change = _change(now, self._reference)
        steady = change <= LARGEST_CHANGE
        reading = LampReading(
            steady=steady,
            change=change,
            again=() if steady else tuple(self._since),
            says=f"the light changed by {100 * change:.2f} % since the pass began"
            + ("" if steady else f", so {len(self._since)} site(s) taken since the last good check are taken again"),
        )
        if steady:  # else they are known until `begin`, should setting them aside fail
            self._since.clear()
        return self._noted(visit, reading, now)

    def _go(self) -> None:
        self.microscope.move_xy(*self.place_um)

    def _light(self, visit: Visit) -> Light:
        frames = [_mean(take(self.microscope, visit.exposure_ms)) for _ in range(FRAMES)]
        return np.asarray(np.mean(frames, axis=0))

    def _noted(self, visit: Visit, reading: LampReading, light: Light) -> LampReading:
        self._first = light if self._first is None else self._first
        self.away = _change(light, self._first)
        told: dict[str, Any] = {"objective": visit.objective, "light": [round(float(v), 5) for v in light]}
        again = [one.site for one in reading.again]
        self.run.journal.append(
            event=EVENT, time_s=time.time(), steady=reading.steady, again=again, says=reading.says, **told
        )
        return reading


def _mean(frame: Frame) -> Light:
    """Mean of each colour as a share of the white level."""
    pixels: NDArray[Any] = frame.pixels
    light = pixels.mean(axis=(0, 1), dtype=np.float64) - frame.black_level
    return np.asarray(light / (frame.white_level - frame.black_level))


def _change(now: Light, before: Light) -> float:
    return float(np.max(np.abs(now / np.maximum(before, np.finfo(float).tiny) - 1)))
