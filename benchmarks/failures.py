"""Every failure that the simulated microscope knows, injected into a capture: what comes of it under each policy.

    python -m benchmarks.failures [--write] [--only NAME]

Each case is a capture of a few sites through both objectives, hit by one failure at a telling moment; then the same
capture with the latch still set, and once more when a person has cleared it. With ``--write`` the table of
docs/reference/failures.md is written anew, with ``--only`` the rows of one failure; `tests/flows/test_every_failure.py`
fails where the page says otherwise.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from acquire.motion import TRIES as MOVES
from acquire.policy import ACTIONS, ALLOWED, DEFAULTS
from acquire.retake import TRIES as FRAMES
from acquire.rigstate import STATE_DIR
from tests.flows.trouble import Case, Outcome, devices, lived_through

PAGE = Path(__file__).resolve().parents[1] / "docs/reference/failures.md"
BEGIN, END = "<!-- failures: written by python -m benchmarks.failures --write -->", "<!-- failures: end -->"
HEAD = ("failure", "when", "policy", "seen by", "capture", "stacks", "journal", "latch", "lens")
KEY = 3
"""Cells that no other row has."""
CAMERA = ("snap_raises", "frame_dropped", "frame_repeated", "frame_wrong_size")
ONCE = ("suspended", "not_retracted")
NEARER, SECOND_PLANE = 2, 4
"""Moves of Z in a visit: to the far side, from there to the first plane, to it once more, to the second plane."""
FIFTH_STACK = 5
"""The second of the second objective, in a run of three sites."""
FOR_EVER = 10_000
PATIENCE = 3
"""Tries of a site under `acquire.policy.PATIENT`: the first and two more."""
RESTARTED = 1
"""More of them before a policy gives up: once the camera was restarted."""


def quick(case: Case) -> bool:
    """Whether a case is lived through at every change: one for each failure, and each that only pictures can show."""
    gated = case.gated and case.failure == "stage_lies" and case.times == 1
    return gated or (case.policy is None and not case.gated and (case.times == 1 or case.failure not in CAMERA[:2]))


def cases() -> Iterator[Case]:
    """Yield each failure under the defaults, and so often as it takes under each policy that its class allows."""
    yield from _camera()
    yield from _stage()
    yield from _under("turret", failure="turret_stuck", after=None)
    yield from _under("turret", failure="turret_wrong_label", after=None)
    yield from _focus_drive()
    yield from _under("misplaced", failure="joystick")
    yield from _gated("joystick")
    yield from _under("motion", failure="core_dies", when="at a move of the stage")
    yield from _under("store", failure="disk_full", after=None, at=FIFTH_STACK, when="at a write")


def _camera() -> Iterator[Case]:
    for name in CAMERA:
        yield Case(failure=name)
        yield Case(failure=name, times=FRAMES, when=f"{FRAMES} in a row")
        given_up = (1 + RESTARTED) * FRAMES
        yield from _others("camera", failure=name, times=given_up, when=f"{given_up} in a row")
    yield Case(failure="snap_raises", times=FRAMES, policy=("camera", "suspend"), when=f"{FRAMES} in a row")
    many = (PATIENCE + RESTARTED) * FRAMES
    yield Case(failure="snap_raises", times=many, when=f"{many} in a row")
    yield from _gated("frame_repeated")
    yield Case(failure="snap_hangs")


def _stage() -> Iterator[Case]:
    yield from _under("motion", failure="stage_busy")
    yield Case(failure="stage_short")
    yield from _under("motion", failure="stage_short", times=MOVES, when=f"{MOVES} in a row")
    yield Case(failure="stage_lies")
    yield from _gated("stage_lies")
    stacks = 3  # as planned, wider, and the second try
    yield Case(failure="stage_lies", times=stacks, gated=True, when=f"calibrated, 100x, {stacks} in a row")


def _focus_drive() -> Iterator[Case]:
    yield from _under("motion", failure="z_refuses", at=SECOND_PLANE, when="at a plane")
    yield from _under("motion", failure="z_refuses", at=SECOND_PLANE, times=FOR_EVER, when="from a plane on")
    yield Case(failure="hardware_focus_pulls", when="at a move farther")
    yield from _under("motion", failure="hardware_focus_pulls", at=NEARER, when="at a move nearer")


def _under(kind: str, **told: Any) -> Iterator[Case]:
    """Yield the case under the default of its class, and under each other action that is allowed."""
    yield Case(**told)
    yield from _others(kind, **told)


def _others(kind: str, **told: Any) -> Iterator[Case]:
    """Yield the case under each action that is allowed and no default."""
    allowed = ALLOWED.get(kind, (ACTIONS, ""))[0]
    yield from (Case(policy=(kind, action), **told) for action in allowed if action != DEFAULTS[kind][0])


def _gated(name: str) -> Iterator[Case]:
    """Yield the case on a calibrated rig, in either pass."""
    for objective in ("40x", "100x"):
        yield Case(failure=name, after=("0001", objective), gated=True, when=f"calibrated, {objective}")


def key(case: Case) -> tuple[str, str, str]:
    """Return the first cells of a case's row, which no other row has."""
    policy = "default" if case.policy is None else f"{case.policy[0]}: {case.policy[1]}"
    return f"`{case.failure}`", case.when, policy


