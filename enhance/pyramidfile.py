"""Whole slides as files: a pyramidal tiled BigTIFF OME-TIFF, written from a stream of blocks in bounded memory."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from enhance.atomic import whole_file
from enhance.errors import ImageError
from enhance.reduction import TILE_PX, Reduction, compressed, halved_shape

Array = NDArray[Any]

ENDINGS = (".ome.tif", ".ome.tiff")
THREADS = min(4, os.cpu_count() or 1)
AHEAD = 4
"""Blocks for each thread that are compressed before the next is asked for."""

UM_PER_CM = 1e4
LARGEST_8_BIT = 255


def check_pyramid_name(path: Path) -> None:
    """Refuse a name under which QuPath and Fiji would not look for an OME-TIFF.

    Raises
    ------
    ImageError
        When it does not end in ``.ome.tif``, or is a folder.
    """
    if not path.name.lower().endswith(ENDINGS) or path.is_dir():
        raise ImageError(f"{path} cannot hold a whole slide: give a file name that ends in {ENDINGS[0]}")


def write_pyramid(
    path: Path,
    blocks: Iterable[Array],
    *,
    shape: tuple[int, int],
    white_level: float = LARGEST_8_BIT,
    pixel_um: float | None = None,
    description: str = "",
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Write a picture of any size with all its smaller levels; the file appears whole or not at all.

    A few blocks, and one row of blocks of each smaller level, are in memory; the smaller levels wait, compressed, in
    files without a name in the folder of `path`.

    Parameters
    ----------
    path : Path
        Ends in ``.ome.tif`` or ``.ome.tiff``.
    blocks : iterable of ndarray, shape (rows, columns, 3)
        Squares of `reduction.TILE_PX` row by row, those at the right and lower edge as small as they are; uint8 where
        `white_level` is at most 255, else uint16.
    shape : (int, int)
        Rows and columns of the whole.
    white_level : float
        Pixel value of saturation; gives the significant bits.
    pixel_um : float, optional
        Pixel size.
    description : str
        Where it comes from.
    progress : callable, optional
        Told how many blocks of how many are written.

    Returns
    -------
    int
        Number of levels.

    Raises
    ------
    ImageError
        When the name is another, or the disk refuses.
    """
    check_pyramid_name(path)
    dtype = np.dtype(np.uint8 if white_level <= LARGEST_8_BIT else np.uint16)
    metadata = _metadata(pixel_um, description) | {"SignificantBits": int(white_level).bit_length()}
    try:
        with ThreadPoolExecutor(THREADS) as pool, whole_file(path) as file:
            reduction = Reduction(halved_shape(shape), dtype, path.parent, pool) if max(shape) > TILE_PX else None
            try:
                stream = _encoded(blocks, shape, dtype, reduction, pool, progress)
                return _write(file, stream, shape, dtype, metadata, reduction)
            finally:
                if reduction is not None:
                    reduction.close()
    except OSError as error:
        raise ImageError(f"{path} cannot be written ({error}): choose another folder or make room") from error


def _write(
    file: Any,
    stream: Iterator[bytes],
    shape: tuple[int, int],
    dtype: np.dtype[Any],
    metadata: dict[str, Any],
    reduction: Reduction | None,
) -> int:
    levels = [] if reduction is None else list(reduction.levels())
    layout: dict[str, Any] = {
        "dtype": dtype,
        "tile": (TILE_PX, TILE_PX),
        "photometric": "rgb",
        "compression": "adobe_deflate",
        "predictor": True,
    }
    pixel_um = metadata.get("PhysicalSizeX")
    with tifffile.TiffWriter(file, bigtiff=True, ome=True) as tif:
        tif.write(
            stream,
            shape=(*shape, 3),
            subifds=len(levels),
            metadata=metadata,
            software="Parfocal",
            **layout,
            **_resolution(pixel_um, 1),
        )
        if reduction is not None:
            reduction.finish()  # not when the stream ends: its end is never reached, as the number of tiles is known
        for level in levels:
            scale = shape[1] / level.shape[1]
            size = _resolution(pixel_um, scale)
            tif.write(level.tiles(), shape=(*level.shape, 3), subfiletype=1, metadata=None, **layout, **size)
    return 1 + len(levels)


def _encoded(
    blocks: Iterable[Array],
    shape: tuple[int, int],
    dtype: np.dtype[Any],
    reduction: Reduction | None,
    pool: Executor,
    progress: Callable[[int, int], None] | None,
) -> Iterator[bytes]:
    """Compress blocks on several threads, in order, and feed the smaller levels."""
    down, across = (-(-length // TILE_PX) for length in shape)
    waiting: deque[Future[bytes]] = deque()
    for index, block in enumerate(blocks):
        tile = _filled(block.astype(dtype, copy=False))
        waiting.append(pool.submit(compressed, tile))
        if reduction is not None:
            reduction.take(index % across, tile)
            if index % across == across - 1:
                reduction.end_row()
        if progress is not None:
            progress(index + 1, down * across)
        if len(waiting) > AHEAD * THREADS:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _filled(block: Array) -> Array:
    """Make a square of a block at the edge: it goes on as its last pixels, which no viewer shows."""
    rows, columns = (TILE_PX - length for length in block.shape[:2])
    return np.pad(block, ((0, rows), (0, columns), (0, 0)), mode="edge") if rows or columns else block


def _metadata(pixel_um: float | None, description: str) -> dict[str, Any]:
    metadata: dict[str, Any] = {"axes": "YXS", "Description": description}
    if pixel_um is not None:
        metadata |= {f"PhysicalSize{axis}": pixel_um for axis in "XY"}
        metadata |= {f"PhysicalSize{axis}Unit": "µm" for axis in "XY"}
    return metadata


def _resolution(pixel_um: float | None, scale: float) -> dict[str, Any]:
    """Pixels per centimetre, for programs that do not read the OME header."""
    if pixel_um is None:
        return {}
    per_cm = UM_PER_CM / (pixel_um * scale)
    return {"resolution": (per_cm, per_cm), "resolutionunit": "CENTIMETER"}
