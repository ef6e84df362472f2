"""What a rig's runs have measured of its steps, kept for the next: a file that may always be lost."""

import json
from pathlib import Path

from acquire.rigstate import rig_key, state_folder
from acquire.steptimes import STEPS, StepTimes, Tallies, Tally
from calibration.optics import Rig

REMEMBERED = 200
"""Earlier runs count as so many of each kind at most, so that what is remembered follows the rig."""


def times_path(rig: Rig) -> Path:
    """Return the file of a rig, in the folder for what outlives a run."""
    return state_folder() / f"{rig_key(rig)}-times.json"


def load_times(path: Path) -> Tallies:
    """Read what earlier runs on a rig measured; nothing where there is no such file, or none that can be read."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return {(step, name): Tally(*_number(told[step][name])) for step in STEPS for name in told.get(step, {})}
    except (OSError, ValueError, TypeError, AttributeError, LookupError):
        return {}


def save_times(path: Path, times: StepTimes) -> None:
    """Remember earlier runs and this one for the next; an older file is replaced whole or stays.

    Raises
    ------
    OSError
        When the folder cannot be written.
    """
    told: dict[str, dict[str, list[float]]] = {}
    for step, objective in sorted({*times.before, *times.now}):
        both = Tally()
        for tallies in (times.before, times.now):
            one = tallies.get((step, objective), Tally())
            both.add(one.total_s, one.count)
        kept = min(both.count, REMEMBERED)
        told.setdefault(step, {})[objective] = [kept, kept * both.mean_s]
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(told), encoding="utf-8")
    part.replace(path)


def _number(pair: object) -> tuple[float, float]:
    match pair:
        case [int() | float() as count, int() | float() as total_s] if count > 0 and 0 <= total_s < float("inf"):
            return float(count), float(total_s)
    raise ValueError(f"{pair!r} is no count and seconds")
