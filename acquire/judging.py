"""What one capture knows of its focus and its pictures: where each stack shall lie, and whether it is worth keeping."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from acquire.control import Control
from acquire.driftwatch import DriftWatch
from acquire.focusing import FocusFinder
from acquire.frame import Frame
from acquire.pairgate import PairGate
from acquire.plan import Visit
from acquire.refind import find_slide
from acquire.refound import EVENT as REFOUND
from acquire.refound import Refound, refound_in
from acquire.reverify import verify
from acquire.runfolder import RunFolder
from acquire.sitework import Look
from acquire.slide import OILED
from acquire.slidehunt import Progress
from calibration.optics import Objective


def _silent(_done: int, _most: int, _says: str) -> None:
    """Tell nobody."""


@dataclass(slots=True, kw_only=True, eq=False)
class Judging:
    """Judges the stacks of one capture.

    Parameters
    ----------
    finder : FocusFinder
        Of the run.
    visits : sequence of Visit
        All of the run.
    control : Control
        The wishes of a person.
    searching : callable
        Told (looks, most looks, what is done) while the slide is looked for.
    resumed : bool
        Whether the run was begun earlier: then its last good site is looked at again before anything is added to it.
    """

    finder: FocusFinder
    visits: Sequence[Visit]
    control: Control
    searching: Progress = _silent
    resumed: bool = False
    _added_um: float = field(default=0.0, init=False)
    _matched_um: float | None = field(default=None, init=False)
    drift: DriftWatch = field(init=False)
    _refound: Refound = field(default_factory=Refound, init=False)
    _first: dict[str, Visit] = field(init=False)
    _gate: PairGate = field(init=False)

    def __post_init__(self) -> None:
        first = self.finder.run.objectives[0]
        self._first = {visit.site: visit for visit in self.visits if visit.objective == first}
        self._gate = PairGate(run=self.finder.run)
        self.drift = DriftWatch(finder=self.finder)

    def begin(self, objective: str, pending: Sequence[Visit]) -> None:
        """Turn to an objective, and find out where slide and focus lie.

        Parameters
        ----------
        objective : str
            Of the next pass; the slide is ready for it.
        pending : sequence of Visit
            What it has to make.

        Raises
        ------
        SlideLostError
            When the slide is not where it was.
        BrokenOffError
            When a person wishes to pause or stop meanwhile.
        """
        run, microscope = self.finder.run, self.finder.microscope
        self._added_um = 0.0
        self.drift.begin()
        surface = self.finder.surface(list(self._first.values()))
        self._refound = refound_in(run) or Refound()
        handled = _handled(run)
        if self.resumed and not handled:
            verify(microscope, run, self.visits, allows=self._allows, focus=self.expected_um, refound=self._refound)
            self.resumed = False
        microscope.select_objective(objective)
        if handled and objective != run.objectives[0]:
            self._refound = find_slide(
                microscope,
                run,
                pending,
                self.expected_um,
                progress=self.searching,
                poll=self.control.between_planes,
            )
        self._added_um = self._refound.focus_um
        microscope.expect_focus(self._focus_um(pending[0]))
        if objective != run.objectives[0]:
            self.finder.recheck([self.place(visit) for visit in pending], surface, added_um=self._added_um)
        if run.plan.focus != "as_positions":
            self._added_um = 0.0  # the finder has seen it

    def place(self, visit: Visit) -> Visit:
        """Return a visit where its site lies now."""
        return self._refound.place(visit) if visit.objective in self._refound.parcentric_um else visit

    def z_um(self, visit: Visit) -> float:
        """Z of the middle of the visit's stack; the site is focused first where its focus is not known well enough."""
        if self.finder.due(visit):
            self.finder.focus(self.place(visit))
        self.drift.aimed(self._focus_um(visit))
        return self.expected_um(visit)

    def look(self, visit: Visit, planes: Sequence[Frame]) -> Look:
        """Say whether a stack shows what its partner shows, and whether its focus lies in its middle.

        Where the pictures of two objectives are compared the Z at which they match is the focus, else the sharpest.
        """
        verdict = self._gate.judge(visit, planes)
        self._matched_um = verdict.z_um if verdict.passed else None
        better_um = self.finder.aside(visit, planes) if verdict.z_um is None else verdict.z_um
        if verdict.passed and better_um is not None and not _far(better_um, visit, planes):
            better_um = None
        return Look(fault="" if verdict.passed else verdict.reason, better_um=better_um)

    def learn(self, visit: Visit, planes: Sequence[Frame]) -> None:
        """Take note of a stack that was kept, and looked at last."""
        peak = self.finder.learn(visit, planes)
        seen_um = peak.z_um if self._matched_um is None else self._matched_um
        if seen_um is not None:
            self.drift.saw(visit, seen_um, missed=peak.missed and self._matched_um is None)
        if self._matched_um is not None:
            self.finder.learn_match(visit, self._matched_um, planes)

    def doubt(self) -> None:
        """Focus anew before the next visit: the capture was held."""
        self.drift.begin()
        self.finder.doubt()

    def expected_um(self, visit: Visit) -> float:
        """Z on which a visit's stack shall be centred, by all that was seen; nothing is looked at."""
        return self.finder.predict(visit) + self._added_um

    def _focus_um(self, visit: Visit) -> float:
        """Z at which it is expected to be sharp."""
        return self.expected_um(visit) - self.finder.offset_um(visit)

    def _allows(self, objective: Objective) -> bool:
        record = self.finder.microscope.state.record
        return record.wet == "oiled" if objective.wet else not record.lies_wet


def _far(z_um: float, visit: Visit, planes: Sequence[Frame]) -> bool:
    """Whether a focus lies more than half a step from the middle of a stack; of one plane nothing is said."""
    middle_um = (planes[0].position.z + planes[-1].position.z) / 2
    return len(planes) > 1 and abs(z_um - middle_um) > visit.stack.step_um / 2


def _handled(run: RunFolder) -> bool:
    """Whether somebody put oil on the slide since it was looked for last."""
    words = [event["event"] for event in run.journal.events() if event.get("event") in (OILED, REFOUND)]
    return bool(words) and words[-1] == OILED
