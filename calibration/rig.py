"""Rig files: YAML in and out, checked key by key at the door."""

from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from calibration.errors import RigError
from calibration.optics import NO_POSITION, Camera, Immersion, Limits, Objective, Rig, Source, Stand, ZDrive

BUILT_IN = ("demo", "simulated")


def load_rig(name: str | Path) -> Rig:
    """Read a rig file, or one of the built-in rigs ``demo`` and ``simulated``.

    Parameters
    ----------
    name : str or Path
        Path of a YAML file, or the name of a built-in rig.

    Raises
    ------
    RigError
        When there is no such file, or a key is unknown, missing or contradictory; the message names the key.
    """
    if str(name) in BUILT_IN:
        text = resources.files("calibration").joinpath("rigs", f"{name}.yaml").read_text(encoding="utf-8")
        return parse_rig(text, name=str(name))
    path = Path(name)
    if path.is_dir():
        raise RigError(f"the rig file {name} is a folder: give the path of a YAML file, or one of {list(BUILT_IN)}")
    if not path.is_file():
        raise RigError(
            f"there is no rig file {path}: give the path of a YAML file, or one of the built-in rigs {list(BUILT_IN)}"
        )
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RigError(f"the rig file {path} cannot be read as text ({error}): give a YAML file") from error
    return parse_rig(text, name=path.stem)


def parse_rig(text: str, *, name: str) -> Rig:
    """Read a rig from the text of a rig file; errors as in `load_rig`."""
    try:
        document = _RigFile.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise RigError(f"rig {name!r} is not YAML ({str(error).splitlines()[0]}): correct the file") from error
    except ValidationError as error:
        raise RigError(f"rig {name!r}: {first_fault(error)}") from error
    return document.rig(name)


def dump_rig(rig: Rig) -> str:
    """Write a rig as the text of a rig file; `parse_rig` of it gives the same rig."""
    return yaml.safe_dump(_document(rig), sort_keys=False, allow_unicode=True)


def first_fault(error: ValidationError) -> str:
    """Say the first fault of a checked file in one sentence that names the key."""
    fault = error.errors()[0]
    key = ".".join(str(part) for part in fault["loc"]) or "the file"
    if fault["type"] == "extra_forbidden":
        return f"key {key!r} is not known: correct its spelling or remove it"
    if fault["type"] == "missing":
        return f"key {key!r} is missing and has no default: add it"
    if fault["type"] == "model_type":
        return f"{key} holds {fault['input']!r} where keys with values are needed: correct it"
    says = str(fault.get("ctx", {}).get("error") or fault["msg"])
    return f"{key}: {says}, but the file says {fault['input']!r}: correct it"


ObjectiveName = Annotated[str, Field(pattern=r"^\w[\w.×-]*$")]
"""Begins the names of files, so it holds nothing that a file name of any system may not."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class _InProcess(_Strict):
    mm_dir: str
    config: str


class _Running(_Strict):
    port: int = 4827


class _Camera(_Strict):
    pixel_um: float
    relay: float = 1.0
    size_px: tuple[int, int]
    bayer: str = "none"
    lock: dict[str, str] = Field(default_factory=dict)


class _Objective(_Strict):
    label: str
    magnification: float
    na: float
    immersion: Immersion
    near_margin_um: float
    preset: list[tuple[str, str, str]] = Field(default_factory=list)


class _ZDrive(_Strict):
    device: str
    toward_slide: Literal[1, -1]
    fine: str = "none"
    hardware_focus: str = "none"


class _Limits(_Strict):
    x: tuple[float, float]
    y: tuple[float, float]
    z: tuple[float, float]


class _Reference(_Strict):
    xy: Literal["homed", "power_on"] = "homed"
    z: Literal["homed", "power_on"] = "homed"


class _Settle(_Strict):
    xy: float = Field(default=0.0, ge=0)
    z: float = Field(default=0.0, ge=0)


class _RigFile(_Strict):
    microscope: Literal["demo", "simulated"] | _InProcess | _Running
    camera: _Camera
    condenser_na: float
    objectives: dict[ObjectiveName, _Objective]
    nosepiece: str
    nosepiece_empty: str = NO_POSITION
    z: _ZDrive
    limits_um: _Limits
    z_safe_um: float
    stand: Stand = "unknown"
    oil_pose_um: tuple[float, float] | None = None
    settle_ms: _Settle = Field(default_factory=_Settle)
    reference: _Reference = Field(default_factory=_Reference)
    simulated: dict[str, Any] = Field(default_factory=dict)

    def rig(self, name: str) -> Rig:
        return Rig(
            name=name,
            source=_source(self.microscope),
            camera=Camera(**self.camera.model_dump()),
            condenser_na=self.condenser_na,
            objectives=tuple(_objective(key, value) for key, value in self.objectives.items()),
            nosepiece=self.nosepiece,
            nosepiece_empty=self.nosepiece_empty,
            z=ZDrive(**self.z.model_dump()),
            limits_um=Limits(**self.limits_um.model_dump()),
            z_safe_um=self.z_safe_um,
            stand=self.stand,
            oil_pose_um=self.oil_pose_um,
            settle_ms=self.settle_ms.model_dump(),
            reference=self.reference.model_dump(),
            simulated=self.simulated,
        )


def _source(microscope: str | _InProcess | _Running) -> Source:
    if isinstance(microscope, _InProcess):
        return Source(kind="in_process", mm_dir=microscope.mm_dir, config=microscope.config)
    if isinstance(microscope, _Running):
        return Source(kind="running", port=microscope.port)
    return Source(kind="demo" if microscope == "demo" else "simulated")


def _objective(name: str, value: _Objective) -> Objective:
    fields = value.model_dump()
    fields["preset"] = tuple(value.preset)
    return Objective(name=name, **fields)


def _document(rig: Rig) -> dict[str, Any]:
    source = rig.source
    microscope: Any = source.kind
    if source.kind == "in_process":
        microscope = {"mm_dir": source.mm_dir, "config": source.config}
    elif source.kind == "running":
        microscope = {"port": source.port}
    file = _RigFile.model_validate(
        {
            "microscope": microscope,
            "camera": {key: getattr(rig.camera, key) for key in _Camera.model_fields},
            "condenser_na": rig.condenser_na,
            "objectives": {o.name: {key: getattr(o, key) for key in _Objective.model_fields} for o in rig.objectives},
            "nosepiece": rig.nosepiece,
            "nosepiece_empty": rig.nosepiece_empty,
            "z": {key: getattr(rig.z, key) for key in _ZDrive.model_fields},
            "limits_um": {key: getattr(rig.limits_um, key) for key in _Limits.model_fields},
            "z_safe_um": rig.z_safe_um,
            "stand": rig.stand,
            "oil_pose_um": rig.oil_pose_um,
            "settle_ms": dict(rig.settle_ms),
            "reference": dict(rig.reference),
            "simulated": dict(rig.simulated),
        }
    )
    return file.model_dump(mode="json")
