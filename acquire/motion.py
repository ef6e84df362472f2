"""Moves of stage, focus drive and turret over a core: each with a time-out for its distance, and read back.

All of them raise `DeviceError` when a device raises, does not come to rest in time or stands elsewhere, and
`HaltedError` when a person has halted them.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from acquire.deadline import never
from acquire.errors import DeviceError, HaltedError
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
HALT_S = 1.0
"""How long an axis may take to come to rest after it was told to halt."""
TRIES = 3
"""Of a move that ends beside its target, where trying again cannot bring lens and slide nearer."""
FINE_REACH_UM = 20.0
"""How far from its middle a fine drive is used: piezo drives reach 50 µm and more."""


Again = Callable[[str, str], None]
"""Told of a second try: the event for a journal, and what happened before it."""
MOVED_AGAIN = "moved_again"


def untold(_event: str, _says: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How time passes while a device moves, and who is told when it has to move again.

    Parameters
    ----------
    clock, sleep : callable
        Seconds; virtual in tests.
    stopped : callable
        Whether a person has halted everything; asked before each motion and at least every 50 ms during it.
    settle_xy_s, settle_z_s : float
        How long an axis is left alone after it says that it rests, before it is read back.
    again : callable
        Told of each second try.
    """

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    stopped: Callable[[], bool] = never
    settle_xy_s: float = 0.0
    settle_z_s: float = 0.0
    again: Again = untold


REAL_TIME = Patience()


def position(core: Any, drives: ZDrive) -> Position:
    """Stage and focus position in µm, read from the devices now; a fine drive adds to the coarse one."""
    stage = core.get_xy_stage_device()
    return Position(
        float(_read(stage, lambda: core.get_x_position(stage))),
        float(_read(stage, lambda: core.get_y_position(stage))),
        focus_um(core, drives),
    )


def focus_um(core: Any, drives: ZDrive) -> float:
    """Z in µm, read from the focus drives now."""
    return sum(_drive_um(core, drive) for drive in drives.devices)


def turret_label(core: Any, nosepiece: str) -> str:
    """Label of the turret position in the light path, read from the turret now."""
    return str(_read(nosepiece, lambda: core.get_state_label(nosepiece)))


def move_stage(core: Any, drives: ZDrive, x_um: float, y_um: float, patience: Patience = REAL_TIME) -> None:
    """Move the stage, wait for rest and read it back; a stage that stands beside its target is sent there again."""
    for last in _tries():
        there = _sent(core, drives, x_um, y_um, patience)
        if max(abs(there.x - x_um), abs(there.y - y_um)) <= XY_TOLERANCE_UM:
            return
        reads = f"and reads ({there.x:.2f}, {there.y:.2f})"
        if last:
            raise DeviceError(
                f"the stage was sent to ({x_um:.2f}, {y_um:.2f}) µm {TRIES} times {reads}: check that nothing blocks it"
            )
        patience.again(MOVED_AGAIN, f"the stage was sent to ({x_um:.2f}, {y_um:.2f}) µm {reads}")


def _sent(core: Any, drives: ZDrive, x_um: float, y_um: float, patience: Patience) -> Position:
    stage, here = core.get_xy_stage_device(), position(core, drives)
    seconds = max(abs(x_um - here.x), abs(y_um - here.y)) / SLOWEST_XY_UM_PER_S
    _wait(core, stage, lambda: core.set_xy_position(stage, float(x_um), float(y_um)), _timeout_ms(seconds), patience)
    _settle(stage, patience.settle_xy_s, patience)
    return position(core, drives)


def _tries() -> Iterator[bool]:
    """Give, for each try, whether it is the last."""
    return (number == TRIES for number in range(1, TRIES + 1))


def move_focus(core: Any, drives: ZDrive, z_um: float, patience: Patience = REAL_TIME) -> None:
    """Move the focus, wait for rest and read it back; a drive that stayed too near is sent again, never one too far.

    With a fine drive the coarse one stays where it is while the target is within `FINE_REACH_UM` of it; else the fine
    one goes back to its middle, which is 0.
    """
    if drives.fine == "none":
        _move_drive(core, drives, drives.device, z_um, patience)
        return
    if abs(z_um - _drive_um(core, drives.device)) <= FINE_REACH_UM:
        _move_drive(core, drives, drives.fine, z_um - _drive_um(core, drives.device), patience)
        return
    for drive, target_um in _farther_first(core, drives, {drives.fine: 0.0, drives.device: z_um}):
        _move_drive(core, drives, drive, target_um, patience)


