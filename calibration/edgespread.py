"""The edge spread: brightness across an edge, from pixels of all rows at their own distances, and its noise."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from calibration.edgeline import SMALLEST_SIDE_PX
from calibration.errors import MeasurementError

Values = NDArray[np.float64]

OVERSAMPLING = 4
"""Bins of the edge spread in a pixel (ISO 12233)."""

WIDEST_PX = 48
"""Half width of the edge spread that is used: farther off there is nothing but noise and shading."""

_MIDDLE = WIDEST_PX * OVERSAMPLING
"""The bin at the edge."""

FILLED_SHARE = 0.3
"""Of the pixels a bin would have if every row crossed it, the least it needs."""

SHARED_BINS = 9
"""Over which the count of pixels is evened: where rows repeat, empty bins take their light from full ones."""

LEVEL_SHARE, NOISE_SHARE = 10, 4
"""The outer tenth at either end tells dark and bright, the outer quarter how they scatter."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EdgeSpread:
    """Brightness across an edge.

    Parameters
    ----------
    position_px : ndarray, shape (n,)
        Distance from the edge, a quarter of a pixel apart.
    spread : ndarray, shape (n,)
        Brightness there, from 0 on the dark side to 1 on the bright.
    scatter_px2 : float
        Variance of the distances within a bin.
    noise : ndarray, shape (n,)
        Variance of `spread`, as the pixels of the bins scatter.
    """

    position_px: Values
    spread: Values
    scatter_px2: float
    noise: Values


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Bins:
    """Sums over the pixels of each bin, shape (bins,): their count, and of distance, its square, light, its square."""

    filled: Values
    far: Values
    far2: Values
    light: Values
    light2: Values


def edge_spread(plane: Values, slope: float, start: float) -> EdgeSpread:
    """Bin all pixels by their distance from an edge.

    At slants such as 1 in 2 the rows repeat and pixels lie at few distances: each bin stands at the mean of its own.

    Parameters
    ----------
    plane : ndarray of float64, shape (rows, columns)
        One edge that crosses the rows, bright on the right.
    slope, start : float
        From `edgeline.edge_line`.

    Raises
    ------
    MeasurementError
        When the edge comes too near to the picture's side.
    """
    bins = _binned(plane, slope, start)
    half = bins.filled.size // 2
    known = bins.filled > 0
    place, light = bins.far[known] / bins.filled[known], bins.light[known] / bins.filled[known]
    position = np.arange(0.5 - half, half) / OVERSAMPLING
    spread = PchipInterpolator(place, light)(np.clip(position, place[0], place[-1]))
    ends = max(2, spread.size // LEVEL_SHARE)
    dark, bright = float(spread[:ends].mean()), float(spread[-ends:].mean())
    rising = (spread - dark) / (bright - dark)
    return EdgeSpread(
        position_px=position,
        spread=rising,
        scatter_px2=float(np.mean(bins.far2[known] / bins.filled[known] - place**2)),
        noise=_noise(bins, rising) / (bright - dark) ** 2,
    )


def _binned(plane: Values, slope: float, start: float) -> _Bins:
    row, column = np.indices(plane.shape)
    away = (column - slope * row - start) / np.hypot(1, slope)
    number = np.floor(away * OVERSAMPLING).astype(int) + _MIDDLE
    within = (number >= 0) & (number < 2 * _MIDDLE)

    def summed(value: NDArray[Any] | None) -> Values:
        return np.bincount(number[within], None if value is None else value[within], minlength=2 * _MIDDLE).astype(
            float
        )

    sums = [summed(value) for value in (None, away, away**2, plane, plane**2)]
    half = _half_width(sums[0], FILLED_SHARE * plane.shape[0] / OVERSAMPLING)
    filled, far, far2, light, light2 = (of[_MIDDLE - half : _MIDDLE + half] for of in sums)
    return _Bins(filled=filled, far=far, far2=far2, light=light, light2=light2)


def _half_width(filled: Values, fewest: float) -> int:
    """Bins on either side of the edge up to the first run of bins that too few pixels fall into."""
    runs = np.convolve(filled, np.ones(OVERSAMPLING) / OVERSAMPLING, mode="same")
    thin = np.flatnonzero(runs < fewest)
    half = int(min(np.abs(thin - _MIDDLE + 0.5).min(initial=_MIDDLE), _MIDDLE))
    if half < SMALLEST_SIDE_PX // 4 * OVERSAMPLING:
        raise MeasurementError(
            f"the edge comes within {half / OVERSAMPLING:.0f} px of the picture's side: give a part in whose middle "
            "it runs"
        )
    return half


def _noise(bins: _Bins, rising: Values) -> Values:
    """Variance of each bin's mean: that of the pixels on either side of the edge, between them by brightness."""
    squares = bins.light2 - bins.light**2 / np.maximum(bins.filled, 1)
    spare = np.maximum(bins.filled - 1, 0)
    quarter = rising.size // NOISE_SHARE
    dark, bright = (float(squares[side].sum() / max(spare[side].sum(), 1)) for side in np.s_[:quarter, -quarter:])
    count = np.convolve(bins.filled, np.ones(SHARED_BINS) / SHARED_BINS, mode="same")
    return np.asarray((dark + (bright - dark) * np.clip(rising, 0, 1)) / np.maximum(count, 0.5))
