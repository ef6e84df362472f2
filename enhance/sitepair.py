"""One site of a run as a registered pair: corrected, fused, laid on the low-resolution grid, cut to what both show."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from acquire.runfolder import RunFolder
from acquire.store import Stack
from acquire.truthfile import Truth, read_truth
from calibration.affine import Matrix, rms_difference
from calibration.flatfield import Correction, correct, correct_finely
from calibration.match import match_plane
from calibration.register import Registration, Window, covered_window, warp_high_to_low_grid
from enhance.bitdepth import WHITE_LEVEL, as_bytes
from enhance.contactsheet import preview
from enhance.edf import fuse
from enhance.errors import PairsError
from enhance.expected import expected_transform, nearest_plane
from enhance.lamp import lit_as
from enhance.metrics import tissue_mask
from enhance.pairoptics import PairOptics
from enhance.patches import nearest_side

Array = NDArray[Any]
Level = TypeVar("Level", np.uint8, np.uint16)
Pixels = NDArray[np.uint8]
Label = Literal["fused", "plane"]

FEWEST_PLANES = 2
KINDS = ("low", "high", "truth", "other", "exposure")
"""Pictures that a pair may have."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SitePair:
    """What one site gave.

    Parameters
    ----------
    registration : Registration
        Of the matching plane on the low-resolution picture; when it is not accepted nothing else is given.
    pictures : mapping of str to ndarray
        ``low`` and ``high``; on a simulated run that kept them ``truth``, ``other`` and ``exposure``. The truths are of
        uint16 and so is ``low`` where it is corrected, all others of uint8.
    picture : str
        Site of the low-resolution picture.
    centre_um : (float, float)
        Its stage position.
    reach_um : float
        How far from there the pair's pixels reach along either axis.
    tissue_fraction : float
        Of the low-resolution picture.
    true_rms_px : float
        Distance of the transform from the true one, in low-resolution pixels; nan where the truth is not known.
    simulated : bool
        Whether the pixels were rendered.
    preview : ndarray of uint8
        For the contact sheet, as from `enhance.contactsheet.preview`; also when it is not accepted.
    """

    registration: Registration
    picture: str
    centre_um: tuple[float, float]
    simulated: bool
    preview: Pixels
    pictures: Mapping[str, Array] = field(default_factory=dict)
    reach_um: float = 0.0
    tissue_fraction: float = float("nan")
    true_rms_px: float = float("nan")


