"""How long each kind of step takes on a rig, measured while it captures, and how long the visits to come will take."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from types import MappingProxyType
from typing import Literal, get_args

from acquire.plan import Visit

Step = Literal["place", "first", "further", "store", "rest", "turn"]
STEPS: tuple[Step, ...] = get_args(Step)
"""Of a visit: going there and settling; the first plane; each further plane; storing the stack; all the rest.
Of a pass: turning the nosepiece, with all that is done before the first visit."""

UNKNOWN_S: Mapping[Step, float] = MappingProxyType(
    {"place": 1.0, "first": 0.3, "further": 0.2, "store": 0.1, "rest": 0.1, "turn": 15.0}
)
"""What a step takes, beside its exposure, on a rig that was never measured: a motorised stand with a fast camera."""
ENOUGH = 3
"""So many of a kind in this run speak for themselves; before that, earlier runs on the rig do."""
LATER_TURN = 0.4
"""Before a later objective its focus is compared at two sites, where that of the first was found at five."""
EXPOSED: tuple[Step, ...] = ("first", "further")


@dataclass(slots=True)
class Tally:
    """How many of a kind, and the seconds they took together."""

    count: float = 0.0
    total_s: float = 0.0

    def add(self, seconds: float, count: float = 1.0) -> None:
        """Count some more."""
        self.count += count
        self.total_s += seconds

    @property
    def mean_s(self) -> float:
        """Seconds of one: the mean and not the middle, for it is sums that are asked for."""
        return self.total_s / self.count


@dataclass(slots=True)
class _Sweeping:
    """The focusing before the visits of an objective: its exposure, and when its last plane was begun."""

    exposure_s: float
    plane_s: float | None = None


Tallies = dict[tuple[Step, str], Tally]
"""By step and objective."""


@dataclass(slots=True, kw_only=True, eq=False)
class StepTimes:
    """Measured seconds of each kind of step with each objective; exposures are counted apart, for plans differ in them.

    Parameters
    ----------
    before : dict
        From earlier runs on the rig: see `acquire.timesfile`.
    clock : callable
        Seconds; virtual in tests.

    Examples
    --------
    Inside the capture loop::

        with times.visit(visit):
            with times.step("place"):
                microscope.move_xy(visit.x_um, visit.y_um)
            with times.step("first"):
                planes = [microscope.snap(visit.exposure_ms)]
            with times.step("store"):
                run.write(visit.site, visit.objective, planes)
    """

    before: Tallies = field(default_factory=dict)
    clock: Callable[[], float] = time.monotonic
    now: Tallies = field(default_factory=dict)
    _visit: Visit | None = None
    _spent: list[tuple[Step, float]] = field(default_factory=list)
    _sweeping: _Sweeping | None = None
    _swept_s: list[float] = field(default_factory=list)

    @contextmanager
    def visit(self, visit: Visit) -> Iterator[None]:
        """Measure one visit as a whole; one that raises is forgotten."""
        self._visit, self._spent = visit, []
        began_s = self.clock()
        try:
            yield
            spent_s = sum(seconds for _, seconds in self._spent)
            self._count(visit, [*self._spent, ("rest", self.clock() - began_s - spent_s)])
        finally:
            self._visit = None

    @contextmanager
    def step(self, step: Step) -> Iterator[None]:
        """Measure one step of the visit being made; outside a visit nothing is measured."""
        began_s = self.clock()
        yield
        if self._visit is not None:
            self._spent.append((step, self.clock() - began_s))

    @contextmanager
    def turning(self, objective: str, *, exposure_ms: float = 0.0) -> Iterator[None]:
        """Measure what comes before the first visit with an objective, and each `plane` of the sweeps in it."""
        began_s, self._sweeping = self.clock(), _Sweeping(exposure_s=exposure_ms / 1000)
        try:
            yield
            self.now.setdefault(("turn", objective), Tally()).add(self.clock() - began_s)
        finally:
            self._sweeping = None

    def plane(self) -> None:
        """Count a plane of an autofocus; call it before each.

        Sweeps come before the first visit: on a rig that was never measured they tell how long a further plane takes.
        """
        if self._sweeping is None:
            return
        now_s, before_s = self.clock(), self._sweeping.plane_s
        if before_s is not None:
            self._swept_s.append(max(now_s - before_s - self._sweeping.exposure_s, 0.0))
        self._sweeping.plane_s = now_s

    def visit_s(self, visit: Visit) -> float:
        """Return how long a visit will take, in seconds."""
        further, exposed_s = visit.stack.planes - 1, visit.stack.planes * visit.exposure_ms / 1000
        each = {step: self.seconds(step, visit.objective) for step in STEPS}
        once_s = each["place"] + each["first"] + each["store"] + each["rest"]
        return once_s + further * each["further"] + exposed_s

    def left_s(self, pending: Iterable[Visit], *, objective: str | None = None) -> float:
        """Return how long the visits to come will take.

        Parameters
        ----------
        pending : iterable of Visit
            In their order.
        objective : str, optional
            The one in place, for which nothing has to be turned any more.

        Returns
        -------
        float
            Seconds, without what a person takes to put oil on the slide, and without anything going wrong.
        """
        total_s, cost_s = 0.0, {}
        for visit in pending:
            key = visit.objective, visit.stack, visit.exposure_ms
            if key not in cost_s:
                cost_s[key] = self.visit_s(visit)
            if visit.objective != objective:
                objective = visit.objective
                total_s += self.seconds("turn", objective)
            total_s += cost_s[key]
        return total_s

    def seconds(self, step: Step, objective: str) -> float:
        """Return how long one step takes, beside its exposure: from this run, else earlier ones, else a guess.

        An objective that was never measured is taken to be as fast as the others.
        """
        now, before = self.now.get((step, objective), Tally()), self.before.get((step, objective))
        if now.count >= ENOUGH or (now.count and before is None):
            return now.mean_s
        return before.mean_s if before is not None else self._of_others(step)

    def _of_others(self, step: Step) -> float:
        for tallies in (self.now, self.before):
            known = tuple(tallies.items())  # at once: another thread tells how long the rest takes
            others = [tally.mean_s for (kind, _), tally in known if kind == step and tally.count]
            if others:
                return sum(others) / len(others) * (LATER_TURN if step == "turn" else 1.0)
        if step == "further" and self._swept_s:
            return median(self._swept_s)  # not the mean: between two sweeps the stage moved
        return UNKNOWN_S[step]

    def _count(self, visit: Visit, spent: Iterable[tuple[Step, float]]) -> None:
        """Count each step as often as the plan asks for it: a stack taken twice makes its planes the dearer."""
        took_s: dict[Step, float] = {}
        for step, seconds in spent:
            step = "rest" if step == "further" and visit.stack.planes == 1 else step  # looked wider, for once
            took_s[step] = took_s.get(step, 0.0) + seconds
        for step, seconds in took_s.items():
            planned = visit.stack.planes - 1 if step == "further" else 1
            exposed_s = planned * visit.exposure_ms / 1000 if step in EXPOSED else 0.0
            self.now.setdefault((step, visit.objective), Tally()).add(max(seconds - exposed_s, 0.0), planned)
