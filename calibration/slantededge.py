"""The modulation transfer function from a slanted edge, by the super-sampled edge spread of ISO 12233."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from calibration.edgeline import SMALLEST_SIDE_PX, edge_line
from calibration.errors import MeasurementError
from calibration.light import clipped_share, lit_plane

Values = NDArray[np.float64]

OVERSAMPLING = 4
"""Bins of the edge spread in a pixel (ISO 12233)."""

WIDEST_PX = 48
"""Half width of the edge spread that is used: farther off there is nothing but noise and shading."""

_MIDDLE = WIDEST_PX * OVERSAMPLING
"""The bin at the edge."""

FILLED_SHARE = 0.3
"""Of the pixels a bin would have if every row crossed it, the least it needs."""

NYQUIST = 0.5  # cycles per pixel
FLAT_SHARE = 0.2
"""Part of the window, at either end, over which it falls to 0."""

RISE_LEVEL = 0.1
RISES, NARROWEST_PX = 8, 8
"""Half width of the window in widths of the edge from 10 to 90 %, and its least. With 5 the tails that are cut off a
100x edge cost 0.007 rms; with the whole spread 1 % of noise costs up to 0.013."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EdgeResponse:
    """What an edge says.

    Parameters
    ----------
    frequency_cycles_per_px : ndarray, shape (n,)
        From 0 to 0.5, the camera's Nyquist frequency, along the normal of the edge.
    mtf : ndarray, shape (n,)
        Contrast at these, 1 at 0; optics and pixel together.
    position_px : ndarray, shape (m,)
        Distance from the edge, a quarter of a pixel apart.
    spread : ndarray, shape (m,)
        Brightness there, from 0 on the dark side to 1 on the bright.
    slant_deg : float
        Of the edge from the nearer axis of the camera.
    clipped : float
        Part of the pixels at the largest value of their dtype.
    """

    frequency_cycles_per_px: Values
    mtf: Values
    position_px: Values
    spread: Values
    slant_deg: float
    clipped: float

    def frequency_at(self, contrast: float) -> float | None:
        """Cycles per pixel where the MTF first falls to `contrast`; None when it does not below Nyquist."""
        below = np.flatnonzero(self.mtf <= contrast)
        if below.size == 0 or below[0] == 0:
            return None
        at = int(below[0])
        fall = (self.mtf[at - 1] - contrast) / (self.mtf[at - 1] - self.mtf[at])
        before, after = self.frequency_cycles_per_px[at - 1 : at + 1]
        return float(before + fall * (after - before))


def measure_edge(pixels: NDArray[Any], *, black_level: float = 0.0) -> EdgeResponse:
    """Measure the MTF from a picture of one straight edge, in green.

    Each row is searched for the edge, a line is fitted, every pixel is binned by its distance from the line to a
    quarter of a pixel, and the Fourier transform of the slope of that edge spread is the MTF, once what binning and
    differences have taken is given back.

    Parameters
    ----------
    pixels : ndarray of uint8 or uint16, shape (rows, columns, 3)
        Proportional to the light but for the black level; one edge of high contrast, 1° to 45° from a camera axis.
    black_level : float
        Pixel value without light.

    Returns
    -------
    EdgeResponse

    Raises
    ------
    MeasurementError
        When the picture is blank or small, or holds no single straight edge, or one too weak or too upright.

    References
    ----------
    ISO 12233:2017, annex D; P. D. Burns, Slanted-edge MTF for digital camera and scanner analysis, PICS (2000).
    """
    plane = lit_plane(pixels, black_level).astype(np.float64)
    if min(plane.shape) < SMALLEST_SIDE_PX:
        raise MeasurementError(
            f"the picture has {plane.shape[1]} × {plane.shape[0]} pixels and an edge needs {SMALLEST_SIDE_PX} along "
            "each side: give a larger part"
        )
    plane = _upright(plane)
    slope, start = edge_line(plane)
    position, spread, variance = _edge_spread(plane, slope, start)
    frequency, mtf = _transformed(spread, variance)
    return EdgeResponse(
        frequency_cycles_per_px=frequency,
        mtf=mtf,
        position_px=position,
        spread=spread,
        slant_deg=float(np.rad2deg(np.arctan(abs(slope)))),
        clipped=clipped_share(pixels),
    )


