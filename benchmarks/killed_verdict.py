"""What a killed capture must be once the same command has run to its end, and how far it is from that."""

from collections import Counter
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any, TypeAlias

import cv2
import numpy as np
import tifffile

from acquire.journal import Journal
from benchmarks.killed_night import VISITS, Night, sha256
from calibration.rig import load_rig

Plane: TypeAlias = Any
"""Array of float32, shape (rows, columns)."""

REACH_PX = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What lay on disk when a capture had been killed: whole files, by name, and what tells one from its successor."""

    files: dict[str, tuple[str, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, night: Night) -> "Before":
        """Take note of every journalled file that is whole."""
        whole = {name: digest for name, digest in night.stored().items() if sha256(night.run / name) == digest}
        return cls(files={name: (digest, (night.run / name).stat().st_mtime_ns) for name, digest in whole.items()})


def wrong(night: Night, before: Before, answer: dict[str, Any]) -> list[str]:
    """Say what is not as it must be after the same command has run to its end; nothing when all is well."""
    says = []
    if (answer.get("state"), answer.get("done")) != ("finished", VISITS):
        says.append(f"ended as {answer}")
    for name, (digest, written_ns) in before.files.items():
        file = night.run / name
        if not file.is_file() or sha256(file) != digest:
            says.append(f"{name} was whole before and is not what it was")
        elif file.stat().st_mtime_ns != written_ns:
            says.append(f"{name} was written again")
    return says + _miscounted(night)


def _miscounted(night: Night) -> list[str]:
    """Say which visits are missing or there twice: journal lines that fit their file are counted."""
    fits: Counter[str] = Counter()
    for event in Journal(night.run / "journal.jsonl").events():
        if event["event"] == "stored" and sha256(night.run / event["file"]) == event["sha256"]:
            fits[event["file"]] += 1
    on_disk = {f"sites/{file.name}" for file in (night.run / "sites").iterdir()}
    says = [f"{name} is stored {count} times" for name, count in fits.items() if count != 1]
    if len(fits) != VISITS:
        says.append(f"{len(fits)} of {VISITS} visits are journalled and whole")
    return says + [f"{name} lies there unaccounted for" for name in sorted(on_disk - fits.keys())]


def unlike(night: Night, whole: Night) -> list[str]:
    """Say which pictures differ from those of an unbroken run; nothing when all pixels are equal."""
    names = sorted(file.name for file in (whole.run / "sites").glob("*.ome.tif"))
    return [f"{name} has other pixels" for name in names if not _equal(night.run / "sites" / name, whole, name)]


def _equal(file: Path, whole: Night, name: str) -> bool:
    return file.is_file() and np.array_equal(tifffile.imread(file), tifffile.imread(whole.run / "sites" / name))


def registered(kept: Path, night: Night) -> tuple[float, float, float]:
    """Shift in µm, and correlation there, of a picture taken anew against the one that was cut in half.

    Returns
    -------
    tuple of float
        Shift, correlation, and the largest correlation with any other field of the run.
    """
    objective = kept.name.split("_")[1].split(".")[0]
    pixel_um = load_rig(str(night.folder / "rig.yaml")).pixel_um(objective)
    files = sorted((night.run / "sites").glob(f"*_{objective}.ome.tif"))
    new = _details(night.run / "sites" / kept.name)
    others = max(_match(_details(file), new)[1] for file in files if file.name != kept.name)
    shift_px, ncc = _match(_details(kept), new)
    return shift_px * pixel_um, ncc, others


def _match(old: list[Plane], new: list[Plane]) -> tuple[float, float]:
    """Shift in pixels and correlation where any plane of one stack fits any of the other best."""
    edge = np.s_[REACH_PX:-REACH_PX, REACH_PX:-REACH_PX]
    best = (0.0, -1.0)
    for one, other in product(old, new):
        surface = np.asarray(cv2.matchTemplate(other, np.ascontiguousarray(one[edge]), cv2.TM_CCOEFF_NORMED))
        row, column = np.unravel_index(int(np.argmax(surface)), surface.shape)
        best = max(best, (float(np.hypot(row - REACH_PX, column - REACH_PX)), float(surface.max())), key=lambda b: b[1])
    return best


def _details(file: Path) -> list[Plane]:
    """Green of each plane, blurred against noise and without its slow changes."""
    pixels = tifffile.imread(file).astype(np.float32)
    greens = pixels.reshape(-1, *pixels.shape[-3:])[..., 1]
    return [cv2.GaussianBlur(green, (0, 0), 2.0) - cv2.GaussianBlur(green, (0, 0), 12.0) for green in greens]
