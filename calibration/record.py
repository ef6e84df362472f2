"""Calibration: what was measured of a rig, when, and how well; a YAML file with its flat fields beside it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from calibration.errors import RecordError
from calibration.flatfield import Correction
from calibration.optics import Rig

SUFFIXES = (".yaml", ".yml")
VALID_DAYS = 30
"""How long a calibration is believed; lamps age and cameras are turned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A number with its 95 % interval."""

    value: float
    interval95: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectiveCalibration:
    """What was measured through one objective.

    Parameters
    ----------
    stage_um_per_px : tuple of tuple
        2×2 matrix S: moving the stage by S · (dx, dy) brings the point seen (dx, dy) pixels off centre to the centre.
    pixel_um, rotation_deg : Measured
        Scale and rotation of S.
    parcentric_um : (Measured, Measured)
        Stage move in x and y to add after turning from the reference objective, so that the same point is centred.
    parfocal_um : Measured
        Z to add after turning from the reference objective, so that the same plane is in focus.
    """

    stage_um_per_px: tuple[tuple[float, float], tuple[float, float]]
    pixel_um: Measured
    rotation_deg: Measured
    parcentric_um: tuple[Measured, Measured]
    parfocal_um: Measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """All that was measured of one rig on one day.

    Parameters
    ----------
    rig_hash : str
        Of the rig it was measured on, from `rig_hash`.
    created : datetime
        In UTC.
    objectives : mapping of str to ObjectiveCalibration
        By name; the first is the reference.
    corrections : mapping of str to Correction
        Dark and flat of each objective.
    backlash_um : mapping of str to Measured
        By axis: x, y, z; an axis not measured is absent.
    camera : mapping of str to Measured
        Gain in electrons for each grey level (``gain_e_per_level``) and ``read_noise_e``; empty when not measured.
    residuals : mapping of str to float
        How well the measurements fit, by name with unit.
    simulated : bool
        Whether the pictures it rests on were rendered.
    """

    rig_hash: str
    created: datetime
    objectives: Mapping[str, ObjectiveCalibration]
    corrections: Mapping[str, Correction]
    backlash_um: Mapping[str, Measured] = field(default_factory=dict)
    camera: Mapping[str, Measured] = field(default_factory=dict)
    residuals: Mapping[str, float] = field(default_factory=dict)
    simulated: bool = False

    def check(self, rig: Rig, *, now: datetime) -> None:
        """Refuse to be used for another rig or after `VALID_DAYS`.

        Raises
        ------
        RecordError
            In one sentence, with what to do.
        """
        if self.rig_hash != rig_hash(rig):
            raise RecordError(
                f"this calibration was measured on another rig than {rig.name!r} (or its file was edited since): "
                "run `parfocal calibrate` again"
            )
        age = now - self.created
        if age > timedelta(days=VALID_DAYS):
            raise RecordError(
                f"this calibration is {age.days} days old and holds for {VALID_DAYS}: run `parfocal calibrate` again"
            )


def rig_hash(rig: Rig) -> str:
    """Hash of the facts about a rig that a calibration depends on; the specimen on its stage is none of them."""
    rest = {k: v for k, v in rig.simulated.items() if k not in ("specimen", "truth")}
    facts = (rig.source, rig.camera, rig.condenser_na, rig.objectives, rig.nosepiece, rig.z, rest)
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def check_writable(path: Path) -> None:
    """Refuse a name that no calibration can be written under, before anything is measured.

    Raises
    ------
    RecordError
        When it is a folder, or does not end as a YAML file.
    """
    if path.suffix.lower() not in SUFFIXES or path.is_dir():
        raise RecordError(f"{path} cannot hold a calibration: give a file name that ends in one of {list(SUFFIXES)}")


def save(calibration: Calibration, path: Path) -> None:
    """Write `path` (YAML) and the flat fields beside it (``<stem>.npz``), each whole or not at all; errors as above."""
    check_writable(path)
    arrays: dict[str, NDArray[np.float32]] = {}
    for name, correction in calibration.corrections.items():
        arrays[f"{name}_dark"] = correction.dark
        arrays[f"{name}_flat"] = correction.flat
    flats = path.with_suffix(".npz")
    path.parent.mkdir(parents=True, exist_ok=True)
    part = flats.with_suffix(".npz.part")
    with part.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    part.replace(flats)
    document = _Document.model_validate(
        {
            "rig_hash": calibration.rig_hash,
            "created": calibration.created,
            "objectives": dict(calibration.objectives),
            "backlash_um": dict(calibration.backlash_um),
            "camera": dict(calibration.camera),
            "residuals": dict(calibration.residuals),
            "simulated": calibration.simulated,
            "flats_sha256": hashlib.sha256(flats.read_bytes()).hexdigest(),
        }
    )
    temporary = path.with_suffix(".yaml.part")
    temporary.write_text(yaml.safe_dump(document.model_dump(mode="json"), sort_keys=False), encoding="utf-8")
    temporary.replace(path)


def load(path: Path) -> Calibration:
    """Read what `save` wrote.

    Raises
    ------
    RecordError
        When the file or its flat fields are missing, damaged, or do not belong together.
    """
    document = _read(path)
    flats = path.with_suffix(".npz")
    if not flats.is_file() or hashlib.sha256(flats.read_bytes()).hexdigest() != document.flats_sha256:
        raise RecordError(f"the flat fields {flats} are missing or not those of {path.name}: copy both files together")
    with np.load(flats) as arrays:
        missing = [name for name in document.objectives if f"{name}_flat" not in arrays]
        if missing:
            raise RecordError(f"{flats} holds no flat field of {missing}: run `parfocal calibrate` again")
        corrections = {
            name: Correction(dark=arrays[f"{name}_dark"], flat=arrays[f"{name}_flat"]) for name in document.objectives
        }
    return Calibration(
        rig_hash=document.rig_hash,
        created=document.created.astimezone(UTC),
        objectives=document.objectives,
        corrections=corrections,
        backlash_um=document.backlash_um,
        camera=document.camera,
        residuals=document.residuals,
        simulated=document.simulated,
    )


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid")

    rig_hash: str
    created: datetime
    objectives: dict[str, ObjectiveCalibration]
    backlash_um: dict[str, Measured]
    camera: dict[str, Measured] = Field(default_factory=dict)
    residuals: dict[str, float]
    simulated: bool
    flats_sha256: str


def _read(path: Path) -> _Document:
    try:
        raw: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        return _Document.model_validate(raw)
    except FileNotFoundError as error:
        raise RecordError(f"there is no calibration {path}: run `parfocal calibrate` first") from error
    except (OSError, yaml.YAMLError, UnicodeDecodeError, ValidationError) as error:
        first = str(error).splitlines()[0]
        raise RecordError(
            f"{path} is not a calibration that Parfocal wrote ({first}): run `parfocal calibrate` again"
        ) from error
