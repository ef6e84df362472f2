"""One failure in one capture: what it was told, what came of it, and that the same capture goes on afterwards.

The stand is that of `stand`: simulated devices that outlive the programs, a clock of their own, a judge at the wire.
"""

from contextlib import contextmanager
from dataclasses import dataclass, replace

from acquire.errors import AcquireError
from acquire.motion import XY_TOLERANCE_UM
from acquire.open import open_disk, open_microscope
from acquire.planfile import parse_plan
from acquire.rigstate import RigState
from acquire.runopen import create_run, open_run
from acquire.scan import Scan
from acquire.simulated.failures import Failures
from acquire.stackfile import disk_free
from calibration.errors import CalibrationError
from tests.acquire.rigs import small_rig
from tests.acquire.test_partner import EXPOSURE_MS, true_calibration
from tests.flows.stand import Stand

SIDE_PX, GATED_SIDE_PX = 96, 192
"""Fields of a capture without gates, and of one whose pictures are compared: these must be known again."""
SITES, GATED_SITES = 3, 4
STEP_UM = {False: 16.0, True: 60.0}
CORNER_UM = (3000.0, 1000.0)
FLAT = {"faults": "perfect", "specimen": {"kind": "lung", "seed": 1}, "truth": "transforms"}
"""A level section in focus at Z 0, so that nothing has to be swept and every Z is known."""
PLANES = {"40x": 1, "100x": 3}
EVENTS = (
    *("retried", "moved_again", "camera_restarted", "camera_not_restarted", "reshot"),
    *("trouble", "suspended", "resumed", "not_retracted", "failed", "not_halted"),
)
"""Of the journal, that tell of trouble."""
AT_SAFE_UM = 0.5


