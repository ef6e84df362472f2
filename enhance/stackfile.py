"""Focal stacks as files: a TIFF, an OME-TIFF or a folder of pictures in; the fused picture and its depth map out."""

import math
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from enhance.alignment import ALIGNS, Align
from enhance.edf import fuse
from enhance.errors import ImageError, StackError
from enhance.merging import METHODS, Method
from enhance.picturefile import READABLE, Pages, check_writable, read_pages, read_picture, write_picture

Array = NDArray[Any]

UM_PER_UNIT = {"nm": 1e-3, "µm": 1.0, "mm": 1e3}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StackFile:
    """A focal stack as it was found on disk.

    Parameters
    ----------
    planes : ndarray of uint8, uint16 or float32, shape (planes, rows, columns, 3)
        R first; grey pictures have three equal channels.
    z_um : tuple of float, or None
        Z of each plane where the file tells it.
    description : str
        What the OME header says of the picture; empty where there is none.
    pixel_um : float or None
        Pixel size where the OME header tells it.
    """

    planes: Array
    z_um: tuple[float, ...] | None = None
    description: str = ""
    pixel_um: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FuseResult:
    """What `fuse_path` wrote, and from what.

    Parameters
    ----------
    out, depth : Path
        The picture and its depth map.
    method, align : str
        How it was made.
    planes : int
        How many there were.
    seconds : float
        Reading and writing included.
    depth_unit : {'um', 'planes'}
        Of the depth map.
    depth_known : float
        Share of its pixels that are numbers; see `enhance.edf.Fused`.
    drift_px : tuple of (float, float)
        How far the middle of the picture lay aside in each plane, (x, y), as far as `align` looked.
    quality : float
        Share of the pixels whose depth is clear; see `enhance.edf.Fused`.
    notes : tuple of str
        What speaks against believing it.
    """

    out: Path
    depth: Path
    method: Method
    align: Align
    planes: int
    seconds: float
    depth_unit: Literal["um", "planes"]
    depth_known: float
    drift_px: tuple[tuple[float, float], ...]
    quality: float
    notes: tuple[str, ...]


def fuse_path(
    stack: Path, out: Path, *, method: Method = "forster", align: Align = "none", step_um: float | None = None
) -> FuseResult:
    """Fuse the focal stack in a file or folder into one picture, and write its depth map beside it.

    Parameters
    ----------
    stack : Path
        An OME-TIFF, a TIFF of several pages, or a folder of pictures taken in the order of their names.
    out : Path
        Ends in ``.tif``, ``.ome.tif`` or ``.png``. The depth map becomes ``<name>_depth.tif``, float32, in µm where the
        Z of the planes is known, else in planes; nan where no plane is clearly sharper than another.
    method, align
        As in `enhance.edf.fuse`.
    step_um : float, optional
        Z from each plane to the next in µm; overrides what the file tells. Negative where the planes go down.

    Returns
    -------
    FuseResult
        The two files and what they came from.

    Raises
    ------
    ImageError
        When a picture cannot be read, or the result cannot be written in that format.
    StackError
        When there are too few planes, planes of different size, no such method, or no step.
    """
    start = time.perf_counter()
    check_writable(out)
    _check_asked(method, align, step_um)
    found = read_stack(stack)
    z_um = found.z_um if step_um is None else tuple(step_um * number for number in range(len(found.planes)))
    fused = fuse(found.planes, z_um=z_um, method=method, align=align)
    name = out.name.removesuffix(out.suffix).removesuffix(".ome")
    depth = out.with_name(f"{name}_depth.tif")
    note = f"Extended depth of field ({method}) of {len(found.planes)} planes of {stack.name}. {found.description}"
    write_picture(out, fused.image, description=note.strip(), pixel_um=found.pixel_um)
    unit = "Plane number from 0" if z_um is None else "Z in um"
    write_picture(depth, fused.depth, description=f"{unit}; nan where no plane is clearly sharper than another")
    return FuseResult(
        out=out,
        depth=depth,
        method=method,
        align=align,
        planes=len(found.planes),
        seconds=time.perf_counter() - start,
        depth_unit="planes" if z_um is None else "um",
        depth_known=float(np.isfinite(fused.depth).mean()),
        drift_px=tuple((float(x), float(y)) for x, y in fused.drift_px),
        quality=fused.quality,
        notes=fused.notes,
    )


