"""Plates: small shapes of chrome, computed once in frames of their own and laid anywhere on the slide."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from acquire.simulated.specimens.targets.passband import REACH_UM, Bounds, kept, within
from acquire.simulated.specimens.window import Window

Image = NDArray[np.float32]
Values = NDArray[np.float64]
Point = tuple[float, float]
Target = TypeVar("Target")
Spectrum = Callable[[Values, Values], Values]
"""Of a sharp shape that is its own mirror image in x and y, from frequencies along x and y in cycles per µm."""

_STEP_UM = 0.03  # between the points of a plate; B-splines between them err by 1e-3 of what lies at 5 cycles per µm


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plate:
    """One shape round the origin of its frame.

    Parameters
    ----------
    coefficients : ndarray of float32, shape (rows, columns)
        Of the B-spline of its coverage, 1 being full; the origin lies at (rows // 2, columns // 2).
    """

    coefficients: Image

    @property
    def half_um(self) -> Point:
        """How far the plate reaches along x and along y; beyond there is nothing."""
        rows, columns = self.coefficients.shape
        return columns // 2 * _STEP_UM, rows // 2 * _STEP_UM

    def at(self, x_um: Values, y_um: Values) -> Values:
        """Coverage at points of its frame."""
        rows, columns = self.coefficients.shape
        place = [y_um / _STEP_UM + rows // 2, x_um / _STEP_UM + columns // 2]
        coverage: Values = ndimage.map_coordinates(self.coefficients, place, np.float64, prefilter=False)
        return coverage


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Patch:
    """A plate where it lies.

    Parameters
    ----------
    plate : Plate
        What lies there.
    centre_um : (float, float)
        Origin of its frame on the slide.
    turn_rad : float
        From the slide's x to the frame's, turning towards y.
    """

    plate: Plate
    centre_um: Point
    turn_rad: float = 0.0


def make_plate(spectrum: Spectrum, half_um: Point, bounds: Bounds) -> Plate:
    """Compute the plate of a shape, sharp as `passband` describes.

    Parameters
    ----------
    spectrum : callable
        Of the shape; see `Spectrum`.
    half_um : (float, float)
        How far the shape reaches along x and along y.
    bounds : (float, float)
        Least and greatest coverage that there is room for; see `chrome.room`.
    """
    columns, rows = (2 * fft.next_fast_len(int(np.ceil((half + REACH_UM) / _STEP_UM)), True) for half in half_um)
    x, y = fft.rfftfreq(columns, _STEP_UM), fft.fftfreq(rows, _STEP_UM)[:, None]
    frequency = np.hypot(x, y)
    shape = fft.irfft2(spectrum(x, y) * kept(frequency) / _STEP_UM**2, s=(rows, columns))
    values = within(fft.fftshift(shape).astype(np.float32), frequency, bounds, axes=(0, 1))
    return Plate(coefficients=ndimage.spline_filter(values, output=np.float32, mode="grid-wrap"))


def on_slide(point_um: Point, centre_um: Point, turn_rad: float) -> Point:
    """Return where a point of a turned frame lies on the slide."""
    (x, y), (cosine, sine) = point_um, (np.cos(turn_rad), np.sin(turn_rad))
    return float(centre_um[0] + x * cosine - y * sine), float(centre_um[1] + x * sine + y * cosine)


def in_frame(window: Window, centre_um: Point, turn_rad: float) -> tuple[Values, Values]:
    """Return x and y of each pixel in a turned frame, each (rows, columns): the inverse of `on_slide`."""
    x, y = window.x_um - centre_um[0], window.y_um[:, None] - centre_um[1]
    cosine, sine = np.cos(turn_rad), np.sin(turn_rad)
    return x * cosine + y * sine, y * cosine - x * sine


def once(patches_of: Callable[[Target], tuple[Patch, ...]]) -> Callable[[Target], tuple[Patch, ...]]:
    """Keep the patches of the last targets; threads that ask for them at the same time wait for the first of them."""
    cached, lock = lru_cache(maxsize=8)(patches_of), Lock()

    def recall(target: Target) -> tuple[Patch, ...]:
        with lock:
            return cached(target)

    return recall


def covered(patches: Iterable[Patch], window: Window) -> Values:
    """Add up what patches cover of a window, shape (rows, columns)."""
    coverage = np.zeros((window.rows, window.columns))
    for patch in patches:
        part = _overlap(patch, window)
        if part.columns > 0 and part.rows > 0:
            column, row = part.column - window.column, part.row - window.row
            area = slice(row, row + part.rows), slice(column, column + part.columns)
            coverage[area] += patch.plate.at(*in_frame(part, patch.centre_um, patch.turn_rad))
    return coverage


def _overlap(patch: Patch, window: Window) -> Window:
    """Part of a window that holds all there is of a patch, of no size or less when there is nothing."""
    across, down = patch.plate.half_um
    cosine, sine = abs(np.cos(patch.turn_rad)), abs(np.sin(patch.turn_rad))
    reach = np.array([across * cosine + down * sine, across * sine + down * cosine])
    low = np.ceil((np.array(patch.centre_um) - reach) / window.pitch_um)
    high = np.floor((np.array(patch.centre_um) + reach) / window.pitch_um) + 1
    first = np.maximum(low, [window.column, window.row]).astype(int)
    size = np.minimum(high, [window.column + window.columns, window.row + window.rows]).astype(int) - first
    return Window(
        column=int(first[0]), row=int(first[1]), columns=int(size[0]), rows=int(size[1]), pitch_um=window.pitch_um
    )
