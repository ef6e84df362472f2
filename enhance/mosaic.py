"""Mosaic: the tiles of a run laid side by side as their overlaps demand, and written as one pyramidal picture."""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from acquire.runopen import open_run
from enhance.atomic import write_whole
from enhance.canvas import BLENDS, Blend, Canvas
from enhance.errors import ImageError
from enhance.laid import Laid, Progress, lay
from enhance.pyramidfile import check_pyramid_name, write_pyramid
from enhance.tiles import Tiles, tiles_of_run


@dataclass(frozen=True, slots=True, kw_only=True)
class Mosaic:
    """What was stitched.

    Parameters
    ----------
    out, table : Path
        The picture, and the positions of its tiles (CSV).
    tiles, overlaps, links : int
        Tiles laid, pairs of them that overlap, and overlaps that were measured and agree.
    on_stage : tuple of str
        Names of the tiles that no overlap holds; they lie where the stage put them.
    shape : (int, int)
        Rows and columns of the picture.
    levels : int
        Of the pyramid.
    residual_px : float
        Root mean square distance between measured overlaps and positions; nan without any.
    stage_scatter_px : float
        Standard deviation of the stage along each axis, as the overlaps show it; nan without any.
    stage_scale, stage_rotation_deg : float
        Of the stage's steps in the picture against the calibration; 1 and 0 when it is right.
    pixel_um : float or None
        Pixel size.
    blend : str
        How overlaps are drawn.
    seconds : float
        In all.
    notes : tuple of str
        What a person should know.
    """

    out: Path
    table: Path
    tiles: int
    overlaps: int
    links: int
    on_stage: tuple[str, ...]
    shape: tuple[int, int]
    levels: int
    residual_px: float
    stage_scatter_px: float
    stage_scale: float
    stage_rotation_deg: float
    pixel_um: float | None
    blend: str
    seconds: float
    notes: tuple[str, ...]


def stitch_run(
    run: Path,
    out: Path,
    *,
    objective: str | None = None,
    blend: Blend = "feather",
    refine: bool = True,
    progress: Progress | None = None,
) -> Mosaic:
    """Stitch the tiles that a run holds of one objective.

    Parameters
    ----------
    run : Path
        What `parfocal capture` wrote.
    out, blend, refine, progress
        As in `stitch`.
    objective : str, optional
        The first of the plan when not given.

    Raises
    ------
    ImageError
        As in `stitch`, or when the run holds no such tile.
    AcquireError, CalibrationError
        When the run is damaged or does not fit its flat field.
    """
    check_pyramid_name(out)
    return stitch(tiles_of_run(open_run(run), objective), out, blend=blend, refine=refine, progress=progress)


def stitch(
    tiles: Tiles, out: Path, *, blend: Blend = "feather", refine: bool = True, progress: Progress | None = None
) -> Mosaic:
    """Find where tiles lie, and write them as one picture.

    All tiles are read twice, and each time little more than a row of them is held.

    Parameters
    ----------
    tiles : Tiles
        From `enhance.tiles`.
    out : Path
        Ends in ``.ome.tif``; the positions go to ``<name>_tiles.csv`` beside it.
    blend : {'feather', 'nearest'}
        As in `enhance.canvas.Canvas`.
    refine : bool
        Whether overlaps are measured; otherwise the stage is believed.
    progress : callable, optional
        Told (done, total, says) after each tile measured and each block written.

    Returns
    -------
    Mosaic

    Raises
    ------
    ImageError
        When the name is no OME-TIFF's, there is no such blend, tiles differ, or the disk refuses.
    MeasurementError
        When tiles differ in size.
    """
    start = time.perf_counter()
    check_pyramid_name(out)
    if blend not in BLENDS:
        raise ImageError(f"blend {blend!r} is not known: choose one of {list(BLENDS)}")
    laid = lay(tiles, refine=refine, progress=progress)
    first = tiles.read(0)
    canvas = Canvas(tiles.read, laid.placement.positions_px, first.shape, blend=blend, empty=int(tiles.white_level))
    levels = write_pyramid(
        out,
        canvas.blocks(first.dtype),
        shape=canvas.shape,
        white_level=tiles.white_level,
        pixel_um=tiles.pixel_um,
        description=f"Mosaic ({blend}) of {len(tiles.names)} tiles by Parfocal. {tiles.description}",
        progress=None if progress is None else lambda done, total: progress(done, total, "writing"),
    )
    table = out.with_name(f"{out.name[: out.name.lower().rindex('.ome.')]}_tiles.csv")
    write_whole(table, laid.table().encode())
    return _told(laid, canvas.shape, out=out, table=table, levels=levels, blend=blend, start=start)


def _told(
    laid: Laid, shape: tuple[int, int], *, out: Path, table: Path, levels: int, blend: Blend, start: float
) -> Mosaic:
    placement, tiles = laid.placement, laid.tiles
    return Mosaic(
        out=out,
        table=table,
        tiles=len(tiles.names),
        overlaps=laid.overlaps,
        links=int(placement.used.sum()),
        on_stage=laid.on_stage,
        shape=shape,
        levels=levels,
        residual_px=placement.residual_px,
        stage_scatter_px=float(placement.prior.scatter_px) if placement.used.any() else float(np.nan),
        stage_scale=placement.prior.scale,
        stage_rotation_deg=placement.prior.rotation_deg,
        pixel_um=tiles.pixel_um,
        blend=blend,
        seconds=time.perf_counter() - start,
        notes=(*tiles.notes, *laid.notes),
    )
