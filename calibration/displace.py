"""How far the picture content has moved between two frames of one objective."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from calibration.bandwidth import NOISE_BLUR_PX, Plane, blur, decimate, green, high_pass
from calibration.errors import MeasurementError
from calibration.flatfield import Pixels
from calibration.shift import peak_2d, small_shift

COARSE_SIDE_PX = 128
"""The search runs on pictures made so much coarser that their shorter side is about this large."""

SHADING_SIGMA_PX = 8.0
LEAST_OVERLAP = 0.2
"""Fraction of the field that both frames must show; a shift of half the field along both axes leaves 0.25."""

LEAST_NCC = 0.3
"""Correlation of the common part below which the place found means nothing."""

REACH_PX = 3
"""Looked for round the coarse result, in pixels of the coarser picture."""

EDGE_PX = 12
"""Left out of the common part: two sigma of the high-pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """How far the content moved in the picture, in pixels to the right and down, and how well it then agrees."""

    dx: float
    dy: float
    ncc: float


def displacement(
    reference: Pixels, moved: Pixels, *, prior_px: tuple[float, float] | None = None, search_px: float = 60.0
) -> Shift:
    """Measure how far the content of `moved` lies from where it lay in `reference`.

    Correlation of the band-passed pictures normalised by their common part, at every shift; then correlation and
    least squares on the common part in full resolution.

    Parameters
    ----------
    reference, moved : ndarray of uint8 or uint16, shape (rows, columns, 3)
        Corrected frames of one objective and size: uneven light and dust do not move and would be found instead.
    prior_px : (float, float), optional
        Expected (dx, dy); without it all shifts that leave a fifth of the field are looked at.
    search_px : float
        How far from the prior to look.

    Returns
    -------
    Shift
        To about 0.02 px for tissue in focus.

    Raises
    ------
    MeasurementError
        When the frames differ in size, or have no common structure.
    """
    one, other = green(reference), green(moved)
    if one.shape != other.shape:
        raise MeasurementError(
            f"the frames are {one.shape[1]}×{one.shape[0]} and {other.shape[1]}×{other.shape[0]}: compare frames of "
            "one size"
        )
    coarser = max(1, min(one.shape) // COARSE_SIDE_PX)
    near = None if prior_px is None else (np.asarray(prior_px) / coarser, search_px / coarser)
    coarse_one, coarse_other = (_band_pass(decimate(plane, coarser)) for plane in (one, other))
    rough = np.rint(_coarse_shift(coarse_one, coarse_other, near) * coarser)
    fine = [high_pass(blur(plane, sigma_px=NOISE_BLUR_PX)) for plane in (one, other)]
    common_one, common_other = _common(fine[0], fine[1], rough.astype(int), edge_px=EDGE_PX)
    rest = small_shift(common_one, common_other, reach_px=REACH_PX * coarser)
    dx, dy = rough + rest
    final = _common(fine[0], fine[1], np.rint([dx, dy]).astype(int), edge_px=EDGE_PX)
    return _believed(Shift(dx=float(dx), dy=float(dy), ncc=_correlation(*final)))


def _believed(shift: Shift) -> Shift:
    if not shift.ncc >= LEAST_NCC:
        raise MeasurementError(
            f"the two frames have no structure in common (best correlation {shift.ncc:.2f}, at least {LEAST_NCC} is "
            "needed): move less far, focus, or choose a place with tissue"
        )
    return shift


def _band_pass(plane: Plane) -> Plane:
    return high_pass(blur(plane, sigma_px=1.0), sigma_px=SHADING_SIGMA_PX)


def _coarse_shift(
    reference: Plane, moved: Plane, near: tuple[NDArray[np.float64], float] | None
) -> NDArray[np.float64]:
    """Shift (x, y) of largest correlation, normalised by the energies of the common part.

    After D. Padfield, Masked object registration in the Fourier domain, IEEE Trans. Image Processing 21, 2706 (2012),
    for pictures of mean zero.
    """
    rows, columns = (2 * side for side in reference.shape)
    ones = np.ones_like(reference)
    spectra = [fft.rfft2(p, s=(rows, columns)) for p in (reference, moved, reference**2, moved**2, ones)]
    first, second, energy_first, energy_second, mask = spectra

    def correlate(a: NDArray[np.complex64], b: NDArray[np.complex64]) -> NDArray[np.float32]:
        return np.asarray(fft.fftshift(fft.irfft2(np.conj(a) * b, s=(rows, columns))))

    energy = correlate(energy_first, mask) * correlate(mask, energy_second)
    floor = 1e-6 * float((reference**2).sum()) * float((moved**2).sum())
    allowed = (correlate(mask, mask) > LEAST_OVERLAP * reference.size) & (energy > floor)
    y, x = np.indices((rows, columns), dtype=np.float64)
    x, y = x - columns // 2, y - rows // 2
    if near is not None:
        allowed &= np.maximum(abs(x - near[0][0]), abs(y - near[0][1])) <= near[1] + 1
    score = np.where(allowed, correlate(first, second) / np.sqrt(np.maximum(energy, max(floor, 1e-30))), -1.0)
    row, column = np.unravel_index(int(np.argmax(score)), score.shape)
    if not allowed[row, column]:
        raise MeasurementError("one of the two frames is blank: choose a place with tissue, focus, or give more light")
    peak_x, peak_y = peak_2d(score, int(row), int(column))
    return np.array([peak_x - columns // 2, peak_y - rows // 2])


def _common(one: Plane, other: Plane, shift: NDArray[np.int_], *, edge_px: int) -> tuple[Plane, Plane]:
    """Cut the part that both show, when the content of `other` lies `shift` (x, y) further than in `one`."""
    rows, columns = one.shape
    dx, dy = (int(s) for s in shift)
    inner = np.s_[edge_px:-edge_px, edge_px:-edge_px]
    first = one[max(-dy, 0) : rows - max(dy, 0), max(-dx, 0) : columns - max(dx, 0)][inner]
    second = other[max(dy, 0) : rows - max(-dy, 0), max(dx, 0) : columns - max(-dx, 0)][inner]
    if min(first.shape) <= 2 * EDGE_PX:
        raise MeasurementError(
            f"the two frames have only {first.shape[1]}×{first.shape[0]} pixels in common: move less far between them"
        )
    return first, second


def _correlation(one: Plane, other: Plane) -> float:
    energy = float(np.std(one)) * float(np.std(other))
    return float(np.mean((one - one.mean()) * (other - other.mean()))) / energy if energy > 0 else 0.0
