"""A Micro-Manager configuration for the simulated microscope: the demo's devices with the rig's objectives."""

from pathlib import Path

import mm_test_adapters

from acquire.simulated.drawn import faults_of
from calibration.errors import RigError
from calibration.optics import Rig

CONFIG_NAME = "parfocal_simulated.cfg"

_STOCK = "MMConfig_demo.cfg"
_STAGE = "DemoCamera,DStage"
_STOCK_Z = "Z"
_STOCK_TURRET = "Objective"
_TURRET_POSITIONS = 6
_LEFT_OUT = (
    "Label,Objective,",
    "ConfigGroup,Objective,",
    "ConfigGroup,System,Startup,",
    "ConfigPixelSize,",
    "PixelSize_um,",
    "PixelSizeAffine,",
    "FocusDirection,",
)


def write_config(rig: Rig, folder: Path) -> Path:
    """Write the configuration of a simulated rig.

    Parameters
    ----------
    rig : Rig
        Gives labels, nominal pixel sizes, focus direction, names of Z drive and nosepiece, size of the camera.
    folder : Path
        Where to write it.

    Returns
    -------
    Path
        Of the file, for `load_system_configuration`.

    Raises
    ------
    RigError
        When the rig has more objectives than the demo's turret has positions.
    """
    if len(rig.objectives) > _TURRET_POSITIONS:
        raise RigError(
            f"rig {rig.name!r} has {len(rig.objectives)} objectives and the simulated turret {_TURRET_POSITIONS} "
            "positions: remove some from the rig file"
        )
    stock = (Path(mm_test_adapters.device_adapter_path()) / _STOCK).read_text(encoding="utf-8")
    kept = [line for line in stock.splitlines() if not line.startswith(_LEFT_OUT)]
    renamed = [_renamed(line, {_STOCK_Z: rig.z.device, _STOCK_TURRET: rig.nosepiece}) for line in kept]
    if rig.z.fine != "none":
        coarse = renamed.index(f"Device,{rig.z.device},{_STAGE}")
        renamed[coarse + 1 : coarse + 1] = [f"Device,{rig.z.fine},{_STAGE}", f"Parent,{rig.z.fine},DHub"]
    path = folder / CONFIG_NAME
    path.write_text("\n".join([*renamed, *_own_lines(rig), ""]), encoding="utf-8")
    return path


def _renamed(line: str, names: dict[str, str]) -> str:
    """Give devices the names that the rig file uses; of the stock lines left, these keywords hold device names."""
    keyword, *fields = line.split(",")
    if keyword in ("Device", "Parent"):
        fields[0] = names.get(fields[0], fields[0])
    elif fields[:2] == ["Core", "Focus"]:
        fields[2] = names.get(fields[2], fields[2])
    return ",".join([keyword, *fields])


def _own_lines(rig: Rig) -> list[str]:
    turret, (columns, rows) = rig.nosepiece, rig.camera.size_px
    sensor = faults_of(rig).sensor
    startup = {
        "PixelType": sensor.pixel_type(rig.camera.bayer),
        "BitDepth": str(sensor.bits),
        "FastImage": "1",
        "ScanMode": "1",
        "Binning": "1",
        "OnCameraCCDXSize": str(columns),
        "OnCameraCCDYSize": str(rows),
    }
    lines = [f"FocusDirection,{rig.z.device},{rig.z.toward_slide}"]
    lines += [f"Label,{turret},{state},{objective.label}" for state, objective in enumerate(rig.objectives)]
    lines += [f"ConfigGroup,System,Startup,Camera,{name},{value}" for name, value in startup.items()]
    lines += [f"ConfigGroup,System,Startup,{turret},Label,{rig.objectives[0].label}"]
    for objective in rig.objectives:
        pixel_um = rig.pixel_um(objective.name)
        lines += [
            f"ConfigPixelSize,{objective.name},{turret},Label,{objective.label}",
            f"PixelSize_um,{objective.name},{pixel_um:.9g}",
            f"PixelSizeAffine,{objective.name},{pixel_um:.9g},0.0,0.0,0.0,{pixel_um:.9g},0.0",
        ]
    return lines