def pair_site(run: RunFolder, site: str, optics: PairOptics, *, label: Label) -> SitePair:
    """Make a pair of a high-resolution stack and the low-resolution stack that shows the same field.

    Parameters
    ----------
    run : RunFolder
        Holds the site with the high-resolution objective, and its partner with the other one.
    site : str
        Its name.
    optics : PairOptics
        Of the run.
    label : {'fused', 'plane'}
        What the network shall learn to show: the fused stack, or its plane nearest to the low-resolution focus.

    Returns
    -------
    SitePair
        The low-resolution picture is corrected and cut, never resampled; the label is resampled once.

    Raises
    ------
    PairsError
        When there is nothing to fuse, or both cover less than a patch.
    AcquireError, CalibrationError
        When a stack is damaged or does not fit its flat field.
    """
    high_stack = run.read(site, optics.high.name)
    low_stack = run.read(run.partner(site, optics.high.name), optics.low.name)
    if label == "fused" and len(high_stack.z_um) < FEWEST_PLANES:
        raise PairsError(
            f"{optics.high.name} has one plane and nothing to fuse: capture a stack or use the label plane"
        )
    low_planes, high_planes = (_corrected(stack, run, optics) for stack in (low_stack, high_stack))
    low = low_planes[len(low_planes) // 2]
    prior = expected_transform(low_stack, high_stack, run.calibration)
    start = nearest_plane(low_stack, high_stack, run.calibration)
    match = match_plane(low, list(high_planes), factor=optics.ratio, start=start, prior=prior)
    exposure = high_planes[match.index]
    high = fuse(high_planes).image if label == "fused" else exposure
    centre_um = (low_stack.position.x, low_stack.position.y)
    pair = SitePair(
        registration=match.registration,
        picture=low_stack.site,
        centre_um=centre_um,
        simulated=low_stack.simulated,
        preview=preview(low, exposure, match.registration.matrix, optics.ratio),
    )
    if not pair.registration.accepted:
        return pair
    given = _given(low_stack, low, run, optics)
    return _cut(pair, read_truth(run.path, site), optics, label, low=given, high=high, exposure=exposure)


def _cut(
    pair: SitePair,
    truth: Truth | None,
    optics: PairOptics,
    label: Label,
    *,
    low: Array,
    high: Pixels,
    exposure: Pixels,
) -> SitePair:
    """Give a registered pair its pictures, cut to the window that both sides show."""
    matrix = pair.registration.matrix
    window = covered_window(matrix, high.shape, low.shape, optics.ratio)
    _check_size(window, optics)
    part = _part(low, window, Fraction(1))
    pictures: dict[str, Array] = {"low": part, "high": lit_as(part, _laid(high, matrix, window, low, optics))}
    true_rms_px = float("nan")
    if truth is not None:
        true_rms_px = rms_difference(matrix, truth.matrix, width=high.shape[1], height=high.shape[0])
        pictures |= _true_pictures(truth, label, window, optics)
    if "truth" in pictures:
        pictures["exposure"] = lit_as(part, _laid(exposure, matrix, window, low, optics))
    mask = tissue_mask(
        as_bytes(part), pixel_um=optics.low_pixel_um, white_level=WHITE_LEVEL, corrected=optics.corrected
    )
    return replace(
        pair,
        pictures=pictures,
        reach_um=_reach_px(window, low) * optics.low_pixel_um,
        tissue_fraction=float(mask.mean()),
        true_rms_px=true_rms_px,
    )


def _corrected(stack: Stack, run: RunFolder, optics: PairOptics) -> Pixels:
    """All planes of a stack with even light, in 8 bits."""
    planes: NDArray[Any] = stack.pixels
    correction = _correction(stack, run, optics)
    if correction is not None:
        planes = np.stack([correct(plane, correction, white_level=stack.white_level) for plane in stack.pixels])
    return as_bytes(planes, stack.white_level)


def _given(stack: Stack, low: Pixels, run: RunFolder, optics: PairOptics) -> Array:
    """Return the middle plane as the network gets it: even light in 16 bits, or `low` where nothing is corrected."""
    correction = _correction(stack, run, optics)
    if correction is None:
        return low
    return correct_finely(stack.pixels[len(stack.pixels) // 2], correction, white_level=stack.white_level)


def _correction(stack: Stack, run: RunFolder, optics: PairOptics) -> Correction | None:
    if run.calibration is None or not optics.corrected:
        return None
    return run.calibration.corrections[stack.objective]


def _check_size(window: Window, optics: PairOptics) -> None:
    side = nearest_side(optics.ratio)
    if min(window.rows, window.columns) < side:
        raise PairsError(
            f"the two pictures have only {window.columns}×{window.rows} px in common and a patch needs {side}×{side}: "
            "check the parcentric offsets, or capture larger frames"
        )


def _laid(picture: Pixels, matrix: Matrix, window: Window, low: Array, optics: PairOptics) -> NDArray[np.float32]:
    """Lay a picture on the grid of the label, not rounded yet."""
    exact = picture.astype(np.float32)
    return warp_high_to_low_grid(exact, matrix, low_shape=low.shape, factor=optics.ratio, window=window)


def _true_pictures(truth: Truth, label: Label, window: Window, optics: PairOptics) -> dict[str, Array]:
    """Cut the noise-free pictures of the label's kind and of the other kind, where they were kept.

    They show even light, so they are no truth for labels that still have their shading.
    """
    if not optics.corrected:
        return {}
    kinds = {"truth": truth.fused, "other": truth.plane}
    if label == "plane":
        kinds = {"truth": truth.plane, "other": truth.fused}
    return {name: _part(picture, window, optics.ratio) for name, picture in kinds.items() if picture is not None}


def _part(picture: NDArray[Level], window: Window, ratio: Fraction) -> NDArray[Level]:
    """Cut a window of the low-resolution grid out of a picture on a grid `ratio` times finer."""
    top, left, rows, columns = (int(side * ratio) for side in window)
    return picture[top : top + rows, left : left + columns]


def _reach_px(window: Window, low: Array) -> float:
    """Largest distance of the window's edges from the centre of the picture, along either axis."""
    rows, columns = low.shape[:2]
    edges = (window.row - rows / 2, window.row + window.rows - rows / 2)
    sides = (window.column - columns / 2, window.column + window.columns - columns / 2)
    return float(max(abs(edge) for edge in (*edges, *sides)))
