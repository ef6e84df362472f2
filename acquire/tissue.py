"""Which tiles of a plan show no tissue, by a picture of the whole slide at low magnification."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tifffile
from numpy.typing import NDArray

from acquire.errors import PlanError
from acquire.fields import Point
from acquire.fieldview import FieldView, Matrix, Points

TISSUE_DENSITY = 0.05
"""Mean optical density above which a place counts as tissue; the same number as for scored sites."""
LEAST_PERCENT = 5.0
GLASS_PERCENTILE = 98.0
"""Of the overview's pixels: empty glass is the brightest thing on a slide, dust and reflections aside."""
GRAIN_UM = 8.0
"""Smoothed over, so that noise is no tissue."""
SAMPLES = 24
"""Points along each side of a field at which the overview is asked."""
LEAST_SEEN = 0.2
"""Of a tile: the corner tiles of a region as large as the overview show a quarter."""
LARGE_PX = 2048
"""Side of an overview that shows all a plan needs: 15 µm for each pixel of 30 mm, a sixth of a 40x field."""
COLOURS = 3

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tissue:
    """The overview of a slide, and what it said.

    Parameters
    ----------
    overview : str
        File of the picture, as written in the plan.
    at_um : (x, y)
        Stage position of the picture's middle, in stage µm of the first objective.
    um_per_px : 2×2 tuple
        Stage move that centres what is seen one column, and one row, off the middle: its two columns.
    least_percent : float
        A tile with less tissue is skipped.
    density : float
        Mean optical density above which there is tissue.
    blank : tuple of int
        Numbers of the skipped tiles in the order of the visit, from 1; found when the plan was read.
    """

    overview: str
    at_um: Point
    um_per_px: Matrix
    least_percent: float = LEAST_PERCENT
    density: float = TISSUE_DENSITY
    blank: tuple[int, ...] = ()

    def view(self, size_px: tuple[int, int]) -> FieldView:
        """Return the picture as a field: where each of its pixels lies on the stage."""
        return FieldView(stage_um_per_px=self.um_per_px, parcentric_um=(0.0, 0.0), size_px=size_px)


def read_overview(path: Path, tissue: Tissue) -> tuple[NDArray[Any], Tissue]:
    """Read the picture of an overview; of a pyramid, the level that is large enough.

    Parameters
    ----------
    path : Path
        TIFF, PNG or JPEG.
    tissue : Tissue
        Whose `um_per_px` holds for the picture in full size.

    Returns
    -------
    ndarray, shape (rows, columns, 3) or (rows, columns)
        The picture.
    Tissue
        The same, with the scale of the level that was read.

    Raises
    ------
    PlanError
        When there is none, or it is no picture of one plane.
    """
    if not path.is_file():
        raise PlanError(f"there is no overview {path}: give the path of a picture, seen from the plan file")
    tiff = path.suffix.lower() in (".tif", ".tiff")
    try:
        picture, shrunk = _level(path) if tiff else (cv2.imread(str(path), cv2.IMREAD_COLOR_RGB), 1.0)
    except (OSError, ValueError, IndexError, cv2.error, tifffile.TiffFileError) as error:
        raise PlanError(f"the overview {path} cannot be read ({error}): give a TIFF, PNG or JPEG") from error
    if picture is None or picture.shape[2:] not in ((), (COLOURS,)):
        raise PlanError(f"the overview {path} is no picture of one plane, grey or RGB: give a TIFF, PNG or JPEG")
    (a, b), (c, d) = tissue.um_per_px
    scaled = ((a * shrunk, b * shrunk), (c * shrunk, d * shrunk))
    return np.asarray(picture), replace(tissue, um_per_px=scaled)


def _level(path: Path) -> tuple[NDArray[Any], float]:
    """Read the smallest level of a TIFF that is large enough, and say how many pixels of the first one its pixel is."""
    with tifffile.TiffFile(path) as file:
        levels = file.series[0].levels
        large = [level for level in levels if max(level.shape[:2]) >= LARGE_PX] or levels[:1]
        return large[-1].asarray(), levels[0].shape[1] / large[-1].shape[1]


def tissue_in(picture: NDArray[Any], tissue: Tissue) -> Mask:
    """Where an overview shows tissue: denser than empty glass, which is its brightest part.

    Parameters
    ----------
    picture : ndarray, shape (rows, columns, 3) or (rows, columns)
        Evenly lit; uneven light of 10 % is taken for tissue.
    tissue : Tissue
        Gives scale and density.

    Returns
    -------
    ndarray of bool, shape (rows, columns)
    """
    grain_px = max(1, round(GRAIN_UM / tissue.view((1, 1)).pixel_um))
    light = cv2.blur(picture.astype(np.float32), (grain_px, grain_px)).reshape(*picture.shape[:2], -1)
    glass = np.maximum(np.percentile(light, GLASS_PERCENTILE, axis=(0, 1)), 1e-6)
    dense: Mask = -np.log10(np.clip(light / glass, 1e-3, None)).mean(axis=-1) > tissue.density
    return dense


def blank_tiles(mask: Mask, tissue: Tissue, tiles_um: Sequence[Point], field: FieldView) -> tuple[int, ...]:
    """Return the numbers, from 1, of the tiles that show too little tissue.

    A tile is judged by the part of it that the overview shows; one that it hardly shows is never skipped.

    Parameters
    ----------
    mask : ndarray of bool, shape (rows, columns)
        From `tissue_in`.
    tissue : Tissue
        Gives the place of the overview and the least tissue.
    tiles_um : sequence of (x, y)
        Middles of the tiles in stage µm.
    field : FieldView
        Of the first objective.
    """
    rows, columns = mask.shape
    overview = tissue.view((columns, rows))
    asked_um, middle = _samples_um(field), np.array([(columns - 1) / 2, (rows - 1) / 2])
    blank = []
    for number, tile_um in enumerate(tiles_um, start=1):
        points_um = asked_um + np.array(tile_um)
        seen = np.rint(overview.offsets_px(points_um, tissue.at_um) + middle).astype(int)
        if 100 * _share(mask, seen) < tissue.least_percent:
            blank.append(number)
    return tuple(blank)


def _samples_um(field: FieldView) -> Points:
    """Points spread evenly over a field, in stage µm from its middle; shape (n, 2)."""
    steps = (np.arange(SAMPLES) + 0.5) / SAMPLES - 0.5
    spread = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    return field.slide_um(spread * field.size_px, field.centred_um((0.0, 0.0)))


def _share(mask: Mask, seen: NDArray[np.int_]) -> float:
    """Part of the points seen that show tissue; all of it where too few are seen."""
    inside = np.all((seen >= 0) & (seen < (mask.shape[1], mask.shape[0])), axis=1)
    if np.count_nonzero(inside) < LEAST_SEEN * len(seen):
        return 1.0
    column, row = seen[inside].T
    return float(mask[row, column].mean())
