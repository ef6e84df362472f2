"""What the camera makes of light: gain, read noise and linearity, from pairs of frames of empty glass."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.errors import MeasurementError
from calibration.flatfield import Pixels
from calibration.interval import around, student_t
from calibration.record import Curve, Measured

FEWEST_LEVELS = 3
QUANTISATION = 1 / 12
"""Variance of rounding to whole grey levels, in levels²."""

LOWEST_LEVEL, HIGHEST_LEVEL = 0.1, 0.92
"""Share of the white level between which a pixel counts: darker ones round their noise away, brighter ones clip it."""

MODEL_SHARE = 0.005
"""Of the gain: what rounding and the light between the two frames of a pair may hide from its scatter (95 %)."""

LOUDEST = 6.0
"""Standard deviations beyond which a difference is a stuck pixel's or a cosmic ray's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraNoise:
    """What the frames say of the camera.

    Parameters
    ----------
    gain_e_per_level : Measured
        Electrons for each grey level.
    read_noise_e : Measured
        Standard deviation of the noise without light.
    nonlinearity : float
        Largest departure of brightness from a straight line over exposure, as a share of the brightest.
    transfer : tuple of (float, float)
        (Mean, variance) of each colour at each exposure, in grey levels and their squares: the photon transfer curve.
    linearity : tuple of (float, float)
        (Exposure in ms, mean green level above black) of each pair: a median would be a whole level.
    """

    gain_e_per_level: Measured
    read_noise_e: Measured
    nonlinearity: float
    transfer: Curve = ()
    linearity: Curve = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ExposedPair:
    """Two frames of the same empty glass at the same exposure, in ms."""

    exposure_ms: float
    one: Pixels
    other: Pixels


def camera_noise(pairs: Sequence[ExposedPair], dark: Sequence[Pixels], *, white_level: float) -> CameraNoise:
    """Photon transfer: the variance of light grows with its mean, by one level² for each `gain` electrons.

    Parameters
    ----------
    pairs : sequence of ExposedPair
        At three exposures or more, which share the range of the camera among them.
    dark : sequence of ndarray of uint8 or uint16, shape (rows, columns, 3)
        Two frames or more without light; their level is taken off, and their scatter is the read noise where it is
        larger than the rounding to grey levels lets one see.
    white_level : float
        Pixel value of saturation.

    Returns
    -------
    CameraNoise

    Raises
    ------
    MeasurementError
        With fewer than three exposures within the camera's range.

    References
    ----------
    J. R. Janesick, Photon Transfer (SPIE 2007), chapter 5; EMVA standard 1288, release 4.0, section 6.
    """
    black = float(np.mean([np.median(frame) for frame in dark])) if dark else 0.0
    points = [point for pair in pairs for point in _transfer(pair, black, white_level)]
    if len(points) < FEWEST_LEVELS:
        raise MeasurementError(
            f"{len(points)} brightness(es) within the range of the camera were seen and {FEWEST_LEVELS} are needed: "
            "set the exposure so that empty glass is at two thirds of the white level"
        )
    mean, variance = np.array(points).T
    slope, floor, spread = _line(mean, variance)
    reach = student_t(len(points) - 2)
    gain = around(1 / slope, float(np.hypot(reach * np.sqrt(spread[0, 0]) / slope, MODEL_SHARE)) / slope)
    linearity = _linearity(pairs, black)
    return CameraNoise(
        gain_e_per_level=gain,
        read_noise_e=_read_noise(slope, floor, spread, reach),
        nonlinearity=_nonlinearity(linearity),
        transfer=tuple(points),
        linearity=linearity,
    )


def _line(mean: NDArray[np.float64], variance: NDArray[np.float64]) -> tuple[float, float, NDArray[np.float64]]:
    """Slope and height at no light of variance over mean, and their covariance; each point is as good as the next."""
    scale = np.maximum(variance, QUANTISATION)
    design = np.column_stack([mean, np.ones_like(mean)]) / scale[:, None]
    solution = np.linalg.lstsq(design, variance / scale, rcond=None)[0]
    left = variance / scale - design @ solution
    spread = np.linalg.inv(design.T @ design) * float(np.sum(left**2)) / (len(mean) - 2)
    return float(solution[0]), float(solution[1]), np.asarray(spread)


def _transfer(pair: ExposedPair, black: float, white_level: float) -> list[tuple[float, float]]:
    """(Mean, variance) of each colour, in grey levels above black; the lamp's flicker is taken out."""
    found = []
    for colour in range(3):
        one, other = (f[..., colour].astype(np.float64) - black for f in (pair.one, pair.other))
        level = 0.5 * (one + other)
        within = (level > LOWEST_LEVEL * white_level) & (level < HIGHEST_LEVEL * white_level)
        if float(within.mean()) < HIGHEST_LEVEL:  # in part beyond the range: what is left would be a biased choice
            continue
        difference = (one - other * float(one[within].mean() / other[within].mean()))[within]
        loud = np.abs(difference) > LOUDEST * float(difference.std())
        found.append((float(level[within][~loud].mean()), 0.5 * float(difference[~loud].var()) - QUANTISATION))
    return found


def _read_noise(slope: float, floor: float, spread: NDArray[np.float64], reach: float) -> Measured:
    """Noise without light in electrons: the variance that is left at none, over the slope; 0 where that is below 0."""
    squared = floor / slope**2
    by = np.array([-2 * floor / slope**3, 1 / slope**2])
    half = reach * float(np.sqrt(by @ spread @ by))
    low, value, high = (float(np.sqrt(max(squared + step, 0.0))) for step in (-half, 0.0, half))
    return Measured(value=value, interval95=(low, high))


def _linearity(pairs: Sequence[ExposedPair], black: float) -> Curve:
    return tuple(
        (float(p.exposure_ms), float(p.one[..., 1].mean() / 2 + p.other[..., 1].mean() / 2 - black)) for p in pairs
    )


def _nonlinearity(linearity: Curve) -> float:
    exposure, bright = np.array(linearity).T
    line = np.polyval(np.polyfit(exposure, bright, 1), exposure)
    return float(np.max(np.abs(bright - line)) / np.max(bright))