def row(case: Case, outcome: Outcome) -> tuple[str, ...]:
    """Return the cells of a case's row."""
    return (
        *key(case),
        _seen_by(outcome),
        outcome.state if outcome.state[0].islower() else f"aborted, {outcome.state}",
        _stacks(case, outcome),
        _journal(outcome.events),
        "set" if outcome.latched else "",
        "retracted" if outcome.retracted else "where it was",
    )


def _stacks(case: Case, outcome: Outcome) -> str:
    told = [f"{outcome.done} of {case.visits}"]
    told += [f"{outcome.skipped} skipped"] if outcome.skipped else []
    return ", ".join(told + [f"{site} {objective} flagged" for site, objective in outcome.flagged])


def _seen_by(outcome: Outcome) -> str:
    """Say who noticed; what is wrong in the end and carries no flag was noticed by nobody."""
    seen = dict.fromkeys(outcome.kinds)
    if "retried" in outcome.events:
        seen["frame check"] = None
    if "reshot" in outcome.events:
        seen["pair gate"] = None
    if outcome.wrong and not outcome.flagged:
        return f"**nobody: {outcome.wrong}**"
    return ", ".join(seen) or "driver, which tried again"


def _journal(events: tuple[str, ...]) -> str:
    """Tell of each event in a row how often; that a capture ended suspended is told by its state already."""
    told: list[str] = []
    for name, same in groupby(events):
        count = len(list(same))
        if name not in ONCE:
            told.append(name if count == 1 else f"{name} ×{count}")
        elif name not in told:
            told.append(name)
    return ", ".join(told)


def table(rows: dict[Case, tuple[str, ...]]) -> str:
    """Return the table in Markdown, in the order of the cases."""
    lines = [HEAD, ("---",) * len(HEAD), *rows.values()]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def page_rows() -> dict[tuple[str, ...], tuple[str, ...]]:
    """Return the rows that stand on the page, by their first cells."""
    text = PAGE.read_text(encoding="utf-8")
    inside = text[text.index(BEGIN) : text.index(END)]
    lines = [
        tuple(cell.strip() for cell in line.split("|")[1:-1]) for line in inside.splitlines() if line.startswith("| `")
    ]
    return {cells[:KEY]: cells for cells in lines}


def _write(text: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
    before, after = page[: page.index(BEGIN)], page[page.index(END) :]
    PAGE.write_text(f"{before}{BEGIN}\n\n{text}\n\n{after}", encoding="utf-8")


def outcomes(only: str = "") -> Iterator[tuple[Case, Outcome]]:
    """Live through all cases, or those of one failure."""
    for gated, some in groupby(sorted(cases(), key=lambda case: case.gated), key=lambda case: case.gated):
        with devices(gated=gated) as real:
            for case in some:
                if only in ("", case.failure):
                    with tempfile.TemporaryDirectory() as folder:
                        yield case, lived_through(case, real, Path(folder))


def main() -> int:
    """Print each row as it is known, and say which differ from the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--only", default="")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as states:
        os.environ[STATE_DIR] = states
        rows = {}
        for case, outcome in outcomes(told.only):
            rows[case] = row(case, outcome)
            broken = f"  BROKEN {outcome.broken}" if outcome.broken else ""
            print(" | ".join(rows[case]) + f"  [{outcome.says}] {outcome.unattended}{broken}", flush=True)
    return _told(rows, write=told.write)


def _told(rows: dict[Case, tuple[str, ...]], *, write: bool) -> int:
    there = page_rows()
    if write:
        kept = {case: there[key(case)] for case in cases() if key(case) in there}
        _write(table({case: found for case in cases() if (found := (kept | rows).get(case))}))
        return 0
    unlike = [cells for case, cells in rows.items() if there.get(key(case)) != cells]
    print(f"{len(rows)} cases, {len(unlike)} rows other than on the page (limit 0)")
    return 1 if unlike else 0


if __name__ == "__main__":
    sys.exit(main())
