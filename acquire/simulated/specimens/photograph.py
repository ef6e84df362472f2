"""A photographed section, read from its file."""

from pathlib import Path

import cv2
import numpy as np
import tifffile
from numpy.typing import NDArray

from calibration.errors import RigError

Pixels = NDArray[np.generic]

SIDE_PX = (64, 5000)
"""Least and greatest side of a picture; the greatest takes 2 GB and a quarter of a minute to unmix."""

_COLOURS = 3
_AXES = 3
_CHANNELS = (3, 4)  # with or without opacity
_TIFF = (".tif", ".tiff")


def read_photograph(path: Path) -> Pixels:
    """Read an RGB picture; opacity is dropped.

    Parameters
    ----------
    path : Path
        Of a PNG, JPEG or TIFF.

    Returns
    -------
    ndarray, shape (rows, columns, 3)
        R first.

    Raises
    ------
    RigError
        When it cannot be read, is not one RGB picture, is grey, or its sides are not of `SIDE_PX`.
    """
    pixels = _tiff(path) if path.suffix.lower() in _TIFF else None
    pixels = _decoded(path) if pixels is None else pixels
    if pixels is None:
        raise RigError(f"{path} cannot be read as a picture: save it as PNG, JPEG or plain TIFF")
    if pixels.ndim == _AXES - 1:
        pixels = np.repeat(pixels[..., None], _COLOURS, axis=-1)
    _check(pixels, path.name)
    return pixels[..., :_COLOURS]


def _check(pixels: Pixels, name: str) -> None:
    if pixels.ndim != _AXES or pixels.shape[-1] not in _CHANNELS:
        raise RigError(f"{name} has shape {pixels.shape}, which is not one RGB picture: give one RGB picture")
    low, high = sorted(pixels.shape[:2])
    if low < SIDE_PX[0] or high > SIDE_PX[1]:
        raise RigError(f"{name} is {low} by {high} px: give a picture with sides of {SIDE_PX[0]} to {SIDE_PX[1]} px")
    if all(np.array_equal(pixels[..., 0], pixels[..., colour]) for colour in range(1, _COLOURS)):
        raise RigError(f"{name} is grey: give an RGB picture of a stained section")


def _tiff(path: Path) -> Pixels | None:
    """Read the first series of a TIFF, colours last; None where tifffile cannot, for want of a codec or of a TIFF."""
    try:
        pixels = np.squeeze(tifffile.imread(path))
    except (tifffile.TiffFileError, ValueError, IndexError, RuntimeError, OSError):
        return None
    planar = pixels.ndim == _AXES and pixels.shape[0] in _CHANNELS
    colours_last: Pixels = np.moveaxis(pixels, 0, -1) if planar else pixels
    return colours_last


def _decoded(path: Path) -> Pixels | None:
    raw = np.fromfile(path, np.uint8)  # imread itself fails on Windows where the path is not in ASCII
    decoded = cv2.imdecode(raw, cv2.IMREAD_UNCHANGED) if raw.size else None
    if decoded is None:
        return None
    pixels: Pixels = np.asarray(decoded)
    return pixels[..., _COLOURS - 1 :: -1] if pixels.ndim == _AXES else pixels  # B first, opacity last
