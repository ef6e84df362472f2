"""One visit, whatever goes wrong with it: stack, judgement, a second try, the plan's policies, the store."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from acquire.control import Control
from acquire.errors import (
    AcquireError,
    BrokenOffError,
    HaltedError,
    MicroscopeError,
    StoreError,
    SuspendedError,
)
from acquire.frame import Frame
from acquire.oversight import Oversight
from acquire.plan import Visit
from acquire.policy import class_of
from acquire.runfolder import RunFolder
from acquire.shooting import Shooting
from acquire.storing import Storing
from acquire.suspend import Suspenders
from calibration.errors import CalibrationError

Outcome = Literal["stored", "skipped"]
Taken = tuple[list[Frame], str]
"""The planes of a stack, and what is wrong with it."""
AFTER_LATCH = "; when lens, slide and drives are sound, say so with `parfocal check RIG --clear-latch`"
Seen = Callable[[Visit, Sequence[Frame]], None]
"""Shown each stack once it is stored: a preview, which must not keep the capture waiting."""


def unseen(_visit: Visit, _planes: Sequence[Frame]) -> None:
    """Show a stack to nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a stack shows.

    Parameters
    ----------
    fault : str
        Why it is not what the plan asks for; kept with the stack when a second one has it too.
    better_um : float or None
        Z of the middle of a better stack; None where this one cannot tell, or none is needed.
    """

    fault: str = ""
    better_um: float | None = None


class Judge(Protocol):
    """Knows where the focus of a visit lies, and whether a stack is worth keeping."""

    def place(self, visit: Visit) -> Visit:
        """Return a visit where its site lies now."""
        ...

    def z_um(self, visit: Visit) -> float:
        """Z of the middle of the visit's stack; may focus first."""
        ...

    def look(self, visit: Visit, planes: Sequence[Frame]) -> Look:
        """Say what a stack shows."""
        ...

    def learn(self, visit: Visit, planes: Sequence[Frame]) -> None:
        """Take note of a stack that was stored."""
        ...


@dataclass(slots=True, kw_only=True)
class _Failures:
    """Of one piece of work: how often it failed with each class of error, and when it was begun."""

    since_s: float
    count: Counter[str | None] = field(default_factory=Counter)
    restarted: bool = False


