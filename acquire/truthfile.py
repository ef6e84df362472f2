"""What a simulated run knows about its sites: the true transform and the noise-free pictures, on disk."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from acquire.errors import StoreError

FOLDER = "truth"
PLANE = "plane"
FUSED = "fused"

_SIMULATED = "simulated, noise-free"
_OF_A_BYTE = 257

Picture = NDArray[np.uint16]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Truth:
    """The truth about one site of a simulated run.

    Parameters
    ----------
    site : str
        Which.
    matrix : ndarray of float64, shape (2, 3)
        True transform from pixel points of the HIGH frame to those of the LOW frame.
    plane : ndarray of uint16, shape (rows, columns, 3), or None
        What HIGH shows, free of noise and evenly lit, on the pixels of LOW × ratio, at LOW's own focus. White is 65535,
        for rounding to bytes is noise too; glass lies at `GLASS_LEVEL` of it. None where a run kept transforms only.
    fused : ndarray of uint16, same shape, or None
        The same, fused from the planes of HIGH's stack; None also where that has a single one.
    """

    site: str
    matrix: NDArray[np.float64]
    plane: Picture | None = None
    fused: Picture | None = None


def write_truth(run_folder: Path, truth: Truth, *, pixel_um: float) -> None:
    """Write the truth of a site: pictures first, then the transform, each under its final name only when whole.

    Parameters
    ----------
    run_folder : Path
        Of the run.
    truth : Truth
        With no picture, the plane alone, or both.
    pixel_um : float
        Pixel size of the pictures.
    """
    pictures = {PLANE: truth.plane, FUSED: truth.fused}
    known = {name: picture for name, picture in pictures.items() if picture is not None}
    if known:
        _write_pictures(run_folder / FOLDER / f"{truth.site}.ome.tif", known, pixel_um)
    document = {"site": truth.site, "simulated": True, "high_to_low": np.asarray(truth.matrix).tolist()}
    write_json(run_folder / FOLDER / f"{truth.site}.json", document)


def read_truth(run_folder: Path, site: str) -> Truth | None:
    """Read the truth of a site; None when the run has none, as on a real microscope.

    Raises
    ------
    StoreError
        When the files are damaged.
    """
    path = run_folder / FOLDER / f"{site}.json"
    pictures = path.with_suffix(".ome.tif")
    if not path.is_file():
        return None
    try:
        matrix = np.array(json.loads(path.read_text(encoding="utf-8"))["high_to_low"], dtype=np.float64)
        known = _read_pictures(pictures) if pictures.is_file() else {}
    except (OSError, ValueError, KeyError, tifffile.TiffFileError) as error:
        raise StoreError(
            f"the truth of site {site} in {path.parent} cannot be read ({error}): capture it again"
        ) from error
    return Truth(site=site, matrix=matrix, plane=known.get(PLANE), fused=known.get(FUSED))


def write_json(path: Path, document: dict[str, Any]) -> None:
    """Write a JSON file that is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(document, indent=1), encoding="utf-8")
    part.replace(path)


def _write_pictures(path: Path, pictures: Mapping[str, Picture], pixel_um: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    size = {"PhysicalSizeX": pixel_um, "PhysicalSizeXUnit": "µm", "PhysicalSizeY": pixel_um, "PhysicalSizeYUnit": "µm"}
    with tifffile.TiffWriter(part, ome=True) as file:
        for name, picture in pictures.items():
            metadata = {"axes": "YXS", "Name": name, "Description": _SIMULATED, **size}
            file.write(picture, photometric="rgb", compression="zlib", predictor=True, metadata=metadata)
    part.replace(path)


def _read_pictures(path: Path) -> dict[str, Picture]:
    with tifffile.TiffFile(path) as file:
        return {series.name: _levels(series.asarray()) for series in file.series}


def _levels(picture: NDArray[Any]) -> Picture:
    """Bring bytes, as earlier runs have them, to 16 bits."""
    return picture.astype(np.uint16) * np.uint16(_OF_A_BYTE) if picture.dtype == np.uint8 else picture
