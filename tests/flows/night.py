"""One night at a stand: a random plan, some programs one after the other that fail and are killed, and a person."""

import random
from dataclasses import dataclass, replace

from acquire.errors import AcquireError
from acquire.planfile import parse_plan
from acquire.rigstate import RigState
from acquire.runopen import create_run, open_run
from acquire.scan import Scan
from acquire.simulated.failures import Failures
from calibration.errors import CalibrationError
from calibration.optics import Limits
from tests.acquire.rigs import small_rig
from tests.flows.stand import SIDE_PX, Killed, Stand

LARGEST_STEP_UM = 40.0
"""Between sites: the demo stage makes 10 µm in a millisecond of real time, and 500 µm are the most that is moved."""
MOST_CALLS = 900
"""Of a program of three sites; one that dies does so at one of these."""
KINDS = {
    "snap_raises": 15,
    "snap_hangs": 20,
    "frame_dropped": 15,
    "frame_repeated": 15,
    "frame_wrong_size": 15,
    "stage_busy": 40,
    "stage_short": 4,
    "stage_lies": 4,
    "turret_stuck": 2,
    "turret_wrong_label": 2,
    "z_refuses": 30,
    "hardware_focus_pulls": 30,
    "joystick": 15,
    "core_dies": 700,
}
"""Each failure with how many calls of its kind a program of this size makes, so that most of them strike."""


@dataclass
class Person:
    """Who sits at the stand: oils, refuses, cleans, and tells the truth; may pull the plug with the oil in hand."""

    chance: random.Random
    truth: object

    def __call__(self, question):
        if question.endswith("Go on?"):
            return self._oils()
        if self.truth.wet and self.chance.random() < 0.5:
            self.truth.wet = False  # cleaned, or another slide laid down
        return not self.truth.wet

    def _oils(self):
        oils = self.chance.random() < 0.8
        self.truth.wet = self.truth.wet or oils
        if self.chance.random() < 0.15:
            self.truth.alive = False
            raise Killed
        return oils

    def between_programs(self, state):
        """Look at the stand: perhaps clear the latch, perhaps clean the slide and say so."""
        if self.chance.random() < 0.5:
            state.clear_latch()
            self.truth.failed = False
        if self.chance.random() < 0.2:
            self.truth.wet = False
            state.cleaned()


@dataclass(frozen=True)
class Night:
    """What happened: rules that were broken, what struck, how many calls and programs, how each ended."""

    name: str
    broken: tuple
    struck: tuple
    calls: int
    ends: tuple


def night(real, folder, number, toward):
    """Live through one night; the same number and side give the same plans, failures and kills."""
    chance = random.Random(f"{number} {toward}")
    rig = _rig(chance, toward)
    stand = Stand(real, rig, folder / "state.json")
    person = Person(chance, stand.truth)
    runs, struck, calls, ends = [], [], 0, []
    for program in range(chance.randint(2, 4)):
        if program:
            person.between_programs(RigState(stand.state_path))
        failures = _failures(chance)
        last_call = chance.randint(1, MOST_CALLS) if chance.random() < 0.5 else None
        try:
            ends.append(_program(stand, failures, last_call, _run(chance, folder, rig, runs), person))
        except Killed:
            ends.append("killed")
        stand.failing.release()
        struck += [name for name, _ in failures.struck]
        calls += stand.truth.calls
    name = f"{number} {toward:+d}"
    return Night(name=name, broken=tuple(stand.truth.broken), struck=tuple(struck), calls=calls, ends=tuple(ends))


def _program(stand, failures, last_call, run, person):
    microscope = stand.program(failures, last_call=last_call)
    try:
        result = Scan(microscope=microscope, run=run, confirm=person, progress=lambda *_: None).capture()
    except (AcquireError, CalibrationError) as error:
        return type(error).__name__
    finally:
        stand.end(microscope)
    return result.state


def _rig(chance, toward):
    rig = small_rig(toward=toward, size_px=(SIDE_PX, SIDE_PX), specimen={"kind": "empty"}, faults="perfect")
    safe_um = toward * chance.choice([-280.0, -120.0, -40.0])
    span = sorted((toward * -290.0, toward * chance.choice([5.0, 30.0, 100.0])))
    objectives = tuple(replace(o, near_margin_um=chance.choice([1.0, 4.0, 20.0, 60.0])) for o in rig.objectives)
    limits = Limits(x=(400, 600), y=(400, 600), z=tuple(span))
    pose = chance.choice([None, (420.0, 580.0)])
    return replace(rig, objectives=objectives, z_safe_um=safe_um, limits_um=limits, oil_pose_um=pose)


def _failures(chance):
    failures = Failures()
    for name in chance.sample(sorted(KINDS), chance.randint(0, 3)):
        failures.inject(name, at=chance.randint(1, KINDS[name]), times=chance.choice([1, 1, 3]), amount_um=7.0)
    return failures


def _run(chance, folder, rig, runs):
    """Go on with a run, or begin another one, of this slide or of the next."""
    if runs and chance.random() < 0.6:
        return open_run(chance.choice(runs))
    path = folder / f"run{len(runs)}"
    runs.append(path)
    objectives = chance.choice([["40x", "100x"], ["40x", "100x"], ["100x"], ["40x"]])
    sites = [[500 + chance.uniform(-1, 1) * LARGEST_STEP_UM, 500 + 10 * index] for index in range(chance.randint(1, 3))]
    plan = {
        "slide": chance.choice(["S1", "S1", "S2"]),
        "sites_um": sites,
        "objectives": objectives,
        "stack": {name: {"planes": chance.randint(1, 5), "step_um": chance.choice([0.4, 2.0])} for name in objectives},
        "focus": {"method": chance.choice(["surface", "as_positions"])},
        "exposure_ms": dict.fromkeys(objectives, 1),
    }
    return create_run(path, parse_plan(plan, rig), rig, None)
