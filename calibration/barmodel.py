"""What a lens makes of fine bars, learnt from all elements of a target at once: it stands in for pixels that are few.

Bars of two to six pixels a period that lie along the pixels are all seen in one phase, and a curve through so few
values errs by up to 0.08 of contrast. But one lens has made all of them: what is known of the object and what ten
elements, each in another phase, say of the lens leaves little to guess.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.optimize import least_squares

from calibration.bandwidth import Plane
from calibration.bars import Bars, Shown

Values = NDArray[np.float64]

FINEST_PX, COARSEST_PX = 2.0, 6.0
"""Periods of the elements that are learnt from and helped. Finer ones lie beyond the camera's Nyquist frequency, and
what shows of them is aliased; coarser ones are seen well enough by themselves."""

FEWEST = 3
"""Elements of one direction below which there is too little to learn from."""

NODES = np.array([0.0, 0.12, 0.24, 0.36, 0.48, 0.62, 0.8])
"""Cycles per pixel at which the transfer is fitted: 1 at the first, 0 from the last on, smooth between."""

EVEN = 0.02
"""Weight of the second differences of the transfer, which noise would bend where no element reaches."""

KNEE = 0.05
"""Part of full light up to which a residual counts in full: dust on one element must not bend the lens."""

SEEN = 2.0
"""Periods from the middle that are learnt from; the next square of a target begins at 2.25."""

INSIDE, OUTSIDE = 1.25, 1.5
"""Periods up to which there are bars, and from which there is ground."""

LEAST_DEPTH, ALIKE = 0.1, 0.5
"""Contrast of all three bars to their ground that an element needs to be there, and share of the best's: where the
layout puts bars that the target does not have, there is none."""

ROOM_PX = 20.0
PERIODS = 10.0
"""The bars are thought to come again after so many periods and pixels; by then a lens has forgotten them."""

_POINT, _WEIGHT = np.polynomial.legendre.leggauss(3)
_STEPS = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Waves:
    """The light amplitude of three bars as a sum of waves, at points of the picture.

    Parameters
    ----------
    shares : ndarray, shape (9, n, 5)
        For each value of the transfer that is sought.
    known : ndarray, shape (9, n)
        What is there whatever these values are.
    """

    shares: Values
    known: Values

    @classmethod
    def at(cls, bars: Bars, place: Values) -> Self:
        """Waves at `place` periods across the bars, at nine points of each pixel."""
        aside = (_POINT[:, None] + 1j * _POINT) / 2 / bars.across_px
        points = (place + aside.real.reshape(-1, 1)) * bars.period_px
        length, width = PERIODS * bars.period_px + ROOM_PX, bars.period_px / 2
        frequency = np.arange(1, int(NODES[-1] * length) + 1) / length
        object_ = np.sin(np.pi * frequency * width) / (np.pi * frequency)
        object_ *= (1 + 2 * np.cos(2 * np.pi * frequency * bars.period_px)) * 2 / length
        waves = np.cos(2 * np.pi * points[..., None] * frequency) * object_
        transfer = _TRANSFER(frequency)
        return cls(shares=waves @ transfer[:, 1:-1], known=3 * width / length + waves @ transfer[:, 0])

    def light(self, transfer: Values, levels: Values, *, dark: bool) -> Values:
        """Light that the pixels see, 1 on bright ground."""
        drawn = self.known + self.shares @ transfer
        amplitude = 1 - drawn if dark else drawn
        seen = levels[0] + levels[1] * amplitude + (1 - levels.sum()) * amplitude**2
        return np.asarray(_NINE @ seen)


_TRANSFER = CubicSpline(NODES, np.eye(NODES.size), bc_type="clamped")
_NINE = np.outer(_WEIGHT, _WEIGHT).ravel() / 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BarModel:
    """The lens as bars of one direction show it.

    Light is a quadratic function of an amplitude that the lens has filtered: the square alone in coherent light, the
    amplitude alone in incoherent light, and what lies between for a microscope's condenser.

    Parameters
    ----------
    transfer : ndarray, shape (5,)
        Of the amplitude, at `NODES` between the first and the last.
    levels : ndarray, shape (2,)
        Constant and linear part of the light.
    least_depth : float
        Contrast to the ground that bars need to be there at all.
    """

    transfer: Values
    levels: Values
    least_depth: float

    def knows(self, bars: Bars, shown: Shown) -> bool:
        """Whether there are bars of a size it was learnt from, and not empty ground where the layout has some."""
        return FINEST_PX < bars.period_px < COARSEST_PX and _depth(bars, shown) >= self.least_depth

    def light(self, bars: Bars, place: Values) -> Values:
        """Light of pixels at `place` periods across the bars, 1 on bright ground."""
        return _Waves.at(bars, place).light(self.transfer, self.levels, dark=bars.dark)

    def fitted(self, bars: Bars, shown: Shown, place: Values) -> tuple[Values, Values]:
        """Light of the pixels in `shown` and of those at `place`, as bright as the pixels in `shown` are."""
        seen = self.light(bars, shown.place)
        gain = _gain(seen, shown)
        return gain * seen, gain * self.light(bars, place)


def learn_bars(plane: Plane, elements: Sequence[Bars]) -> BarModel | None:
    """Learn from the elements of one direction how the lens draws bars.

    Parameters
    ----------
    plane : ndarray of float32, shape (rows, columns)
        Proportional to the light.
    elements : sequence of Bars
        All that the layout has in the picture, all parallel.

    Returns
    -------
    BarModel or None
        None where fewer than `FEWEST` fine elements are there.
    """
    fine = [bars for bars in elements if FINEST_PX < bars.period_px < COARSEST_PX]
    pairs = [(bars, bars.shown(plane).within(SEEN)) for bars in fine]
    depths = [_depth(bars, shown) for bars, shown in pairs]
    least = max(LEAST_DEPTH, ALIKE * max(depths, default=0.0))
    there = [pair for pair, depth in zip(pairs, depths, strict=True) if depth >= least]
    return _learnt(there, least) if len(there) >= FEWEST else None


def _learnt(pairs: Sequence[tuple[Bars, Shown]], least_depth: float) -> BarModel:
    drawn = [(_Waves.at(bars, shown.place), bars.dark, shown) for bars, shown in pairs]
    bright = max(float(np.abs(shown.value).max()) for _, shown in pairs)

    def missed(guess: Values) -> Values:
        transfer, levels = guess[:-2], guess[-2:]
        found = [_missed(waves.light(transfer, levels, dark=dark), shown) / bright for waves, dark, shown in drawn]
        bends = np.diff(np.concatenate([[1.0], transfer, [0.0]]), 2)
        return np.concatenate([*found, EVEN * bends])

    start = np.concatenate([np.clip(1 - NODES[1:-1] / NODES[-2], 0, 1), [0.0, 0.0]])
    solved = least_squares(missed, start, diff_step=_STEPS, loss="soft_l1", f_scale=KNEE)
    return BarModel(transfer=solved.x[:-2], levels=solved.x[-2:], least_depth=least_depth)


def _missed(light: Values, shown: Shown) -> Values:
    return np.asarray(np.sqrt(shown.weight) * (shown.value - _gain(light, shown) * light))


def _gain(light: Values, shown: Shown) -> float:
    return float(np.sum(shown.weight * light * shown.value) / np.sum(shown.weight * light**2))


def _depth(bars: Bars, shown: Shown) -> float:
    """Contrast between the bars with their gaps and the ground."""
    away = np.abs(shown.place)
    inside, outside = shown.value[away < INSIDE].mean(), shown.value[away > OUTSIDE].mean()
    return float((outside - inside) / (outside + inside)) * (1 if bars.dark else -1)
