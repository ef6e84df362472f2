"""Picture: what the network takes from a picture file, and the enhanced picture with its provenance written back."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import cv2
import numpy as np
from numpy.typing import NDArray

from enhance.atomic import write_whole
from enhance.checkpoint import Checkpoint
from enhance.engine import Image
from enhance.errors import ImageError
from enhance.picturefile import TIFF, check_writable, read_pages, write_picture

UM_PER_UNIT = {"nm": 1e-3, "µm": 1.0, "um": 1.0, "mm": 1e3}
DARK = 1 / 8
"""A 16-bit picture whose brightest pixel is below this part of the white level was probably taken with fewer bits."""
UM_PER_M = 1e6
PNG_METRE = 1
"""Unit of a PNG's resolution."""
PNG_HEADER_BYTES = 33
"""Signature and first chunk of a PNG; text may follow."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Picture:
    """One picture, ready for the network.

    Parameters
    ----------
    pixels : ndarray of uint8 or uint16, shape (rows, columns, 3)
        R first.
    white_level : float
        Pixel value of saturation.
    pixel_um : float or None
        Pixel size at the specimen where the file tells it.
    notes : tuple of str
        What was assumed or changed in reading it.
    """

    pixels: Image
    white_level: float
    pixel_um: float | None
    notes: tuple[str, ...]


def open_picture(path: Path, *, white_level: float | None = None) -> Picture:
    """Read a PNG, JPEG, TIFF or OME-TIFF.

    Parameters
    ----------
    path : Path
        Of one picture, grey or colour, of 8 or 16 bits.
    white_level : float, optional
        Pixel value of saturation; otherwise that of the bits the OME header states, or the largest of the dtype.

    Raises
    ------
    ImageError
        When the file is missing, is no picture, holds several, or has pixels of another kind.
    """
    pages = read_pages(path)
    if len(pages.pixels) != 1:
        raise ImageError(f"{path.name} holds {len(pages.pixels)} pictures: give one picture, or fuse the stack first")
    pixels: NDArray[Any] = pages.pixels[0]
    if pixels.dtype not in (np.uint8, np.uint16):
        raise ImageError(f"{path.name} has {pixels.dtype} pixels and the network takes 8 or 16 bits: convert it first")
    header = _pixels_element(pages.ome)
    white = float(white_level or _stated_white(header) or np.iinfo(pixels.dtype).max)
    return Picture(
        pixels=pixels, white_level=white, pixel_um=_stated_pixel_um(header), notes=tuple(_notes(pixels, white))
    )


def provenance(checkpoint: Checkpoint, *, passes: int) -> str:
    """Return the sentence that every enhanced picture carries."""
    twice = ", two passes" if passes > 1 else ""
    return f"enhanced by Parfocal, model {checkpoint.weights_sha256[:12]}{twice}, {checkpoint.statement}"


def write_enhanced(path: Path, pixels: Image, *, description: str, pixel_um: float | None = None) -> None:
    """Write an enhanced picture with its provenance; the file appears whole or not at all.

    Parameters
    ----------
    path : Path
        Ends in ``.png``, ``.tif``, ``.tiff`` or ``.ome.tif``.
    pixels : ndarray of uint8 or uint16, shape (rows, columns, 3)
        R first.
    description : str
        Where it comes from; a text chunk of a PNG, the description of a TIFF.
    pixel_um : float, optional
        Pixel size at the specimen: kept as physical size in an OME-TIFF, as resolution in a plain TIFF and a PNG.

    Raises
    ------
    ImageError
        When the name asks for another format, or the disk refuses.
    """
    if path.suffix.lower() in TIFF:
        write_picture(path, pixels, description=description, pixel_um=pixel_um)
        return
    check_writable(path)
    try:
        write_whole(path, _png(pixels, description, pixel_um))
    except OSError as error:
        raise ImageError(f"{path} cannot be written ({error}): choose another folder or make room") from error


def _notes(pixels: NDArray[Any], white: float) -> Iterator[str]:
    if bool((pixels[..., :1] == pixels[..., 1:]).all()):
        yield "the picture is grey and was given to the network as red, green and blue alike"
    if pixels.dtype == np.uint16:
        yield f"16 bits with white taken at {white:g}"
        if pixels.max() > white:
            yield f"its brightest pixel is {pixels.max()}, above white: what is brighter than white was cut off"
        if pixels.max() < DARK * white:
            yield f"its brightest pixel is {pixels.max()}: give --white-level if the camera has fewer bits"


def _pixels_element(ome: str | None) -> dict[str, str]:
    """Attributes of the first Pixels element of an OME header."""
    if not ome:
        return {}
    try:
        root = ElementTree.fromstring(ome)
    except ElementTree.ParseError:
        return {}
    return next((dict(e.attrib) for e in root.iter() if e.tag.rpartition("}")[2] == "Pixels"), {})


def _stated_white(header: dict[str, str]) -> float | None:
    bits = header.get("SignificantBits", "")
    return float(2 ** int(bits) - 1) if bits.isdigit() else None


def _stated_pixel_um(header: dict[str, str]) -> float | None:
    unit = UM_PER_UNIT.get(header.get("PhysicalSizeXUnit", "µm"))
    try:
        size = float(header["PhysicalSizeX"])
    except (KeyError, ValueError):
        return None
    return size * unit if unit and size > 0 else None


def _png(pixels: Image, description: str, pixel_um: float | None) -> bytes:
    _, encoded = cv2.imencode(".png", np.ascontiguousarray(pixels[..., ::-1]))
    content = encoded.tobytes()
    chunks = _chunk(b"iTXt", b"Description\0\0\0\0\0" + description.encode())
    if pixel_um is not None:
        per_metre = round(UM_PER_M / pixel_um)
        chunks = _chunk(b"pHYs", struct.pack(">IIB", per_metre, per_metre, PNG_METRE)) + chunks
    return content[:PNG_HEADER_BYTES] + chunks + content[PNG_HEADER_BYTES:]


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
