"""Pictures for the demo's report that no command writes: an overview of a slide, a pair before and after."""

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from acquire.runfolder import RunFolder
from calibration.affine import apply, compose, invert, rms_difference, scaling
from calibration.flatfield import correct
from enhance.edf import fuse
from parfocal.report_capture import PairView, Picture

OVERVIEW_UM_PER_PX = 0.5
GLASS = 235
"""Grey of the overview where nothing was captured."""
PAIR_SIDE_PX = 200
"""Side of the pair's picture in low-power pixels."""


def overview(run: RunFolder) -> tuple[Picture, tuple[float, float, float, float]]:
    """Lay the low-power frames of a run where the stage took them.

    Parameters
    ----------
    run : RunFolder
        Finished.

    Returns
    -------
    (ndarray of uint8, shape (rows, columns, 3), (left, top, right, bottom))
        The picture and its edges in stage µm.
    """
    low = run.objectives[0]
    width_um, height_um = run.rig.field_um(low)
    stacks = [run.read(site, low) for site in run.sites()]
    xs, ys = [s.position.x for s in stacks], [s.position.y for s in stacks]
    left, top = min(xs) - width_um / 2, min(ys) - height_um / 2
    right, bottom = max(xs) + width_um / 2, max(ys) + height_um / 2
    tile = (round(width_um / OVERVIEW_UM_PER_PX), round(height_um / OVERVIEW_UM_PER_PX))
    shape = (round((bottom - top) / OVERVIEW_UM_PER_PX) + 2, round((right - left) / OVERVIEW_UM_PER_PX) + 2, 3)
    picture = np.full(shape, GLASS, dtype=np.uint8)
    for stack in stacks:
        row = round((stack.position.y - height_um / 2 - top) / OVERVIEW_UM_PER_PX)
        column = round((stack.position.x - width_um / 2 - left) / OVERVIEW_UM_PER_PX)
        small = cv2.resize(_corrected(run, low, stack.pixels[0]), tile, interpolation=cv2.INTER_AREA)
        picture[row : row + tile[1], column : column + tile[0]] = small
    return picture, (left, top, right, bottom)


def pair_view(run: RunFolder, row: Mapping[str, str]) -> PairView:
    """Show one pair before and after registration.

    Parameters
    ----------
    run : RunFolder
        It was captured in.
    row : mapping of str to str
        Its row in ``sites.csv``.
    """
    low_name, high_name = run.objectives[0], run.objectives[-1]
    low = _corrected(run, low_name, run.read(row["site"], low_name).pixels[0])
    planes = [_corrected(run, high_name, plane) for plane in run.read(row["site"], high_name).pixels]
    high = np.asarray(fuse(np.stack(planes)).image, dtype=np.uint8)
    factor = run.rig.objective(high_name).magnification / run.rig.objective(low_name).magnification
    found = np.array([float(value) for value in row["matrix"].split()]).reshape(2, 3)
    nominal = scaling(factor)
    centre = np.array([(high.shape[1] - 1) / 2, (high.shape[0] - 1) / 2])
    nominal[:, 2] += np.array([(low.shape[1] - 1) / 2, (low.shape[0] - 1) / 2]) - apply(nominal, centre)
    corner = np.floor(apply(found, centre)) - PAIR_SIDE_PX / 2
    to_grid = invert(compose(np.array([[1, 0, corner[0]], [0, 1, corner[1]]]), scaling(factor)))
    side = round(PAIR_SIDE_PX * factor)
    pictures = [_drawn(picture, compose(to_grid, matrix), side) for picture, matrix in (
        (low, np.eye(2, 3)), (high, nominal), (high, found),
    )]  # fmt: skip
    return PairView(
        site=row["id"],
        low=pictures[0],
        nominal=pictures[1],
        registered=pictures[2],
        pixel_um=run.rig.pixel_um(high_name),
        nominal_offset_px=rms_difference(nominal, found, width=high.shape[1], height=high.shape[0]),
        residual_px=float(row["residual_px"]),
        truth_rms_px=float(row["true_rms_px"]) if row["true_rms_px"] else None,
    )


def _corrected(run: RunFolder, objective: str, pixels: NDArray[np.uint8] | NDArray[np.uint16]) -> Picture:
    if run.calibration is None:
        return np.asarray(pixels, dtype=np.uint8)
    corrected = correct(pixels, run.calibration.corrections[objective], white_level=float(np.iinfo(pixels.dtype).max))
    return np.asarray(corrected, dtype=np.uint8)


def _drawn(picture: Picture, matrix: NDArray[np.float64], side: int) -> Picture:
    drawn = cv2.warpAffine(picture, matrix, (side, side), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(drawn, dtype=np.uint8)