@dataclass(frozen=True, kw_only=True)
class Case:
    """A failure to be lived through.

    Parameters
    ----------
    failure : str
        Of `acquire.simulated.failures.KINDS`.
    after : (str, str) or None
        Site and objective of the stack after which calls are counted; None for the beginning.
    at, times : int
        Which call of its kind fails from there on, and how many in a row.
    policy : (str, str) or None
        Class of error and what the plan says of it; the defaults when it is None.
    gated : bool
        Whether the rig is calibrated, so that pictures are compared.
    when : str
        In words, for the table.
    """

    failure: str
    after: tuple[str, str] | None = ("0001", "100x")
    at: int = 1
    times: int = 1
    policy: tuple[str, str] | None = None
    gated: bool = False
    when: str = "once"

    @property
    def visits(self):
        """How many stacks the finished run holds."""
        return len(PLANES) * (GATED_SITES if self.gated else SITES)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of it, and of the same capture afterwards.

    Parameters
    ----------
    struck : int
        Calls that failed.
    state, says : str
        How the capture ended: a state, or the class of what it raised; and in its words.
    done, skipped, flagged, events, kinds
        Counts and journal of that capture, and the classes of its errors.
    latched, retracted : bool
        How it left rig and lens.
    broken : tuple
        Rules of `stand` that were broken, in any of the captures.
    unattended : str
        How the same capture ended while the latch was still set; nothing where it was not.
    again, again_done
        How it ended once all was seen to, and how many stacks are there then.
    elsewhere, stale
        What the finished run holds that it should not.
    """

    struck: int
    state: str
    says: str
    done: int
    skipped: int
    flagged: tuple
    events: tuple
    kinds: tuple
    latched: bool
    retracted: bool
    broken: tuple
    unattended: str
    again: str
    again_done: int
    elsewhere: tuple
    stale: int

    @property
    def wrong(self):
        """What the finished run holds that it should not, in words; nothing when all is well."""
        elsewhere = f"{len(self.elsewhere)} stack taken elsewhere" if self.elsewhere else ""
        return elsewhere or (f"{self.stale} frame delivered twice" if self.stale else "")


@contextmanager
def devices(*, gated=False):
    """The devices of the simulated rig with the camera that the cases need."""
    with open_microscope(rig_of(gated)) as microscope:
        yield microscope.core._core._core


def rig_of(gated):
    side_px = GATED_SIDE_PX if gated else SIDE_PX
    return small_rig(size_px=(side_px, side_px), **FLAT)


def plan_of(case, rig):
    sites, step_um = (GATED_SITES, STEP_UM[True]) if case.gated else (SITES, STEP_UM[False])
    x_um, y_um = CORNER_UM
    return parse_plan(
        {
            "slide": "S1",
            "sites_um": [[x_um + step_um * (n % 2), y_um + step_um * (n // 2)] for n in range(sites)],
            "objectives": list(PLANES),
            "stack": {name: {"planes": planes, "step_um": 0.4} for name, planes in PLANES.items()},
            "exposure_ms": EXPOSURE_MS,
            "focus": {"method": "as_positions"},
            "suspend": {"settle_s": 0.0, "disk_floor_gb": 0.001},
            "policies": dict([case.policy] if case.policy else []),
        },
        rig,
    )


def lived_through(case, real, folder):
    """Capture with the failure; again as things are; and once more when a person has seen to it."""
    rig = rig_of(case.gated)
    stand = Stand(real, rig, folder / "state.json")
    run = create_run(folder / "run", plan_of(case, rig), rig, _calibration(stand) if case.gated else None)
    seen, failures = Seen(stand), Failures()
    first, microscope = _program(stand, run.path, failures, Injecting(case, failures, seen))
    counts = _counts(run.path)
    latched, broken = microscope.state.record.latch is not None, tuple(stand.truth.broken)
    z_um = stand.real.get_position(rig.z.device)
    unattended = _program(stand, run.path, Failures(), seen)[0][0] if latched else ""
    RigState(stand.state_path).clear_latch()
    stand.truth.failed = False
    again, _ = _program(stand, run.path, Failures(), seen)
    return Outcome(
        struck=len(failures.struck),
        state=first[0],
        says=first[1],
        **counts,
        latched=latched,
        retracted=abs(z_um - rig.z_safe_um) < AT_SAFE_UM,
        broken=broken + tuple(stand.truth.broken),
        unattended=unattended,
        again=again[0],
        again_done=_counts(run.path)["done"],
        elsewhere=seen.elsewhere(),
        stale=seen.stale(),
    )


class Seen:
    """Shown each stack: notes where the slide truly stood, and what was delivered."""

    def __init__(self, stand):
        self._stand = stand
        self._off_um, self._pictures = {}, {}

    def __call__(self, visit, planes):
        x_um, y_um, _ = self._stand.simulated.true_um()
        self._off_um[visit.site, visit.objective] = max(abs(x_um - visit.x_um), abs(y_um - visit.y_um))
        self._pictures[visit.site, visit.objective] = [frame.pixels.tobytes() for frame in planes]

    def elsewhere(self):
        """Stacks of the finished run that were taken elsewhere than meant."""
        return tuple(key for key, off_um in self._off_um.items() if off_um > XY_TOLERANCE_UM)

    def stale(self):
        """How many of its pictures are another one of them, delivered again."""
        pictures = [picture for stack in self._pictures.values() for picture in stack]
        return len(pictures) - len(set(pictures))


class Injecting:
    """Lets the failure strike at its moment."""

    def __init__(self, case, failures, seen):
        self._case, self._failures, self._seen = case, failures, seen
        if case.after is None:
            self._inject()

    def __call__(self, visit, planes):
        self._seen(visit, planes)
        if (visit.site, visit.objective) == self._case.after and not self._failures.failures:
            self._inject()

    def _inject(self):
        self._failures.inject(self._case.failure, at=self._case.at, times=self._case.times)


def _program(stand, path, failures, seen):
    """Start a program that captures the run; return how it ended, and its microscope."""
    microscope = stand.program(failures)
    run = replace(open_run(path), free_bytes=_disk(microscope))
    scan = Scan(microscope=microscope, run=run, confirm=lambda _question: True, progress=lambda *_: None, seen=seen)
    try:
        result = scan.capture()
    except (AcquireError, CalibrationError) as error:
        return (f"{type(error).__name__}", str(error)), microscope
    finally:
        stand.end(microscope)
    return (result.state, result.says), microscope


def _disk(microscope):
    """A disk that is full only where a stack is to be written: nobody could have seen it coming."""
    room = open_disk(microscope)
    return lambda folder: (room if folder.name == "sites" else disk_free)(folder)


def _counts(path):
    run = open_run(path)
    events = list(run.journal.events())
    stored = [event for event in events if event["event"] == "stored"]
    return {
        "done": len(run.stored),
        "skipped": sum(event["event"] == "trouble" and event["action"] == "skip" for event in events),
        "flagged": tuple((event["site"], event["objective"]) for event in stored if event.get("flag")),
        "events": tuple(_word(event) for event in events if event["event"] in EVENTS),
        "kinds": tuple(event["kind"] for event in events if event["event"] == "trouble"),
    }


def _word(event):
    return f"trouble: {event['action']}" if event["event"] == "trouble" else event["event"]


def _calibration(stand):
    microscope = stand.program(Failures())
    try:
        return true_calibration(microscope)
    finally:
        stand.end(microscope)
        RigState(stand.state_path).cleaned()
        stand._reset()
