"""What `parfocal calibrate` answers: the keys for scripts, tables and lines for people."""

from dataclasses import asdict
from pathlib import Path

from rich.console import RenderableType
from rich.table import Table

from calibration.record import Calibration, Measured

RESIDUALS = {
    "camera_stage_um": "Pictures against the stage's own positions, rms, µm",
    "focus_drift_um_per_h": "Drift of the focus, µm per hour",
    "stage_noise_um": "Scatter of the stage at rest, one axis, µm",
    "nonlinearity": "Brightness against a straight line over exposure, share of the brightest",
}


def calibration_keys(calibration: Calibration, out: Path) -> dict[str, object]:
    """Return the keys of the answer for scripts; `out` is the file that was written."""
    objectives = calibration.objectives
    return {
        "out": str(out),
        "pixel_um": {name: asdict(o.pixel_um) for name, o in objectives.items()},
        "rotation_deg": {name: asdict(o.rotation_deg) for name, o in objectives.items()},
        "parcentric_um": {
            name: {
                "value": [axis.value for axis in o.parcentric_um],
                "interval95": [list(axis.interval95) for axis in o.parcentric_um],
            }
            for name, o in objectives.items()
        },
        "parfocal_um": {name: asdict(o.parfocal_um) for name, o in objectives.items()},
        "backlash_um": {axis: asdict(value) for axis, value in calibration.backlash_um.items()},
        "camera": {name: asdict(value) for name, value in calibration.camera.items()},
        "stage_pixel_um": {name: asdict(value) for name, value in calibration.stage_pixel_um.items()},
        "settle_ms": dict(calibration.settle_ms),
        "turret_um": {name: asdict(value) for name, value in calibration.turret_um.items()},
        "residuals": dict(calibration.residuals),
        "remarks": list(calibration.remarks),
        "valid_until": calibration.expires.isoformat(),
        "sha256": calibration.digest,
        "simulated": calibration.simulated,
    }


def calibration_says(calibration: Calibration) -> tuple[RenderableType, ...]:
    """Return the answer for people: a table of the objectives, a line each of the play and of the camera."""
    play = [f"{axis} {spread(measured, 2)}" for axis, measured in sorted(calibration.backlash_um.items())]
    camera = [f"{name} {spread(measured, 1)}" for name, measured in calibration.camera.items()]
    settle = [f"{axis} ≤ {settle_ms:.0f}" for axis, settle_ms in sorted(calibration.settle_ms.items())]
    turret = [f"{name} {measured.value:.3f}" for name, measured in calibration.turret_um.items()]
    lines = (
        ("Play in µm: ", play),
        ("At rest after ms: ", settle),
        ("Scatter of the nosepiece in µm: ", turret),
        ("Camera: ", camera),
    )
    told = (f"{what}{', '.join(values)}." for what, values in lines if values)
    return _table(calibration), *_by_ruler(calibration), *told, *calibration.remarks


def _by_ruler(calibration: Calibration) -> tuple[str, ...]:
    return tuple(
        f"{name}: {spread(by_stage, 5)} µm per pixel by moves of the stage, refined by the ruler to "
        f"{spread(calibration.objectives[name].pixel_um, 5)} µm."
        for name, by_stage in calibration.stage_pixel_um.items()
    )


def named_residual(name: str) -> str:
    """Return what a residual of the record is, in words; its own name where there are none."""
    if name.startswith("register_") and name.endswith("_px"):
        objective = name.removeprefix("register_").removesuffix("_px")
        return f"Frames of {objective} laid on those of the first objective, block rms, px"
    return RESIDUALS.get(name, name)


def spread(measured: Measured, digits: int) -> str:
    """Return a measured value with half its 95 % interval, as text."""
    return f"{measured.value:.{digits}f} ± {(measured.interval95[1] - measured.interval95[0]) / 2:.{digits}f}"


def _table(calibration: Calibration) -> Table:
    columns = ("objective", "pixel µm", "rotation °", "parcentric x µm", "parcentric y µm", "parfocal µm")
    title = "Measured, with 95 % intervals" + (" (simulated microscope)" if calibration.simulated else "")
    table = Table(*columns, title=title, title_justify="left", show_edge=False)
    for name, o in calibration.objectives.items():
        measured = (o.pixel_um, o.rotation_deg, *o.parcentric_um, o.parfocal_um)
        digits = (5, 3, 2, 2, 2)
        table.add_row(name, *(spread(m, d) for m, d in zip(measured, digits, strict=True)))
    return table
