"""The parts of a capture loop about a microscope of plain numbers: no core, no picture, no waiting."""

from contextlib import suppress

import numpy as np

from acquire.control import Control
from acquire.errors import AcquireError
from acquire.frame import Frame, Position
from acquire.motion import untold
from acquire.oversight import Oversight
from acquire.planfile import parse_plan
from acquire.rigstate import RigState
from acquire.runopen import create_run
from acquire.shooting import Shooting
from acquire.sitework import Look, SiteWork
from acquire.steptimes import StepTimes
from acquire.storing import Storing
from acquire.suspend import Suspenders
from calibration.rig import load_rig

RIG = load_rig("demo")
SIDE_PX = 8
GREY = 90


class PlainMicroscope:
    """Stands where it was sent; `fails` holds what its next exposures raise, None for a frame."""

    def __init__(self, rig=RIG):
        self.rig, self.state = rig, RigState()
        self.objective = rig.objectives[0]
        self.fails, self.moves, self.exposed, self.halted = [], [], 0, 0
        self.beside_um, self.grey = 0.0, GREY
        self.again, self.restarts, self.restart_fails = untold, 0, None
        self._at = Position(0.0, 0.0, 0.0)

    @property
    def position_um(self):
        return self._at

    def move_xy(self, x_um, y_um):
        self.moves.append(("xy", x_um, y_um))
        self._at = self._at._replace(x=x_um, y=y_um)

    def move_z(self, z_um):
        self.moves.append(("z", z_um))
        self._at = self._at._replace(z=z_um)

    def select_objective(self, name):
        self.moves.append(("turn", name))
        self.objective = self.rig.objective(name)

    def expect_focus(self, z_um):
        self.expected_um = z_um

    def retract(self):
        self.moves.append(("retract",))

    def restart_camera(self):
        self.restarts += 1
        if self.restart_fails is not None:
            raise self.restart_fails

    def stop(self):
        self.halted += 1

    def snap(self, exposure_ms):
        self.exposed += 1
        failure = self.fails.pop(0) if self.fails else None
        if failure is not None:
            raise failure
        return Frame(
            pixels=np.full((SIDE_PX, SIDE_PX, 3), self.grey, dtype=np.uint8),
            objective=self.objective.name,
            position=self._at._replace(x=self._at.x + self.beside_um),
            exposure_ms=exposure_ms,
            black_level=0.0,
            white_level=255.0,
            number=self.exposed,
            time_s=0.0,
        )


class PlainJudge:
    """Focus at 5 µm; `looks` holds what it says of the stacks to come."""

    def __init__(self, *looks):
        self.looks, self.learnt, self.seen_um = list(looks), [], []

    def place(self, visit):
        return visit

    def z_um(self, _visit):
        return 5.0

    def look(self, _visit, planes):
        self.seen_um.append([frame.position.z for frame in planes])
        return self.looks.pop(0) if self.looks else Look()

    def learn(self, visit, _planes):
        self.learnt.append(visit.site)


def plan(sites=3, planes=3, **changes):
    """A plan of one objective."""
    document = {
        "slide": "S1",
        "sites_um": [[100.0 * number, 100.0] for number in range(1, sites + 1)],
        "objectives": ["10x"],
        "stack": {"10x": {"planes": planes, "step_um": 1.0}},
        "exposure_ms": {"10x": 5},
    }
    return parse_plan(document | changes, RIG)


class Loop:
    """A run on disk and what makes its visits; `waits` is what a person does while the capture is held."""

    def __init__(
        self, folder, *, judge=None, attended=False, waits=lambda _control: None, seen=lambda *_: None, **planned
    ):
        self.run = create_run(folder / "run", plan(**planned), RIG, None)
        self.microscope, self.control = PlainMicroscope(), Control()
        self.judge = judge or PlainJudge()
        self.visits = list(self.run.plan.visits(RIG))
        self.storing = Storing()
        self.oversight = Oversight(
            run=self.run, visits=self.visits, progress=lambda *_: None, times=StepTimes(clock=lambda: 0.0)
        )
        self.microscope.again = self.oversight.again
        self.work = SiteWork(
            run=self.run,
            shooting=Shooting(microscope=self.microscope, control=self.control, oversight=self.oversight),
            judge=self.judge,
            oversight=self.oversight,
            control=self.control,
            suspenders=Suspenders(
                conditions=(),
                note=self.oversight.note,
                before=self.microscope.retract,
                attended=attended,
                told=lambda _says: waits(self.control),
                sleep=lambda _s: None,
            ),
            storing=self.storing,
            seen=seen,
        )

    def events(self, *names):
        return [event for event in self.run.journal.events() if event["event"] in names or not names]

    def close(self):
        with suppress(AcquireError):
            self.storing.__exit__(None, None, None)
