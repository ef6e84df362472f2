"""What `parfocal calibrate` answers: the keys for scripts, tables and lines for people."""

from dataclasses import asdict
from pathlib import Path

from rich.console import RenderableType
from rich.table import Table

from calibration.record import Calibration, Measured


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
        "residuals": dict(calibration.residuals),
        "simulated": calibration.simulated,
    }


def calibration_says(calibration: Calibration) -> tuple[RenderableType, ...]:
    """Return the answer for people: a table of the objectives, a line each of the play and of the camera."""
    play = [f"{axis} {spread(measured, 2)}" for axis, measured in sorted(calibration.backlash_um.items())]
    camera = [f"{name} {spread(measured, 1)}" for name, measured in calibration.camera.items()]
    lines = (("Play in µm: ", play), ("Camera: ", camera))
    return _table(calibration), *(f"{what}{', '.join(told)}." for what, told in lines if told)


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
