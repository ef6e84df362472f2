"""Estimate dark and flat field from frames: of no light, of empty glass, or of many places with tissue."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.bandwidth import high_pass
from calibration.envelope import cell_medians, upper_surface
from calibration.errors import MeasurementError
from calibration.flatfield import Correction, Pixels

FEWEST_FOR_MEDIAN = 3
"""From this many frames on, what lies in one of them only (dust on the slide) is left out."""

SMOOTH_PX = 2.0
"""Gaussian against the noise of few frames; the shadow of dust on the camera is wider."""

STUCK = 0.08
"""Departure of a pixel of empty glass from the median round it, as a share: dust and noise give less."""
STUCK_IN_THE_DARK = 0.02
"""The same of a dark frame, as a share of the white level: read noise gives less."""
STUCK_REACH_PX = 5

BRIGHTEST_GLASS = 0.98
DARKEST_GLASS = 0.1
LARGEST_STRUCTURE = 0.03
"""Standard deviation of the high-passed glass over its mean: dust gives less, tissue more."""

FEWEST_TILES = 8
DARKEST_CELL = 0.01
REJECT_MAD = 7.0
"""Distance from the median, in median absolute deviations, beyond which a value is dust on the slide."""

Fraction3 = NDArray[np.float32]


def dark_from(frames: Sequence[Pixels], *, white_level: float) -> Fraction3:
    """Mean frame without light, in fractions of the white level.

    Parameters
    ----------
    frames : sequence of ndarray of uint8 or uint16, shape (rows, columns, 3)
        Taken with the light off or blocked, at the exposure they are for.
    white_level : float
        Pixel value of saturation.

    Returns
    -------
    ndarray of float32, shape (rows, columns, 3)

    Raises
    ------
    MeasurementError
        Without frames, with frames of different size, or when there was light.
    """
    dark = _without_stuck(_combined(frames) / np.float32(white_level))
    if float(np.median(dark)) > DARKEST_GLASS:
        raise MeasurementError(
            f"the dark frame has {float(np.median(dark)):.0%} of the white level: switch the light off, then capture it"
        )
    return np.asarray(dark, dtype=np.float32)


def flat_from_glass(
    frames: Sequence[Pixels],
    dark: Fraction3 | None = None,
    *,
    white_level: float,
    black: float = 0.0,
    smooth_px: float = SMOOTH_PX,
) -> Correction:
    """Dark and flat field from frames of empty glass.

    Parameters
    ----------
    frames : sequence of ndarray of uint8 or uint16, shape (rows, columns, 3)
        Of different places, so that dust on the slide is left out by their median.
    dark : ndarray of float32, shape (rows, columns, 3), optional
        From `dark_from`; an even `black` when not given.
    white_level, black : float
        Pixel values of saturation and of no light.
    smooth_px : float
        Gaussian against noise; 0 when there are many frames and the gain of single pixels shall be corrected.

    Returns
    -------
    Correction

    Raises
    ------
    MeasurementError
        Without frames, with frames of different size, or when the glass is overexposed, dark, or not empty.
    """
    mean = _without_stuck(_combined(frames) / np.float32(white_level))
    flat = cv2.GaussianBlur(mean, (0, 0), smooth_px, borderType=cv2.BORDER_REFLECT) if smooth_px > 0 else mean
    flat = np.asarray(flat, dtype=np.float32)
    _check_exposed(flat)
    for channel in range(3):
        plane = np.ascontiguousarray(flat[..., channel])
        structure = float(high_pass(plane).std()) / float(plane.mean())
        if structure > LARGEST_STRUCTURE:
            raise MeasurementError(
                f"the frames of empty glass show structure ({structure:.1%} of their brightness, at most "
                f"{LARGEST_STRUCTURE:.0%} is dust): move to a place without tissue"
            )
    return Correction(dark=_dark(dark, flat.shape, black / white_level), flat=flat)


def flat_from_tissue(
    frames: Sequence[Pixels], dark: Fraction3 | None = None, *, white_level: float, black: float = 0.0
) -> Correction:
    """Dark and flat field from many frames with tissue: a smooth surface that touches them all from above.

    For slides without an empty field. The brightest 1 in 1000 of the small areas seen is taken for glass; where it is
    tissue, the flat is too dark by what that absorbs. Take fifty places or more; empty glass is better still.

    Parameters
    ----------
    frames : sequence of ndarray of uint8 or uint16, shape (rows, columns, 3)
        At least eight, of different places.
    dark : ndarray of float32, shape (rows, columns, 3), optional
        From `dark_from`; an even `black` when not given.
    white_level, black : float
        Pixel values of saturation and of no light.

    Returns
    -------
    Correction

    Raises
    ------
    MeasurementError
        With fewer than eight frames, frames of different size, or frames that are overexposed or dark.
    """
    _check_frames(frames)
    if len(frames) < FEWEST_TILES:
        raise MeasurementError(
            f"{len(frames)} frames with tissue were given and {FEWEST_TILES} are needed: use more places or empty glass"
        )
    cells = np.stack([cell_medians(frame) for frame in frames]) / white_level
    rows, columns = frames[0].shape[:2]
    below = _dark(dark, frames[0].shape, black / white_level)
    light = np.maximum(cells - cell_medians(below), DARKEST_CELL)
    surfaces = [np.exp(upper_surface(np.log(light[..., channel]), rows, columns)) for channel in range(3)]
    flat = np.asarray(np.stack(surfaces, axis=-1) + below, dtype=np.float32)
    _check_exposed(flat)
    return Correction(dark=below, flat=flat)


def _check_frames(frames: Sequence[Pixels]) -> None:
    sizes = sorted({frame.shape for frame in frames})
    if len(sizes) != 1:
        raise MeasurementError(f"frames of one size are needed and {sizes or 'none'} were given: capture them again")


def _combined(frames: Sequence[Pixels]) -> Fraction3:
    _check_frames(frames)
    channels = [_robust_mean(np.stack([f[..., c].astype(np.float32) for f in frames])) for c in range(3)]
    return np.stack(channels, axis=-1)


def _robust_mean(stack: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean over the first axis; from three frames on, without the values far from the median of their pixel."""
    if len(stack) < FEWEST_FOR_MEDIAN:
        return np.asarray(stack.mean(axis=0))
    distance = np.abs(stack - np.median(stack, axis=0))
    limit = np.maximum(np.float32(REJECT_MAD) * np.median(distance, axis=0), np.float32(1))
    return np.asarray(np.mean(stack, axis=0, where=distance <= limit), dtype=np.float32)


def _without_stuck(mean: Fraction3) -> Fraction3:
    """Put the median of their neighbours in place of stuck pixels, whose smoothing would darken or light those."""
    median = np.asarray(cv2.medianBlur(mean, STUCK_REACH_PX))
    stuck = np.abs(mean - median) > np.maximum(STUCK * median, STUCK_IN_THE_DARK)
    return np.where(stuck, median, mean)


def _dark(dark: Fraction3 | None, shape: tuple[int, ...], black: float) -> Fraction3:
    return np.full(shape, black, dtype=np.float32) if dark is None else dark


def _check_exposed(flat: Fraction3) -> None:
    brightest, darkest = float(np.percentile(flat, 99)), float(np.percentile(flat, 1))
    if brightest > BRIGHTEST_GLASS or darkest < DARKEST_GLASS:
        raise MeasurementError(
            f"glass lies between {darkest:.0%} and {brightest:.0%} of the white level, where {DARKEST_GLASS:.0%} to "
            f"{BRIGHTEST_GLASS:.0%} can be corrected: change the exposure and capture again"
        )
