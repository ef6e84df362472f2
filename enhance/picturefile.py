"""Pictures as files: TIFF, OME-TIFF, PNG, JPEG and BMP in; TIFF, OME-TIFF and PNG out; always RGB, R first."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tifffile
from numpy.typing import NDArray

from enhance.atomic import whole_file
from enhance.errors import ImageError

Array = NDArray[Any]

TIFF = (".tif", ".tiff")
READABLE = (*TIFF, ".png", ".jpg", ".jpeg", ".bmp")
WRITABLE = (*TIFF, ".png")
UM_PER_CM = 1e4
KINDS = (np.uint8, np.uint16, np.float32)
RGB = 3
RGBA = 4
PLANE_AXES = 2
STACK_AXES = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pages:
    """All pages of one picture file.

    Parameters
    ----------
    pixels : ndarray of uint8, uint16 or float32, shape (pages, rows, columns, 3)
        R first; grey repeated three times, opacity dropped.
    ome : str or None
        The OME header, where there is one.
    """

    pixels: Array
    ome: str | None = None


def read_picture(path: Path) -> Array:
    """Read a file that holds one picture, as (rows, columns, 3); errors as in `read_pages`, or when there are more."""
    pages = read_pages(path).pixels
    if len(pages) > 1:
        raise ImageError(f"{path.name} holds {len(pages)} pictures: give one picture, or fuse the stack first")
    return np.asarray(pages[0])


def read_pages(path: Path) -> Pages:
    """Read all pages of a picture file.

    Parameters
    ----------
    path : Path
        A TIFF, OME-TIFF, PNG, JPEG or BMP.

    Raises
    ------
    ImageError
        When the file is missing, is no picture, its pages differ in size, or its pixels are neither grey nor colour.
    """
    if not path.is_file():
        raise ImageError(f"there is no picture {path}: give the path of a file")
    if path.suffix.lower() in TIFF:
        return _read_tiff(path)
    raw = np.fromfile(path, dtype=np.uint8)
    decoded = cv2.imdecode(raw, cv2.IMREAD_UNCHANGED) if raw.size else None
    if decoded is None:
        raise ImageError(f"{path.name} is not a picture that can be read: give a whole file of {', '.join(READABLE)}")
    grey = decoded.ndim == PLANE_AXES
    return Pages(pixels=_as_rgb(decoded[None, ..., None] if grey else decoded[None, ..., RGB - 1 :: -1], path))


def check_writable(path: Path) -> None:
    """Refuse a name that no picture can be written under.

    Raises
    ------
    ImageError
        When it is a folder, or its ending is none of `WRITABLE`.
    """
    if path.suffix.lower() not in WRITABLE or path.is_dir():
        raise ImageError(f"{path} cannot hold a picture: give a file name that ends in one of {list(WRITABLE)}")


def write_picture(path: Path, picture: Array, *, description: str = "", pixel_um: float | None = None) -> None:
    """Write a picture in the format that its name asks for; the file appears whole or not at all.

    Parameters
    ----------
    path : Path
        Ends in ``.tif``, ``.tiff``, ``.ome.tif``, ``.ome.tiff`` or ``.png``.
    picture : ndarray of uint8, uint16 or float32, shape (rows, columns, 3) or (rows, columns)
        R first.
    description : str
        Stored in a TIFF.
    pixel_um : float, optional
        Pixel size, stored in a TIFF: as physical size in an OME-TIFF, as resolution in a plain one.

    Raises
    ------
    ImageError
        When the format cannot hold these pixels, or the disk refuses.
    """
    check_writable(path)
    try:
        if path.suffix.lower() in TIFF:
            _write_tiff(path, picture, description, pixel_um)
        else:
            _write_png(path, picture)
    except OSError as error:
        raise ImageError(f"{path} cannot be written ({error}): choose another folder or make room") from error


def _read_tiff(path: Path) -> Pages:
    try:
        with tifffile.TiffFile(path) as tif:
            shapes = sorted({f"{series.axes} {series.shape}" for series in tif.series})
            if len(shapes) > 1:
                raise ImageError(f"the pages of {path.name} differ ({', '.join(shapes)}): give pages of one size")
            pages = [_pages(series.asarray(), series.axes, path) for series in tif.series]
            whole = pages[0] if len(pages) == 1 else np.concatenate(pages)  # a copy would double a large stack
            return Pages(pixels=whole, ome=tif.ome_metadata)
    except (tifffile.TiffFileError, ValueError, IndexError, RuntimeError, OSError) as error:
        first = str(error).splitlines()[0]
        raise ImageError(f"{path.name} is not a TIFF that can be read ({first}): save it again as TIFF") from error


def _pages(pixels: Array, axes: str, path: Path) -> Array:
    """Bring the axes of a TIFF series to (pages, rows, columns, 3)."""
    kept = [i for i, axis in enumerate(axes) if axis in "YX" or pixels.shape[i] > 1]
    pixels = pixels.reshape([pixels.shape[i] for i in kept])
    axes = "".join(axes[i] for i in kept)
    colour = next((i for i, axis in enumerate(axes) if axis in "SC"), None)
    if colour is None:
        pixels, axes = pixels[..., None], axes + "S"
    else:
        pixels, axes = np.moveaxis(pixels, colour, -1), axes[:colour] + axes[colour + 1 :] + "S"
    if not axes.endswith("YXS") or pixels.ndim > STACK_AXES:
        raise ImageError(
            f"{path.name} has axes {axes} of {pixels.shape}: give pictures or one stack, not a series of them"
        )
    return _as_rgb(pixels.reshape(-1, *pixels.shape[-3:]), path)


def _as_rgb(pixels: Array, path: Path) -> Array:
    """Make the last axis R, G, B."""
    if pixels.dtype not in KINDS:
        raise ImageError(f"{path.name} has pixels of kind {pixels.dtype}: convert it to 8 or 16 bits a colour")
    samples = pixels.shape[-1]
    if samples == 1:
        return np.repeat(pixels, RGB, axis=-1)
    if samples not in (RGB, RGBA):
        raise ImageError(f"{path.name} has {samples} colours: give RGB or grey")
    return np.ascontiguousarray(pixels[..., :RGB])


def _write_tiff(path: Path, picture: Array, description: str, pixel_um: float | None) -> None:
    grey = picture.ndim == PLANE_AXES
    photometric = "minisblack" if grey else "rgb"
    with whole_file(path) as file:
        if ".ome" in path.suffixes:
            metadata: dict[str, Any] = {"axes": "YX" if grey else "YXS", "Description": description}
            if pixel_um is not None:
                metadata |= {f"PhysicalSize{axis}": pixel_um for axis in "XY"}
                metadata |= {f"PhysicalSize{axis}Unit": "µm" for axis in "XY"}
            tifffile.imwrite(file, picture, photometric=photometric, ome=True, metadata=metadata, software="Parfocal")
        else:
            tifffile.imwrite(
                file,
                picture,
                photometric=photometric,
                description=description.encode(),  # as text tifffile takes ASCII only
                metadata=None,
                software="Parfocal",
                **_resolution(pixel_um),
            )


def _resolution(pixel_um: float | None) -> dict[str, Any]:
    """Tags of a plain TIFF, which Fiji reads as a scale."""
    if pixel_um is None:
        return {}
    return {"resolution": (UM_PER_CM / pixel_um,) * 2, "resolutionunit": "CENTIMETER"}


def _write_png(path: Path, picture: Array) -> None:
    if picture.dtype not in (np.uint8, np.uint16):
        raise ImageError(f"{path.name}: a PNG cannot hold {picture.dtype} pixels: write a TIFF")
    _, encoded = cv2.imencode(".png", picture if picture.ndim == PLANE_AXES else picture[..., ::-1])
    with whole_file(path) as file:
        file.write(encoded.tobytes())
