"""All that one run knows of its focus: kept in its journal, asked for each visit."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from acquire.focusfield import Expected, FocusField, FocusPoint, Place
from acquire.focuslog import FAILED, field_in, note_point, tried_in
from acquire.plan import Visit
from acquire.runfolder import RunFolder
from acquire.slide import OILED
from acquire.slideplace import slide_places

MOVED = "focus_moved"
MATCHED = " matched"
"""Added to the name of a lens that is focused by what another shows: that is another Z than where it is sharpest."""


@dataclass(slots=True, kw_only=True, eq=False)
class KnownFocus:
    """What was seen of the focus, and what that says of the next visit.

    Parameters
    ----------
    run : RunFolder
        New, or begun earlier: then what its journal holds is known.
    hand_um : float
        Focus of the first objective, found by hand; expected as long as nothing was seen.
    clock : callable
        Seconds since the epoch.
    """

    run: RunFolder
    hand_um: float
    clock: Callable[[], float] = time.time
    seen: FocusField = field(init=False)
    tried: set[tuple[str, str]] = field(init=False)
    _places: Mapping[tuple[str, str], tuple[float, float]] = field(init=False)
    _handled: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        events = list(self.run.journal.events())
        self.seen, self.tried = field_in(events), tried_in(events)
        self.look_up_handling()
        self._places = slide_places(self.run.plan.visits(self.run.rig, self.run.calibration))

    def look_up_handling(self) -> None:
        """Ask the journal how often oil was put on, or the focus jumped: each time it may lie higher or lower since."""
        self._handled = sum(event.get("event") in (OILED, MOVED) for event in self.run.journal.events())

    def moved_off(self) -> None:
        """Write down that the focus lies elsewhere than all that was seen of it says."""
        self.run.journal.append(event=MOVED, time_s=self.clock())
        self.look_up_handling()

    def expected(self, visit: Visit, time_s: float | None = None) -> Expected:
        """Return the Z to be expected for a visit, now when no time is given, and its standard deviation.

        Once pictures of the visit's objective were matched to those of the first, it is the Z at which they match; else
        the Z at which it is sharpest.
        """
        if not self.seen.points:
            return Expected(self.hand_um + visit.z_offset_um, math.inf)
        place = self.place(visit, time_s)
        if self.is_matched(visit):
            place = replace(place, lens=place.lens + MATCHED)
        expected = self.seen.expected(place)
        return expected._replace(z_um=expected.z_um + visit.z_offset_um)

    def is_matched(self, visit: Visit) -> bool:
        """Whether the lens of a visit is focused by what the first objective showed."""
        lens = self.place(visit).lens + MATCHED
        return any(point.place.lens == lens for point in self.seen.points)

    def point(self, visit: Visit, z_um: float, *, matched: bool = False) -> FocusPoint:
        """Return a focus seen now, as the first objective would have it."""
        place = self.place(visit)
        if matched:
            place = replace(place, lens=place.lens + MATCHED)
        return FocusPoint(place=place, z_um=z_um - visit.z_offset_um)

    def place(self, visit: Visit, time_s: float | None = None) -> Place:
        """Return where and when a visit is, now when no time is given."""
        x_um, y_um = self._places.get((visit.site, visit.objective), (visit.x_um, visit.y_um))
        time_s = self.clock() if time_s is None else time_s
        lens = f"{visit.objective} since {self._handled}" if self._handled else visit.objective
        return Place(site=visit.site, lens=lens, x_um=x_um, y_um=y_um, time_s=time_s)

    def keep(self, event: str, point: FocusPoint, visit: Visit, **more: float | str) -> None:
        """Remember a focus and write it down."""
        self.seen = self.seen.seen(point)
        note_point(self.run.journal, event, point, objective=visit.objective, **more)

    def failed(self, visit: Visit, says: str) -> None:
        """Flag the site: its focus was not found."""
        told = {"site": visit.site, "objective": visit.objective, "says": says}
        self.run.journal.append(event=FAILED, time_s=self.clock(), **told)
