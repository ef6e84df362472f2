"""Moves of stage, focus drive and turret over a core: each with a time-out for its distance, and read back."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from acquire.errors import DeviceError
from acquire.frame import Position
from calibration.optics import Setting, ZDrive

XY_TOLERANCE_UM = 1.0
Z_TOLERANCE_UM = 0.1
SLOWEST_XY_UM_PER_S = 100.0
SLOWEST_Z_UM_PER_S = 10.0
BASE_TIMEOUT_MS = 5000
SHORTEST_POLL_S, LONGEST_POLL_S, POLL_SHARE = 0.001, 0.05, 0.05
"""Between two questions whether a device is busy: a twentieth of the time it has taken so far."""
TURRET_TIMEOUT_MS = 30_000
FINE_REACH_UM = 20.0
"""How far from its middle a fine drive is used: piezo drives reach 50 µm and more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How time passes while a device moves: a clock in seconds and a sleep, virtual in tests."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


REAL_TIME = Patience()


def position(core: Any, drives: ZDrive) -> Position:
    """Stage and focus position in µm, read from the devices now; a fine drive adds to the coarse one.

    Raises
    ------
    DeviceError
        When one of them cannot be read; so do all functions here.
    """
    stage = core.get_xy_stage_device()
    return Position(
        float(_read(stage, lambda: core.get_x_position(stage))),
        float(_read(stage, lambda: core.get_y_position(stage))),
        sum(_drive_um(core, drive) for drive in drives.devices),
    )


def turret_label(core: Any, nosepiece: str) -> str:
    """Label of the turret position in the light path, read from the turret now."""
    return str(_read(nosepiece, lambda: core.get_state_label(nosepiece)))


def move_stage(core: Any, drives: ZDrive, x_um: float, y_um: float, patience: Patience = REAL_TIME) -> None:
    """Move the stage, wait for rest and read it back.

    Raises
    ------
    DeviceError
        When it raised, did not come to rest in time, or stands elsewhere.
    """
    stage, here = core.get_xy_stage_device(), position(core, drives)
    seconds = max(abs(x_um - here.x), abs(y_um - here.y)) / SLOWEST_XY_UM_PER_S
    _wait(core, stage, lambda: core.set_xy_position(stage, float(x_um), float(y_um)), _timeout_ms(seconds), patience)
    there = position(core, drives)
    if max(abs(there.x - x_um), abs(there.y - y_um)) > XY_TOLERANCE_UM:
        raise DeviceError(
            f"the stage was sent to ({x_um:.2f}, {y_um:.2f}) µm and reads ({there.x:.2f}, {there.y:.2f}): "
            "check that nothing blocks it"
        )


def move_focus(core: Any, drives: ZDrive, z_um: float, patience: Patience = REAL_TIME) -> None:
    """Move the focus, wait for rest and read it back; errors as in `move_stage`.

    With a fine drive the coarse one stays where it is while the target is within `FINE_REACH_UM` of it; else the fine
    one goes back to its middle, which is 0.
    """
    if drives.fine == "none":
        _move_drive(core, drives.device, z_um, patience)
        return
    coarse_um = _drive_um(core, drives.device)
    if abs(z_um - coarse_um) > FINE_REACH_UM:
        _move_drive(core, drives.fine, 0.0, patience)
        _move_drive(core, drives.device, z_um, patience)
    else:
        _move_drive(core, drives.fine, z_um - coarse_um, patience)


def _move_drive(core: Any, drive: str, z_um: float, patience: Patience) -> None:
    seconds = abs(z_um - _drive_um(core, drive)) / SLOWEST_Z_UM_PER_S
    _wait(core, drive, lambda: core.set_position(drive, float(z_um)), _timeout_ms(seconds), patience)
    there_um = _drive_um(core, drive)
    if abs(there_um - z_um) > Z_TOLERANCE_UM:
        engaged = _read(drive, core.is_continuous_focus_enabled)
        advice = "switch the hardware focus off, it is engaged" if engaged else "check that nothing blocks it"
        raise DeviceError(f"{drive} was sent to {z_um:.2f} µm and reads {there_um:.2f}: {advice}")


def _drive_um(core: Any, drive: str) -> float:
    return float(_read(drive, lambda: core.get_position(drive)))


def turn(core: Any, nosepiece: str, label: str, patience: Patience = REAL_TIME) -> None:
    """Turn the nosepiece and wait for rest; where it then stands is for the caller to read."""
    _wait(core, nosepiece, lambda: core.set_property(nosepiece, "Label", label), TURRET_TIMEOUT_MS, patience)


def apply_settings(core: Any, settings: Iterable[Setting], patience: Patience = REAL_TIME) -> None:
    """Set properties one after the other, each device at rest before the next."""
    for device, name, value in settings:
        _wait(core, device, partial(core.set_property, device, name, str(value)), BASE_TIMEOUT_MS, patience)


def _timeout_ms(seconds: float) -> int:
    return BASE_TIMEOUT_MS + int(1000 * seconds)


def _wait(core: Any, device: str, go: Callable[[], None], timeout_ms: int, patience: Patience) -> None:
    """Let a device go and ask it until it rests: between two questions `stop` gets through, on any connection."""
    began = patience.clock()
    try:
        core.set_timeout_ms(timeout_ms)
        go()
        while core.device_busy(device):
            elapsed = patience.clock() - began
            if elapsed > timeout_ms / 1000:
                raise TimeoutError(f"it still moves after {timeout_ms / 1000:g} s")  # noqa: TRY301  told below
            patience.sleep(min(max(elapsed * POLL_SHARE, SHORTEST_POLL_S), LONGEST_POLL_S))
    except Exception as error:
        raise DeviceError(f"{device} did not do what it was told ({error}): check it before going on") from error


def _read(device: str, read: Callable[[], Any]) -> Any:
    try:
        return read()
    except Exception as error:
        raise DeviceError(
            f"{device or 'the stage'} could not be read ({error}): check that it is connected and that the rig file "
            "names it as Micro-Manager does"
        ) from error