def _check_asked(method: str, align: str, step_um: float | None) -> None:
    for name, asked, known in (("method", method, METHODS), ("alignment", align, ALIGNS)):
        if asked not in known:
            raise StackError(f"fusion {name} {asked!r} is not known: choose one of {list(known)}")
    if step_um is not None and not (step_um and math.isfinite(step_um)):
        raise StackError(f"a step of {step_um} µm between planes was asked for: give a number that is not 0")


def read_stack(path: Path) -> StackFile:
    """Read a colour focal stack.

    Parameters
    ----------
    path : Path
        As `stack` in `fuse_path`; a TIFF of one page is a stack of one plane.

    Raises
    ------
    ImageError
        When the file is missing or is no picture.
    StackError
        When the planes differ in size or kind, the file holds more than one stack, or its OME header is damaged.
    """
    if path.is_dir():
        return StackFile(planes=_read_folder(path))
    if not path.exists():
        raise ImageError(f"there is no stack {path}: give a TIFF of several pages or a folder of pictures")
    pages = read_pages(path)
    if pages.ome is None:
        return StackFile(planes=pages.pixels)
    try:
        return _told(pages)
    except (ElementTree.ParseError, ValueError) as error:
        raise StackError(f"the OME header of {path.name} is damaged ({error}): save the stack again") from error


def _told(pages: Pages) -> StackFile:
    document = ElementTree.fromstring(pages.ome or "")
    sized = document.find(".//{*}Pixels[@PhysicalSizeX]")
    return StackFile(
        planes=pages.pixels,
        z_um=_z_um(document, len(pages.pixels)),
        description=document.findtext(".//{*}Image/{*}Description", default=""),
        pixel_um=None if sized is None else _um(sized, "PhysicalSizeX"),
    )


def _read_folder(folder: Path) -> Array:
    files = sorted((file for file in folder.iterdir() if file.suffix.lower() in READABLE), key=_natural)
    planes = [read_picture(file) for file in files]
    kinds = sorted({f"{plane.shape[1]}×{plane.shape[0]} {plane.dtype}" for plane in planes})
    if not planes:
        raise StackError(f"{folder} holds no pictures: give a folder with one picture a plane, {list(READABLE)}")
    if len(kinds) > 1:
        raise StackError(f"the pictures in {folder} differ ({', '.join(kinds)}): give planes of one size and kind")
    return np.stack(planes)


def _natural(file: Path) -> list[tuple[int, str]]:
    """Make a key that sorts plane_2 before plane_10."""
    parts = re.split(r"(\d+)", file.name.lower())
    return [(int(part), "") if part.isdigit() else (0, part) for part in parts]


def _z_um(document: ElementTree.Element, count: int) -> tuple[float, ...] | None:
    """Find the Z of each plane in an OME header: positions read back, else the nominal step."""
    read_back = [plane for plane in document.iterfind(".//{*}Plane") if "PositionZ" in plane.attrib]
    if len(read_back) == count:
        return tuple(_um(plane, "PositionZ") for plane in read_back)
    stepped = document.find(".//{*}Pixels[@PhysicalSizeZ]")
    if stepped is None:
        return None
    step_um = _um(stepped, "PhysicalSizeZ")
    return tuple(step_um * number for number in range(count))


def _um(element: ElementTree.Element, name: str) -> float:
    return float(element.attrib[name]) * UM_PER_UNIT.get(element.attrib.get(f"{name}Unit", "µm"), 1.0)
