"""A run gone on with after its axes have lost their zero: by a person's focus, and by a place that was captured."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from acquire.autofocus import pictures_depend_on_focus, undisturbed
from acquire.errors import LimitError, PlanError, SlideLostError
from acquire.frame import Position
from acquire.knownplace import known_places
from acquire.lookagain import last_site, seen_again
from acquire.lostplace import LostPlace
from acquire.microscope import Microscope
from acquire.plan import Visit
from acquire.referenced import Referenced
from acquire.runfolder import RunFolder
from acquire.safety import check_xy
from acquire.slide import Confirm, slide_allows
from acquire.slidehunt import Progress

EVENT = "reregistered"
HOW = (
    "turn to {lens}, bring site {site} into view as {file} shows it, and focus by hand; then give the same command "
    "with --refocused"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reregistering:
    """Brings a microscope back into the coordinates of a run.

    Parameters
    ----------
    microscope : Microscope
        As its devices count now.
    run : RunFolder
        Begun earlier.
    visits : sequence of Visit
        All of it.
    axes : tuple of str
        Those that have lost their zero: ``xy``, ``z``.
    confirm : Confirm
        Asks a person.
    progress : Progress
        Told about each look.
    poll : callable
        Asked before each look; raises when a person wishes to stop.
    """

    microscope: Microscope
    run: RunFolder
    visits: Sequence[Visit]
    axes: tuple[str, ...]
    confirm: Confirm
    progress: Progress
    poll: Callable[[], None] = undisturbed

    def done(self, *, refocused: bool) -> Referenced:
        """Ask a person for the focus, look at a place that was captured, and correct all coordinates by it.

        Parameters
        ----------
        refocused : bool
            Whether the person has said already that the lens stands focused there.

        Returns
        -------
        Referenced
            The microscope in the run's coordinates; what was found is journalled.

        Raises
        ------
        PlanError
            When nobody has focused, nothing is stored to know the place by, the slide does not allow the lens, or a
            retracted lens would stand nearer to the slide than when the run was begun.
        SlideLostError
            When the place is not found, or sites cannot be reached any more.
        """
        if not refocused:
            self._ask()
        here = self.microscope.position_um
        lens, site = self._lens_and_site()
        self._refuse_unsafe(lens, site, here)
        self._refuse_unready(lens, here)
        shift_um, looks = self._found(lens, site, here)
        referenced = Referenced(self.microscope, shift_um)
        self._refuse_unreachable(referenced)
        told = {"site": site, "objective": lens, "axes": list(self.axes), "looks": looks}
        self.run.journal.append(event=EVENT, time_s=time.time(), shift_um=list(shift_um), **told)
        return referenced

    def _ask(self) -> None:
        """Ask whether the lens stands focused by hand where it should."""
        lens = self._asked_lens()
        site = None if lens is None or not pictures_depend_on_focus(self.run.rig) else last_site(self.run, lens)
        lost = f"rig {self.run.rig.name!r} counts {' and '.join(self.axes)} from power on"
        if lens is None or site is None:
            raise PlanError(
                f"{self.run.path} was begun earlier and {lost}, so its focus and positions may mean other places by "
                "now, and no stored picture tells them: focus by hand and capture into a new folder"
            )
        how = HOW.format(lens=lens, site=site, file=self.run.path / self.run.stored[site, lens]["file"])
        question = how.rsplit("; then", 1)[0]
        if not self.confirm(f"This run was begun earlier and {lost}: {question}. Is that done?"):
            raise PlanError(
                f"{self.run.path} was begun earlier and {lost}, so its focus and positions may mean other places by "
                f"now: {how}; or capture into a new folder"
            )

    def _asked_lens(self) -> str | None:
        """Name the lens that a person shall focus: one of the run that the slide allows, as far as is known."""
        oiled = self.microscope.state.record.wet == "oiled"
        return next((name for name in self.run.objectives if self.run.rig.objective(name).wet == oiled), None)

    def _lens_and_site(self) -> tuple[str, str]:
        """Name the lens in place, which a person has focused, and the site that it captured last."""
        lens = self.microscope.objective.name
        site = last_site(self.run, lens) if pictures_depend_on_focus(self.run.rig) else None
        if site is None:
            raise PlanError(
                f"{lens} stands in the light path and {self.run.path} holds no picture of it that shows anything to "
                f"know the place by: turn to one of {list(self.run.objectives)} that has captured and focus by hand, "
                "or capture into a new folder"
            )
        return lens, site

    def _refuse_unsafe(self, lens: str, site: str, here: Position) -> None:
        """Refuse to turn nearer to the slide than the run has: the retracted Z counts from where Z counts now."""
        rig, focused_um = self.microscope.rig, self.run.stored[site, lens]["position_um"][2]
        before_um, now_um = ((z - rig.z_safe_um) * rig.z.toward_slide for z in (focused_um, here.z))
        if "z" in self.axes and now_um < before_um - rig.objective(lens).near_margin_um:
            raise PlanError(
                f"z_safe_um {rig.z_safe_um:g} lies {now_um:.0f} µm farther from the slide than {lens} is focused, and "
                f"lay {before_um:.0f} µm farther when site {site} was captured, for Z counts from elsewhere: a turning "
                "nosepiece could touch the slide; nothing has moved. Set the zero of Z where it was, or capture into a "
                "new folder with a z_safe_um that clears it"
            )

    def _refuse_unready(self, lens: str, here: Position) -> None:
        """Ask what only a person knows of the slide, and go back to where the lens was focused."""
        objective = self.run.rig.objective(lens)
        if not slide_allows(objective, microscope=self.microscope, run=self.run, confirm=self.confirm):
            raise PlanError(f"the slide is not ready for {lens}: see to it, and give the same command again")
        self.microscope.move_xy(here.x, here.y)
        self.microscope.expect_focus(here.z)
        self.microscope.move_z(here.z)

    def _found(self, lens: str, site: str, here: Position) -> tuple[Position, int]:
        """Return the shift, and how many looks it took beside the one at the site that was asked for."""
        exposure_ms = self.run.read(site, lens).exposure_ms
        search = self._search(lens, site, here, exposure_ms)

        def confirmed(name: str, shift_um: Position) -> Position | None:
            there = Referenced(self.microscope, shift_um)
            seen = seen_again(there, self.run, name, lens, exposure_ms=exposure_ms, between=self.poll)
            return None if seen is None else self._corrected(shift_um, seen.shift_um, seen.deeper_um)

        shift_um = confirmed(site, search.shift_um)
        if shift_um is None and "xy" in self.axes:
            shift_um = search.found(confirmed)
        if shift_um is None:
            raise SlideLostError(
                f"no place that {lens} captured was found in {1 + search.looks} looks about where it was focused: "
                + HOW.format(lens=lens, site=site, file=self.run.path / self.run.stored[site, lens]["file"])
            )
        return shift_um, search.looks

    def _search(self, lens: str, site: str, here: Position, exposure_ms: float) -> LostPlace:
        places = known_places(self.run, lens, site)
        return LostPlace(
            microscope=self.microscope,
            run=self.run,
            objective=lens,
            places=places,
            exposure_ms=exposure_ms,
            shift_um=self._believed([known.position for known in places], here),
            focused_by_hand="z" in self.axes,
            progress=self.progress,
            poll=self.poll,
        )

    def _believed(self, places: Sequence[Position], here: Position) -> Position:
        """Return the shift if the site that was asked for is in view, and in focus."""
        x_um, y_um = (here.x - places[0].x, here.y - places[0].y) if "xy" in self.axes else (0.0, 0.0)
        nearest = min(places, key=lambda one: float(np.hypot(one.x + x_um - here.x, one.y + y_um - here.y)))
        return Position(x_um, y_um, here.z - nearest.z if "z" in self.axes else 0.0)

    def _corrected(self, shift_um: Position, by_um: tuple[float, float], deeper_um: float) -> Position:
        """Add what was found along the axes that have lost their zero; the others are judged before the run goes on."""
        x_um, y_um = by_um if "xy" in self.axes else (0.0, 0.0)
        z_um = deeper_um if "z" in self.axes else 0.0
        return Position(shift_um.x + x_um, shift_um.y + y_um, shift_um.z + z_um)

    def _refuse_unreachable(self, referenced: Referenced) -> None:
        for visit in self.visits:
            try:
                check_xy(referenced.rig.limits_um, visit.x_um, visit.y_um)
            except LimitError as error:
                raise SlideLostError(
                    f"site {visit.site} is out of reach since the stage counts from elsewhere ({error}): move its "
                    "zero, or capture into a new folder"
                ) from error
