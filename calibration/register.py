"""Registration: the affine transform that lays a sharp HIGH picture on a LOW one, and whether to believe it.

The sharp picture is brought to LOW's bandwidth and grid, found by normalised cross-correlation, refined by ECC, and
judged by what the pictures themselves show.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike

from calibration.affine import Matrix, apply, compose, invert, scaling, shifting
from calibration.align import SMALLEST_SIDE_PX, refine
from calibration.bandwidth import Plane, as_ratio, decimate, green
from calibration.comparable import Comparable, check_usable
from calibration.distortion import Distortion
from calibration.elastic import fit_distortion
from calibration.errors import MeasurementError
from calibration.evidence import NOTHING, Evidence, examine
from calibration.flatfield import Pixels
from calibration.gates import GATES, Gates, judge
from calibration.locate import centred, locate
from calibration.mistake import explain
from calibration.paper_method import align_as_in_paper
from calibration.warp import Window, covered_window, warp_high_to_low_grid

__all__ = ["Method", "Registration", "Window", "assess", "covered_window", "register", "warp_high_to_low_grid"]

Method = Literal["ecc", "paper"]

FOUND_NCC = 0.3
"""Below this the place found means nothing; unrelated tissue reached less than this."""

CROP_MARGIN_PX = 32
"""Of LOW kept round the place found: five sigma of the high-pass. LOW of a camera has six times the area of HIGH."""

LEVELS = 255
"""Grey levels between black and white in which contrast and noise are compared, whatever the cameras' bits."""


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
    distortion : Distortion or None
        What is to be undone besides, when it was asked for.
    """

    matrix: Matrix
    residual_px: float
    residual_p95_px: float
    high_pass_ncc: float
    energy_ratio: float
    textured_fraction: float
    accepted: bool
    reason: str
    distortion: Distortion | None = None

    @property
    def measured(self) -> bool:
        """Whether the pictures said anything; if not, the matrix is the one that was expected."""
        return bool(np.isfinite(self.high_pass_ncc))


def register(
    low: Pixels,
    high: Pixels,
    *,
    factor: Fraction | float,
    prior: ArrayLike | None = None,
    search_px: float = 60.0,
    gates: Gates = GATES,
    white_levels: tuple[float, float] | None = None,
    method: Method = "ecc",
    distortion: bool = False,
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
    method : {'ecc', 'paper'}
        How the place found is refined: by the enhanced correlation coefficient, or as the paper did, by features and
        correlation of blocks (`calibration.paper_method`), which is for comparison only.
    distortion : bool
        Whether to fit a smooth field of displacements too and judge what it leaves.

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
    ratio, (large, sharp) = as_ratio(factor), _greens(low, high, white_levels)
    to_small = scaling(float(ratio))
    small_shape = (int(sharp.shape[0] / ratio), int(sharp.shape[1] / ratio))
    nominal = compose(centred(small_shape, large.shape), to_small) if prior is None else np.asarray(prior, dtype=float)
    start = compose(nominal, invert(to_small))
    try:
        small = _brought_down(large, sharp, ratio)
        rough = _found(small, large, ratio, start, None if prior is None else search_px)
        return _judged(_Crop.of(small, large, rough), to_small, nominal, gates, method=method, distortion=distortion)
    except MeasurementError as error:
        return _registration(nominal, NOTHING, str(error))


def assess(
    low: Pixels,
    high: Pixels,
    matrix: ArrayLike,
    *,
    factor: Fraction | float,
    gates: Gates = GATES,
    white_levels: tuple[float, float] | None = None,
) -> Registration:
    """Judge a transform that comes from elsewhere, by what the pictures themselves show.

    Parameters
    ----------
    low, high, factor, gates, white_levels
        As in `register`.
    matrix : array_like, shape (2, 3)
        From pixel points (x, y) of HIGH to those of LOW.

    Returns
    -------
    Registration
        With that matrix.

    Raises
    ------
    MeasurementError
        As in `register`.
    """
    ratio, (large, sharp) = as_ratio(factor), _greens(low, high, white_levels)
    given, to_small = np.asarray(matrix, dtype=np.float64), scaling(float(ratio))
    try:
        crop = _Crop.of(_brought_down(large, sharp, ratio), large, compose(given, invert(to_small)))
        return _judged(crop, to_small, given, gates, method=None, distortion=False)
    except MeasurementError as error:
        return _registration(given, NOTHING, str(error))


def _greens(low: Pixels, high: Pixels, white_levels: tuple[float, float] | None) -> tuple[Plane, Plane]:
    white_low, white_high = white_levels or (None, None)
    return _at_levels(low, white_low), _at_levels(high, white_high)


def _at_levels(picture: Pixels, white_level: float | None) -> Plane:
    """Green of a picture with black at 0 and white at `LEVELS`."""
    plane = green(picture)
    white = np.iinfo(picture.dtype).max if white_level is None else white_level
    if not white > 0:
        raise MeasurementError(f"white level {white} is not positive: give the pixel value of saturation, e.g. 4095")
    return plane * np.float32(LEVELS / white)


def _brought_down(low: Plane, high: Plane, ratio: Fraction) -> Plane:
    for name, plane in (("LOW", low), ("HIGH", high)):
        check_usable(name, plane)
    return decimate(high, ratio)


def _found(small: Plane, large: Plane, ratio: Fraction, start: Matrix, reach_px: float | None) -> Matrix:
    """Rough transform from `small` to `large`."""
    place = locate(small, large, prior=start, search_px=reach_px)
    if not place.ncc >= FOUND_NCC:
        Comparable.of(large, small)  # says so when one of them has no structure
        raise MeasurementError(
            f"HIGH was not found in LOW (best correlation {place.ncc:.2f}, at least {FOUND_NCC} is needed): "
            + explain(small, large, ratio, place.ncc)
        )
    return place.matrix


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Crop:
    """A pair cut to the part of LOW where HIGH lies, the rough transform there, and the way back to all of LOW."""

    pair: Comparable
    rough: Matrix
    to_low: Matrix

    @classmethod
    def of(cls, small: Plane, large: Plane, rough: Matrix) -> Self:
        corners = apply(rough, [[x, y] for x in (0, small.shape[1]) for y in (0, small.shape[0])])
        first = np.maximum(np.floor(corners.min(axis=0)) - CROP_MARGIN_PX, 0).astype(int)
        last = np.maximum(np.ceil(corners.max(axis=0)) + CROP_MARGIN_PX, 0).astype(int)
        part = np.ascontiguousarray(large[first[1] : last[1], first[0] : last[0]])
        if min(part.shape) < SMALLEST_SIDE_PX:
            raise MeasurementError(
                "HIGH lies outside LOW under this transform: check the prior, or centre the same place in both"
            )
        return cls(pair=Comparable.of(part, small), rough=compose(shifting(*-first), rough), to_low=shifting(*first))


def _judged(
    crop: _Crop, to_small: Matrix, nominal: Matrix, gates: Gates, *, method: Method | None, distortion: bool
) -> Registration:
    """Refine the rough transform, where a method is given, and examine the pair under it."""
    pair = crop.pair
    found = crop.rough if method is None else _refined(pair, crop.rough, method)
    field = fit_distortion(pair, found) if distortion else None
    evidence = examine(pair, found, field)
    matrix = compose(crop.to_low, compose(found, to_small))
    return _registration(matrix, evidence, judge(evidence, matrix, nominal, gates), field)


def _refined(pair: Comparable, rough: Matrix, method: Method) -> Matrix:
    if method == "paper":
        return align_as_in_paper(pair.small, pair.large, rough)
    return refine(pair.small, pair.large, rough, fine=(pair.fine_small, pair.fine_large))


def _registration(matrix: Matrix, evidence: Evidence, reason: str, field: Distortion | None = None) -> Registration:
    return Registration(
        matrix=matrix,
        residual_px=evidence.residual_px,
        residual_p95_px=evidence.residual_p95_px,
        high_pass_ncc=evidence.high_pass_ncc,
        energy_ratio=evidence.energy_ratio,
        textured_fraction=evidence.textured_fraction,
        accepted=not reason,
        reason=reason,
        distortion=field,
    )
