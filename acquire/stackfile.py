"""One focal stack as an OME-TIFF that Fiji and QuPath open: planes of RGB, with where and how they were taken."""

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

from acquire.frame import Frame
from calibration.optics import Rig

CHUNK_BYTES = 1 << 20

FreeBytes = Callable[[Path], int]
"""Tells how many bytes the disk of a folder has left."""


def disk_free(folder: Path) -> int:
    """Return how many bytes the disk of a folder has left."""
    return shutil.disk_usage(folder).free


def write_stack(path: Path, planes: list[Frame], rig: Rig) -> str:
    """Write planes as ZYXS RGB; the file gets its name only when it is whole and on disk.

    Parameters
    ----------
    path : Path
        Ends in ``.ome.tif``.
    planes : list of Frame
        One objective, one size, in the order of the planes.
    rig : Rig
        Gives objective and pixel size.

    Returns
    -------
    str
        sha256 of the file.
    """
    part = path.with_name(path.name + ".part")
    pixels = np.stack([frame.pixels for frame in planes])
    with part.open("wb") as file:
        tifffile.imwrite(
            file, pixels, photometric="rgb", ome=True, metadata=_metadata(planes, rig), software="Parfocal"
        )
        file.flush()
        os.fsync(file.fileno())
    digest = sha256_of(part)
    part.replace(path)
    sync_folder(path.parent)
    return digest


def read_pixels(path: Path) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Read the planes of a stack as (planes, rows, columns, 3)."""
    pixels: NDArray[np.uint8] | NDArray[np.uint16] = tifffile.imread(path)
    return pixels if pixels.ndim == len("ZYXS") else pixels[np.newaxis]


def sha256_of(path: Path) -> str:
    """Hash a file of any size."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def sync_folder(folder: Path) -> None:
    """Put a rename on disk; Windows does it by itself and cannot open a folder."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _metadata(planes: list[Frame], rig: Rig) -> dict[str, object]:
    first = planes[0]
    pixel_um = rig.pixel_um(first.objective) * first.binning
    count = len(planes)
    depths_um = [frame.position.z for frame in planes]
    metadata: dict[str, object] = {
        "axes": "ZYXS",
        "Name": f"{'simulated ' if first.simulated else ''}{first.objective}",
        "Description": _description(first, rig),
        "PhysicalSizeX": pixel_um,
        "PhysicalSizeXUnit": "µm",
        "PhysicalSizeY": pixel_um,
        "PhysicalSizeYUnit": "µm",
        "SignificantBits": int(first.white_level).bit_length(),
        "Plane": {
            "ExposureTime": [frame.exposure_ms for frame in planes],
            "ExposureTimeUnit": ["ms"] * count,
            "PositionX": [frame.position.x for frame in planes],
            "PositionXUnit": ["µm"] * count,
            "PositionY": [frame.position.y for frame in planes],
            "PositionYUnit": ["µm"] * count,
            "PositionZ": depths_um,
            "PositionZUnit": ["µm"] * count,
        },
    }
    if count > 1:
        metadata |= {"PhysicalSizeZ": abs(depths_um[-1] - depths_um[0]) / (count - 1), "PhysicalSizeZUnit": "µm"}
    return metadata


def _description(frame: Frame, rig: Rig) -> str:
    objective = rig.objective(frame.objective)
    origin = "Simulated pixels" if frame.simulated else "Camera pixels"
    return (
        f"{origin}, raw and uncorrected; objective {objective.label}, NA {objective.na}; pixel size nominal; "
        f"black {frame.black_level}, white {frame.white_level}"
    )
