"""Micro-Manager position lists (.pos): the property map of version 2 and the list of version 1.4."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acquire.errors import PlanError

XY_AXES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class StagePosition:
    """One entry of a position list.

    Parameters
    ----------
    label : str
        As the person named it.
    x_um, y_um : float
        Of the stage.
    z_um : float or None
        Of the focus drive, when the entry holds it.
    """

    x_um: float
    y_um: float
    z_um: float | None = None
    label: str = ""


def read_positions(path: Path, *, z_device: str) -> tuple[StagePosition, ...]:
    """Read a position list as Micro-Manager saves it.

    Parameters
    ----------
    path : Path
        The file.
    z_device : str
        Name of the focus drive; its position is taken where an entry holds several drives.

    Returns
    -------
    tuple of StagePosition
        In the order of the list.

    Raises
    ------
    PlanError
        When the file is missing, is no position list, is empty, or an entry has no stage position.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise PlanError(f"there is no position list {path}: save one from Micro-Manager") from error
    except (OSError, ValueError) as error:
        raise PlanError(f"{path} is no position list ({error}): save it from Micro-Manager again") from error
    try:
        entries = _entries(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise PlanError(f"{path} is no position list of Micro-Manager ({error!r}): save it from there again") from error
    if not entries:
        raise PlanError(f"the position list {path} is empty: add positions to it in Micro-Manager")
    return tuple(_position(path, *entry, z_device=z_device) for entry in entries)


Entry = tuple[str, Mapping[str, Sequence[float]], str, str]
"""Label, position of each device in µm, name of the XY stage and of the focus drive."""


def _entries(document: Any) -> list[Entry]:
    if "map" in document:
        return [_of_map(entry) for entry in document["map"]["StagePositions"]["array"]]
    return [_of_list(entry) for entry in document["POSITIONS"]]


def _of_map(entry: Any) -> Entry:
    devices = {d["Device"]["scalar"]: [float(v) for v in d["Position_um"]["array"]] for d in _array(entry)}
    label, xy, z = (entry.get(key, {}).get("scalar", "") for key in ("Label", "DefaultXYStage", "DefaultZStage"))
    return str(label), devices, str(xy), str(z)


def _array(entry: Any) -> list[Any]:
    held = entry["DevicePositions"]
    return list(held["array"]) if "array" in held else [held["scalar"]]


def _of_list(entry: Any) -> Entry:
    """Version 1.4 keeps the position of a device with one axis under X."""
    devices = {
        d["DEVICE"]: [float(d[axis]) for axis in ("X", "Y")[: min(int(d["AXES"]), XY_AXES)]] for d in entry["DEVICES"]
    }
    return str(entry["LABEL"]), devices, str(entry["DEFAULT_XY_STAGE"]), str(entry["DEFAULT_Z_STAGE"])


def _position(
    path: Path, label: str, devices: Mapping[str, Sequence[float]], xy: str, z: str, *, z_device: str
) -> StagePosition:
    stages = [name for name, held in devices.items() if len(held) == XY_AXES]
    stage = xy if xy in stages else next(iter(stages), None)
    if stage is None:
        raise PlanError(
            f"position {label!r} of {path} holds no XY stage, only {list(devices)}: mark it again with the stage ticked"
        )
    drives = [name for name, held in devices.items() if len(held) == 1]
    drive = next((name for name in (z_device, z) if name in drives), None)
    x_um, y_um = devices[stage]
    return StagePosition(x_um=x_um, y_um=y_um, z_um=devices[drive][0] if drive else None, label=label)