def _upright(plane: Values) -> Values:
    """Turn the picture so that the edge crosses the rows, dark on the left."""
    down, across = (float(np.abs(change).sum()) for change in np.gradient(_soft(plane)))
    upright = plane.T if down > across else plane
    half = upright.shape[1] // 2
    return upright if upright[:, :half].mean() < upright[:, half:].mean() else upright[:, ::-1]


def _soft(plane: Values) -> Values:
    """Blur enough that the slopes of noise do not outweigh the edge's."""
    kernel = np.ones(5) / 5
    for axis in (0, 1):
        plane = np.apply_along_axis(np.convolve, axis, plane, kernel, mode="valid")
    return plane


def _edge_spread(plane: Values, slope: float, start: float) -> tuple[Values, Values, float]:
    """Distance from the edge, brightness there from 0 to 1, and the variance in px² of the distances in a bin.

    At slants such as 1 in 2 the rows repeat and pixels lie at few distances: each bin stands at the mean of its own.
    """
    row, column = np.indices(plane.shape)
    away = (column - slope * row - start) / np.hypot(1, slope)
    bins = np.floor(away * OVERSAMPLING).astype(int) + _MIDDLE
    within = (bins >= 0) & (bins < 2 * _MIDDLE)
    filled, far, squared, light = (
        np.bincount(bins[within], None if value is None else value[within], minlength=2 * _MIDDLE)
        for value in (None, away, away**2, plane)
    )
    half = _half_width(filled, FILLED_SHARE * plane.shape[0] / OVERSAMPLING)
    position = np.arange(0.5 - half, half) / OVERSAMPLING
    known = np.flatnonzero(filled[_MIDDLE - half : _MIDDLE + half]) + _MIDDLE - half
    place = far[known] / filled[known]
    variance = float(np.mean(squared[known] / filled[known] - place**2))
    spread = PchipInterpolator(place, light[known] / filled[known])(np.clip(position, place[0], place[-1]))
    return position, _from_0_to_1(spread), variance


def _from_0_to_1(spread: Values) -> Values:
    ends = max(2, spread.size // 10)
    dark, bright = float(spread[:ends].mean()), float(spread[-ends:].mean())
    return (spread - dark) / (bright - dark)


def _half_width(filled: NDArray[np.int_], fewest: float) -> int:
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


def _transformed(spread: Values, variance_px2: float) -> tuple[Values, Values]:
    """Frequencies up to Nyquist and the MTF: slope, window, Fourier transform, and the losses given back."""
    slope = np.diff(spread)
    window = _window(slope.size, _rise_bins(spread))
    length = 4 * slope.size
    transform: Values = np.abs(np.fft.rfft(slope * window, length))
    frequency = np.fft.rfftfreq(length, 1 / OVERSAMPLING)
    by_difference = np.sinc(frequency / OVERSAMPLING)
    by_bins = np.exp(-2 * np.pi**2 * variance_px2 * frequency**2)
    below = frequency <= NYQUIST
    mtf = transform / transform[0] / (by_difference * by_bins)
    return np.asarray(frequency[below]), np.asarray(mtf[below])


def _rise_bins(spread: Values) -> int:
    """Bins from 10 to 90 % of the edge spread, smoothed so that noise does not cross these levels."""
    smooth = np.convolve(spread, np.ones(OVERSAMPLING) / OVERSAMPLING, mode="valid")
    middle = smooth.size // 2
    low = np.flatnonzero(smooth[:middle] < RISE_LEVEL).max(initial=0)
    high = middle + np.flatnonzero(smooth[middle:] > 1 - RISE_LEVEL).min(initial=smooth.size - middle)
    return int(high - low)


def _window(size: int, rise: int) -> Values:
    """Flat round the edge, falling to 0 where there is only noise (Tukey)."""
    half = min(size / 2, max(RISES * rise, NARROWEST_PX * OVERSAMPLING))
    away = np.abs(np.arange(size) - (size - 1) / 2) / half
    falling = np.clip((away - 1 + FLAT_SHARE * 2) / (FLAT_SHARE * 2), 0, 1)
    return np.asarray(0.5 + 0.5 * np.cos(np.pi * falling))
