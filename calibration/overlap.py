"""How far the content of a strip that two tiles share lies from where the stage put it: phase correlation, refined.

References
----------
C. D. Kuglin and D. C. Hines, The phase correlation image alignment method, Proc. IEEE Int. Conf. Cybernetics and
Society, 163 (1975); the choice among several peaks by their correlation is that of S. Preibisch et al., Globally
optimal stitching of tiled 3D microscopic image acquisitions, Bioinformatics 25, 1463 (2009).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.signal.windows import tukey

from calibration.bandwidth import NOISE_BLUR_PX, Plane
from calibration.shift import gradient, small_shift

PEAKS = 5
"""Of the phase correlation that are looked at; in a strip of little texture the highest is not always the true one."""

PEAK_RADIUS_PX = 3
BAND_CYCLES_PER_PX = 0.15
"""Gaussian sigma in frequency under which phases count: above it there is noise only."""

TAPER = 0.25
"""Share of either side over which the strips fade out before the transform."""

REACH_PX = 2
"""Looked for round the whole pixel that was found."""

SMALLEST_SIDE_PX = 10
"""Of what the two strips still have in common after the shift."""

LEAST_NCC = 0.3
CHANCE_SIGMAS = 5.0
GRAIN_PX = 30.0
"""Area of one grain of tissue after the high-pass: so many pixels count once when chance correlation is estimated."""

NOISE_GRAIN_PX = 4 * np.pi * NOISE_BLUR_PX**2
"""Area over which the blur against noise correlates it."""

LARGEST_SIGMA_PX = 0.15
"""Standard deviation along the worse direction above which a strip has too little texture to hold a tile."""

TINY = 1e-12

Point = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """What a shared strip says.

    Parameters
    ----------
    dx, dy : float
        How far the content lies to the right and down in the second strip, in pixels.
    ncc : float
        Correlation of the common part after that shift.
    sigma_px : float
        Standard deviation of the shift along its worse direction, from noise and texture.
    """

    dx: float
    dy: float
    ncc: float
    sigma_px: float

    def believed(self, pixels: int) -> bool:
        """Whether a strip of so many pixels would hardly agree so well, or so sharply, by chance."""
        chance = CHANCE_SIGMAS * np.sqrt(GRAIN_PX / max(pixels, 1))
        return self.ncc >= max(LEAST_NCC, chance) and self.sigma_px <= LARGEST_SIGMA_PX


def measure_overlap(first: Plane, second: Plane, *, search_px: float) -> Overlap | None:
    """Measure how far the content of `second` lies from where it lies in `first`.

    The highest peaks of the phase correlation are compared by the correlation of what both then have in common; the
    best one is refined by correlation and least squares on the grey levels.

    Parameters
    ----------
    first, second : ndarray of float32, shape (rows, columns)
        The shared part of two tiles, blurred against noise and high-passed.
    search_px : float
        Largest shift along each axis.

    Returns
    -------
    Overlap or None
        None where there is too little texture, or too little in common, to believe any shift.
    """
    places = [place for place in _peaks(first, second, search_px) if _common(first, second, place) is not None]
    if not places:
        return None
    rough = max(places, key=lambda place: _ncc_at(first, second, place))
    one, other = _common(first, second, rough) or (first, second)
    shift = rough + small_shift(one, other, reach_px=REACH_PX)
    common = _common(first, second, np.rint(shift).astype(int))
    if common is None or np.abs(shift - rough).max() > REACH_PX:
        return None
    found = Overlap(dx=float(shift[0]), dy=float(shift[1]), ncc=_ncc(*common), sigma_px=_sigma_px(*common))
    return found if found.believed(common[0].size) else None


def _peaks(first: Plane, second: Plane, search_px: float) -> list[NDArray[np.int_]]:
    """Whole-pixel shifts (x, y) of the highest peaks of the phase correlation within the search."""
    surface = _phase_correlation(first, second)
    rows, columns = surface.shape
    down, across = (_within(length, search_px) for length in (rows, columns))
    near = surface[np.ix_(down % rows, across % columns)].copy()
    places = []
    for _ in range(PEAKS):
        row, column = np.unravel_index(int(np.argmax(near)), near.shape)
        if not np.isfinite(near[row, column]):
            break
        places.append(np.array([across[column], down[row]]))
        top, left = max(row - PEAK_RADIUS_PX, 0), max(column - PEAK_RADIUS_PX, 0)
        near[top : row + PEAK_RADIUS_PX + 1, left : column + PEAK_RADIUS_PX + 1] = -np.inf
    return places


def _within(length: int, search_px: float) -> NDArray[np.int_]:
    reach = int(max(0, min(search_px, length - SMALLEST_SIDE_PX, (length - 1) // 2)))
    return np.arange(-reach, reach + 1)


def _phase_correlation(first: Plane, second: Plane) -> NDArray[np.float32]:
    rows, columns = first.shape
    taper = np.outer(tukey(rows, TAPER), tukey(columns, TAPER)).astype(np.float32)
    size = tuple(fft.next_fast_len(length, real=True) for length in (rows, columns))
    one, other = (fft.rfft2((plane - plane.mean()) * taper, s=size) for plane in (first, second))
    cross = np.conj(one) * other
    radius = np.hypot(fft.fftfreq(size[0])[:, None], fft.rfftfreq(size[1])[None, :])
    band = np.exp(-0.5 * (radius / BAND_CYCLES_PER_PX) ** 2)
    return np.asarray(fft.irfft2(band * cross / np.maximum(np.abs(cross), TINY), s=size), dtype=np.float32)


def _common(one: Plane, other: Plane, shift: NDArray[np.int_]) -> tuple[Plane, Plane] | None:
    """Cut the part that both show when the content of `other` lies `shift` (x, y) further; None when it is narrow."""
    rows, columns = one.shape
    dx, dy = (int(step) for step in shift)
    first = one[max(-dy, 0) : rows - max(dy, 0), max(-dx, 0) : columns - max(dx, 0)]
    second = other[max(dy, 0) : rows - max(-dy, 0), max(dx, 0) : columns - max(-dx, 0)]
    return None if min(first.shape) < SMALLEST_SIDE_PX else (first, second)


def _ncc_at(one: Plane, other: Plane, shift: NDArray[np.int_]) -> float:
    common = _common(one, other, shift)
    return -1.0 if common is None else _ncc(*common)


def _ncc(one: Plane, other: Plane) -> float:
    energy = float(np.std(one)) * float(np.std(other))
    return float(np.mean((one - one.mean()) * (other - other.mean()))) / energy if energy > TINY else 0.0


def _sigma_px(one: Plane, other: Plane) -> float:
    """Estimate the error of a least-squares shift along its worse direction, when what does not agree is noise.

    Slopes of one strip times those of the other: noise, which they do not share, then counts as no texture.
    """
    first, second = (np.column_stack([along.ravel() for along in gradient(plane)]) for plane in (one, other))
    product = first.T @ second
    information = float(np.linalg.eigvalsh(product + product.T)[0]) / 2
    unlike = float(np.var(one)) * max(1 - _ncc(one, other) ** 2, 0.0)
    return float(np.sqrt(NOISE_GRAIN_PX * unlike / max(information, TINY)))
