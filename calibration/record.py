"""Calibration: what was measured of a rig, when, and how well; a YAML file with its flat fields beside it."""

import hashlib
import json
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

Curve = tuple[tuple[float, float], ...]
"""Points (x, y) from which a picture is drawn."""


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
    rig_name : str
        Name of the rig's file.
    valid_until : datetime or None
        In UTC; `VALID_DAYS` after `created` when not given.
    stage_pixel_um : mapping of str to Measured
        Pixel sizes by moves of the stage, of those objectives whose `pixel_um` a ruler refined.
    settle_ms : mapping of str to float
        By axis: time after a move until the picture rests.
    turret_um : mapping of str to Measured
        Standard deviation of where an objective comes to stand when turned in again, by objective and kind, such as
        ``40x parcentric``; empty when not measured.
    curves : mapping of str to tuple of (float, float)
        What pictures are drawn from, by name.
    remarks : tuple of str
        What a person should know, each in a sentence.
    """

    rig_hash: str
    created: datetime
    objectives: Mapping[str, ObjectiveCalibration]
    corrections: Mapping[str, Correction]
    backlash_um: Mapping[str, Measured] = field(default_factory=dict)
    camera: Mapping[str, Measured] = field(default_factory=dict)
    residuals: Mapping[str, float] = field(default_factory=dict)
    simulated: bool = False
    rig_name: str = ""
    valid_until: datetime | None = None
    stage_pixel_um: Mapping[str, Measured] = field(default_factory=dict)
    settle_ms: Mapping[str, float] = field(default_factory=dict)
    turret_um: Mapping[str, Measured] = field(default_factory=dict)
    curves: Mapping[str, Curve] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    @property
    def expires(self) -> datetime:
        """Day and time from which it is refused."""
        return self.valid_until or self.created + timedelta(days=VALID_DAYS)

    @property
    def digest(self) -> str:
        """SHA-256 of all that was measured, the flat fields too: what a run stores, and what tells an edited file."""
        told = _document(self, flats_sha256="").model_dump(mode="json", exclude={"flats_sha256", "sha256"})
        whole = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
        for name, array in sorted(_arrays(self).items()):
            whole.update(name.encode() + np.ascontiguousarray(array, dtype="<f4").tobytes())
        return whole.hexdigest()

    def check(self, rig: Rig, *, now: datetime) -> None:
        """Refuse to be used for another rig or after its last day.

        Raises
        ------
        RecordError
            In one sentence, with what to do.
        """
        if self.rig_hash != rig_hash(rig):
            of = f" (rig {self.rig_name!r})" if self.rig_name else ""
            raise RecordError(
                f"this calibration{of} was measured on another rig than {rig.name!r} (or its file was edited since): "
                "run `parfocal calibrate` again"
            )
        if now > self.expires:
            raise RecordError(
                f"this calibration is {(now - self.created).days} days old and was valid until "
                f"{self.expires:%d %B %Y}: run `parfocal calibrate` again"
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
    flats = path.with_suffix(".npz")
    path.parent.mkdir(parents=True, exist_ok=True)
    part = flats.with_suffix(".npz.part")
    with part.open("wb") as file:
        np.savez_compressed(file, **_arrays(calibration))  # type: ignore[arg-type]
    part.replace(flats)
    document = _document(calibration, flats_sha256=hashlib.sha256(flats.read_bytes()).hexdigest())
    document = document.model_copy(update={"sha256": calibration.digest})
    temporary = path.with_suffix(".yaml.part")
    text = yaml.safe_dump(document.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
    temporary.write_text(text, encoding="utf-8")
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
    calibration = Calibration(
        **{name: getattr(document, name) for name in _SHARED},
        created=document.created.astimezone(UTC),
        valid_until=document.valid_until and document.valid_until.astimezone(UTC),
        corrections=corrections,
    )
    if document.sha256 and calibration.digest != document.sha256:
        raise RecordError(
            f"{path} was changed since it was measured (its hash differs): restore it from a copy, or run "
            "`parfocal calibrate` again"
        )
    return calibration


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid")

    rig_name: str = ""
    rig_hash: str
    created: datetime
    valid_until: datetime | None = None
    remarks: tuple[str, ...] = ()
    objectives: dict[str, ObjectiveCalibration]
    stage_pixel_um: dict[str, Measured] = Field(default_factory=dict)
    backlash_um: dict[str, Measured]
    settle_ms: dict[str, float] = Field(default_factory=dict)
    turret_um: dict[str, Measured] = Field(default_factory=dict)
    camera: dict[str, Measured] = Field(default_factory=dict)
    residuals: dict[str, float]
    curves: dict[str, Curve] = Field(default_factory=dict)
    simulated: bool
    flats_sha256: str
    sha256: str = ""


_SHARED = (
    "rig_name", "rig_hash", "remarks", "objectives", "stage_pixel_um", "backlash_um", "settle_ms", "turret_um",
    "camera", "residuals", "curves", "simulated",
)  # fmt: skip
"""Fields of a calibration that stand in its document as they are."""


def _document(calibration: Calibration, *, flats_sha256: str) -> _Document:
    told = {name: getattr(calibration, name) for name in _SHARED}
    told |= {name: dict(value) for name, value in told.items() if isinstance(value, Mapping)}
    dates = {"created": calibration.created.astimezone(UTC), "valid_until": calibration.expires.astimezone(UTC)}
    return _Document.model_validate(told | dates | {"flats_sha256": flats_sha256})


def _arrays(calibration: Calibration) -> dict[str, NDArray[np.float32]]:
    arrays: dict[str, NDArray[np.float32]] = {}
    for name, correction in calibration.corrections.items():
        arrays[f"{name}_dark"] = correction.dark
        arrays[f"{name}_flat"] = correction.flat
    return arrays


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
