"""Registration: the affine transform that lays a sharp HIGH picture on a LOW one, and whether to believe it.

The sharp picture is brought to LOW's bandwidth and grid, found by normalised cross-correlation, refined by ECC, and
judged by what the pictures themselves show.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike

from calibration.affine import Matrix, compose, invert, scaling
from calibration.align import refine
from calibration.bandwidth import NOISE_BLUR_PX, Plane, as_ratio, blur, decimate, green, high_pass
from calibration.blocks import noise_sigma
from calibration.errors import MeasurementError
from calibration.evidence import NOTHING, Evidence, examine
from calibration.flatfield import Pixels
from calibration.gates import GATES, Gates, judge
from calibration.locate import centred, locate
from calibration.warp import Window, covered_window, warp_high_to_low_grid

__all__ = ["Registration", "Window", "covered_window", "register", "warp_high_to_low_grid"]

FOUND_NCC = 0.3
"""Below this the place found means nothing; unrelated tissue reached less than this."""

LEAST_CONTRAST = 0.5
"""Standard deviation of the blurred, high-passed picture over that of the noise; noise alone has 0.35."""

LEVELS = 255
"""Grey levels between black and white in which contrast and noise are compared, whatever the cameras' bits."""

CLIPPED_FRACTION = 0.5
"""A picture of which more than this lies at one extreme value is clipped or blank."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Registration:
    """The transform that lays HIGH on LOW, what the pictures say of it, and the verdict.

    Parameters
    ----------
    matrix : ndarray, shape (2, 3)
        From pixel points (x, y) of HIGH to those of LOW.
    residual_px, residual_p95_px : float
        Root mean square and 95th percentile of the displacements that remain, block by block, in LOW pixels; nan when
        nothing could be measured.
    high_pass_ncc : float
        Correlation of the two pictures without their low frequencies; nan as above.
    energy_ratio : float
        Energy of LOW over that of HIGH at LOW's bandwidth, after the high-pass; nan as above.
    textured_fraction : float
        Fraction of blocks with structure to measure by.
    accepted : bool
        Whether all gates are passed.
    reason : str
        Why not, in one sentence with numbers and what to do; empty when accepted.
    """

    matrix: Matrix
    residual_px: float
    residual_p95_px: float
    high_pass_ncc: float
    energy_ratio: float
    textured_fraction: float
    accepted: bool
    reason: str


def register(
    low: Pixels,
    high: Pixels,
    *,
    factor: Fraction | float,
    prior: ArrayLike | None = None,
    search_px: float = 60.0,
    gates: Gates = GATES,
    white_levels: tuple[float, float] | None = None,
) -> Registration:
    """Find the affine transform that lays `high` on `low`.

    Parameters
    ----------
    low, high : ndarray of uint8 or uint16, shape (rows, columns, 3)
        Corrected pictures; `high` shows a part of what `low` shows, or all of it.
    factor : Fraction or float
        Nominal pixel size of LOW over that of HIGH, at least 1.
    prior : array_like, shape (2, 3), optional
        Where HIGH is expected on LOW, from HIGH to LOW pixel points. Without it HIGH is taken to be upright and is
        looked for in the whole of LOW.
    search_px : float
        How far from the prior to look, in LOW pixels.
    gates : Gates
        Limits of acceptance.
    white_levels : (float, float), optional
        Pixel values of saturation of LOW and HIGH, needed where they differ and are not the largest values that their
        dtypes hold, as of a 12-bit camera and an 8-bit one: contrast, noise and energy are compared at equal white.

    Returns
    -------
    Registration
        Not accepted, with a reason, when the pictures cannot be registered.

    Raises
    ------
    MeasurementError
        When an array is no colour picture, the factor no ratio or a white level not positive; never for what the
        pictures show.
    """
    ratio = as_ratio(factor)
    white_low, white_high = white_levels or (None, None)
    large, sharp = _at_levels(low, white_low), _at_levels(high, white_high)
    to_small = scaling(float(ratio))
    small_shape = (int(sharp.shape[0] / ratio), int(sharp.shape[1] / ratio))
    nominal = compose(centred(small_shape, large.shape), to_small) if prior is None else np.asarray(prior, dtype=float)
    try:
        _check_usable(large, sharp)
        small = decimate(sharp, ratio)
        start = compose(nominal, invert(to_small))
        found, evidence = _lay(small, large, start, None if prior is None else search_px)
    except MeasurementError as error:
        return _registration(nominal, NOTHING, str(error))
    matrix = compose(found, to_small)
    return _registration(matrix, evidence, judge(evidence, matrix, nominal, gates))


def _at_levels(picture: Pixels, white_level: float | None) -> Plane:
    """Green of a picture with black at 0 and white at `LEVELS`."""
    plane = green(picture)
    white = np.iinfo(picture.dtype).max if white_level is None else white_level
    if not white > 0:
        raise MeasurementError(f"white level {white} is not positive: give the pixel value of saturation, e.g. 4095")
    return plane * np.float32(LEVELS / white)


def _registration(matrix: Matrix, evidence: Evidence, reason: str) -> Registration:
    return Registration(
        matrix=matrix,
        residual_px=evidence.residual_px,
        residual_p95_px=evidence.residual_p95_px,
        high_pass_ncc=evidence.high_pass_ncc,
        energy_ratio=evidence.energy_ratio,
        textured_fraction=evidence.textured_fraction,
        accepted=not reason,
        reason=reason,
    )


def _check_usable(low: Plane, high: Plane) -> None:
    for name, plane in (("LOW", low), ("HIGH", high)):
        clipped = max(float(np.mean(plane == plane.max())), float(np.mean(plane == plane.min())))
        if clipped > CLIPPED_FRACTION:
            raise MeasurementError(
                f"{clipped:.0%} of {name} has one value, as a blank, black or overexposed picture: check the light and "
                "the exposure, and capture it again"
            )


def _lay(small: Plane, large: Plane, start: Matrix, reach_px: float | None) -> tuple[Matrix, Evidence]:
    """Find, refine and examine; `small` and `large` on pixels of nearly the same size."""
    noise = max(noise_sigma(small), noise_sigma(large))
    small, large = blur(small, sigma_px=NOISE_BLUR_PX), blur(large, sigma_px=NOISE_BLUR_PX)
    fine_small, fine_large = high_pass(small), high_pass(large)
    contrast = min(float(fine_small.std()), float(fine_large.std()))
    if contrast < LEAST_CONTRAST * noise:
        raise MeasurementError(
            f"one of the pictures shows no structure (contrast {contrast:.2g} in noise of {noise:.2g} grey levels): "
            "choose a place with tissue, or focus again"
        )
    place = locate(small, large, prior=start, search_px=reach_px)
    if not place.ncc >= FOUND_NCC:
        raise MeasurementError(
            f"HIGH was not found in LOW (best correlation {place.ncc:.2f}, at least {FOUND_NCC} is needed): check that "
            "both show the same place, the factor, and the prior"
        )
    matrix = refine(small, large, place.matrix)
    return matrix, examine(fine_small, fine_large, matrix, noise=noise)