def _farther_first(core: Any, drives: ZDrive, targets_um: Mapping[str, float]) -> list[tuple[str, float]]:
    """Order the moves of two drives so that on the way the lens is never nearer than at both ends of it."""
    return sorted(targets_um.items(), key=lambda one: drives.toward_slide * (one[1] - _drive_um(core, one[0])))


def _move_drive(core: Any, drives: ZDrive, drive: str, z_um: float, patience: Patience) -> None:
    for last in _tries():
        seconds = abs(z_um - _drive_um(core, drive)) / SLOWEST_Z_UM_PER_S
        _wait(core, drive, lambda: core.set_position(drive, float(z_um)), _timeout_ms(seconds), patience)
        _settle(drive, patience.settle_z_s, patience)
        there_um = _drive_um(core, drive)
        if abs(there_um - z_um) <= Z_TOLERANCE_UM:
            return
        if last or drives.nearer(z_um, there_um):
            engaged = _read(drive, core.is_continuous_focus_enabled)
            advice = "switch the hardware focus off, it is engaged" if engaged else "check that nothing blocks it"
            raise DeviceError(f"{drive} was sent to {z_um:.2f} µm and reads {there_um:.2f}: {advice}")
        patience.again(MOVED_AGAIN, f"{drive} was sent to {z_um:.2f} µm and reads {there_um:.2f}")


def _settle(device: str, seconds: float, patience: Patience) -> None:
    until = patience.clock() + seconds
    while (left_s := until - patience.clock()) > 0:
        _refuse_halted(device, patience)
        patience.sleep(min(left_s, LONGEST_POLL_S))


def _drive_um(core: Any, drive: str) -> float:
    return float(_read(drive, lambda: core.get_position(drive)))


def turn(core: Any, nosepiece: str, label: str, patience: Patience = REAL_TIME) -> None:
    """Turn the nosepiece and wait for rest; where it then stands is for the caller to read."""
    go = partial(core.set_property, nosepiece, "Label", label)
    _wait(core, nosepiece, go, TURRET_TIMEOUT_MS, patience, axis=False)


def apply_settings(core: Any, settings: Iterable[Setting], patience: Patience = REAL_TIME) -> None:
    """Set properties one after the other, each device at rest before the next."""
    for device, name, value in settings:
        go = partial(core.set_property, device, name, str(value))
        _wait(core, device, go, BASE_TIMEOUT_MS, patience, axis=False)


def _timeout_ms(seconds: float) -> int:
    return BASE_TIMEOUT_MS + int(1000 * seconds)


def _wait(
    core: Any, device: str, go: Callable[[], None], timeout_ms: int, patience: Patience, *, axis: bool = True
) -> None:
    """Let a device go and ask it until it rests: between two questions `stop` gets through, on any connection."""
    _refuse_halted(device, patience)
    try:
        core.set_timeout_ms(timeout_ms)
        go()
        for _ in _while_busy(core, device, timeout_ms / 1000, patience):
            if patience.stopped():
                _halt(core, device, patience, axis=axis)
        _refuse_halted(device, patience)  # by whom it came to rest before this thread asked
    except HaltedError:
        raise
    except Exception as error:
        raise DeviceError(f"{device} did not do what it was told ({error}): check it before going on") from error


def _refuse_halted(device: str, patience: Patience) -> None:
    if patience.stopped():
        raise HaltedError(
            f"{device} goes nowhere, all axes were halted by hand: look at lens and slide before going on"
        )


def _while_busy(core: Any, device: str, longest_s: float, patience: Patience) -> Iterator[None]:
    """Pause between two questions, as long as a device moves; TimeoutError when that takes too long."""
    began = patience.clock()
    while core.device_busy(device):
        yield
        elapsed = patience.clock() - began
        if elapsed > longest_s:
            raise TimeoutError(f"it still moves after {longest_s:g} s")
        patience.sleep(min(max(elapsed * POLL_SHARE, SHORTEST_POLL_S), LONGEST_POLL_S))


def _halt(core: Any, device: str, patience: Patience, *, axis: bool) -> None:
    """Halt an axis and see it at rest; a turret, which has no halt, ends its turn by itself, far from the slide."""
    if axis:
        core.stop(device)
        for _ in _while_busy(core, device, HALT_S, patience):
            pass
    _refuse_halted(device, patience)


def _read(device: str, read: Callable[[], Any]) -> Any:
    try:
        return read()
    except Exception as error:
        raise DeviceError(
            f"{device or 'the stage'} could not be read ({error}): check that it is connected and that the rig file "
            "names it as Micro-Manager does"
        ) from error