@dataclass(slots=True, kw_only=True, eq=False)
class SiteWork:
    """Makes the visits of one run, one after the other.

    Parameters
    ----------
    run : RunFolder
        Where stacks go.
    shooting : Shooting
        Takes them.
    judge : Judge
        Of focus and pictures.
    oversight : Oversight
        Told of everything.
    control : Control
        The wishes of a person.
    suspenders : Suspenders
        Hold after a fault that suspends.
    storing : Storing
        Puts a stack on disk while the next visit is made.
    seen : callable
        Shown each stack that was kept.
    """

    run: RunFolder
    shooting: Shooting
    judge: Judge
    oversight: Oversight
    control: Control
    suspenders: Suspenders
    storing: Storing
    seen: Seen
    _skipped: int = field(default=0, init=False)
    _storing: Visit | None = field(default=None, init=False)

    def make(self, visit: Visit) -> Outcome:
        """Make one visit; when it fails do what the plan's policy says.

        Raises
        ------
        SuspendedError
            When a fault waits for a person, or a condition did not pass in time.
        HaltedError
            After an emergency stop.
        BrokenOffError
            When a person wishes to pause or stop before its pictures were begun.
        AcquireError
            When the policy is to abort.
        """
        taken: list[Taken] = []
        with self.oversight.times.visit(visit):
            if not self._tried(visit, lambda: taken.append(self._taken(visit))):
                self._skipped += 1
                return "skipped"
            with self.oversight.call("store", "store"):
                self.settle()  # of the stack before, whose trouble is not this one's
                self.storing.put(lambda: self._write(visit, *taken[0]))
        self._storing, self._skipped = visit, 0
        self._show(visit, taken[0][0])
        return "stored"

    def prepare(self, visit: Visit, work: Callable[[], None]) -> None:
        """Do what must be done before a visit, again after a fault that the policies retry; errors as in `make`.

        Raises
        ------
        SuspendedError
            Also where the policy is to skip: without this nothing after it can be made.
        """
        if not self._tried(visit, work):
            raise SuspendedError(
                f"{visit.objective} could not begin at site {visit.site}: the journal says why, see to it and capture "
                "again"
            )

    def settle(self) -> None:
        """Wait until the stacks of all visits so far are on disk; errors as in `make`.

        A stack that the policy gives up is dropped.
        """
        if self._storing is not None and not self._tried(self._storing, self.storing.settle):
            self.storing.drop()
        self._storing = None

    def close(self) -> None:
        """Wait for the stack on its way when the run is left: what the disk refuses then is captured anew later.

        Raises
        ------
        SuspendedError
            When it could not be written.
        """
        try:
            self.storing.settle()
        except StoreError as error:
            raise SuspendedError(str(error)) from error

    def _tried(self, visit: Visit, work: Callable[[], None]) -> bool:
        """Do the work, as often as the policies ask for; False when it was given up."""
        failures = _Failures(since_s=self.suspenders.clock())
        while True:
            try:
                with self.oversight.visit(visit):
                    work()
            except (HaltedError, BrokenOffError, SuspendedError):
                raise
            except (AcquireError, CalibrationError) as error:
                if not self._again(visit, error, failures):
                    return False
            else:
                return True

    def _taken(self, visit: Visit) -> Taken:
        placed = self.judge.place(visit)
        planes, flag = self._shot(placed)
        self.judge.learn(placed, planes)
        if self.shooting.truth is not None:
            self.shooting.truth.keep(visit.site, visit.objective)
        return planes, flag

    def _shot(self, visit: Visit) -> Taken:
        """Take a stack, once more where it can be better."""
        with self.oversight.call("autofocus"):
            z_um = self.judge.z_um(visit)
        planes = self.shooting.stack(visit, z_um)
        look = self.judge.look(visit, planes)
        if look.fault or look.better_um is not None:
            self.oversight.note("reshot", says=look.fault or "its focus lies aside", from_um=z_um)
            better_um = look.better_um
            if better_um is None:
                better_um = self.judge.look(visit, self.shooting.wider(visit, z_um)).better_um
            planes = self.shooting.stack(visit, z_um if better_um is None else better_um)
            look = self.judge.look(visit, planes)
        return planes, look.fault

    def _show(self, visit: Visit, planes: list[Frame]) -> None:
        try:
            self.seen(visit, planes)
        except Exception as error:  # of a preview, for which no stack is given up
            self.oversight.note("not_shown", says=str(error))

    def _write(self, visit: Visit, planes: list[Frame], flag: str) -> None:
        self.run.write(visit.site, visit.objective, planes, partner=visit.partner, flag=flag)
        self.oversight.stored(visit)

    def _again(self, visit: Visit, error: Exception, failures: _Failures) -> bool:
        """Whether to try once more; False to leave the site out."""
        latched = self.shooting.microscope.state.record.latch is not None
        kind = class_of(error)
        action = self.run.plan.policies.of(error, failures=failures.count[kind], skipped=self._skipped, latched=latched)
        if kind == "camera" and action != "retry" and not latched and self._restarted(visit, error, failures):
            return True
        failures.count[kind] += 1
        told = {"site": visit.site, "objective": visit.objective, "kind": kind or type(error).__name__}
        self.oversight.note("trouble", says=str(error), action=action, **told)
        if action == "abort":
            raise error
        if action == "suspend" and not self.suspenders.hold(self.control, fault=error, since_s=failures.since_s):
            self.control.check()
            raise SuspendedError(f"{error}{AFTER_LATCH if latched else ''}") from error
        return action != "skip"

    def _restarted(self, visit: Visit, error: Exception, failures: _Failures) -> bool:
        """Restart the camera, once for each piece of work, before the policy gives up or waits for a person."""
        if failures.restarted:
            return False
        failures.restarted = True
        where = {"site": visit.site, "objective": visit.objective}
        try:
            self.shooting.microscope.restart_camera()
        except MicroscopeError as refused:
            self.oversight.note("camera_not_restarted", says=f"{error}; {refused}", **where)
            return False
        self.oversight.note("camera_restarted", says=str(error), **where)
        return True
