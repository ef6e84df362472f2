"""Captures the series that a calibration is estimated from: empty glass, moves, focus at several sites.

All dry work is done first; oil goes on the slide once, and no dry lens comes back after it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from acquire.autofocus import approach_xy, autofocus, hand_focus_um, pictures_depend_on_focus
from acquire.errors import MicroscopeError
from acquire.frame import Frame, Pixels
from acquire.microscope import Microscope
from acquire.plan import StackPlan
from acquire.slide import Confirm
from calibration.errors import MeasurementError
from calibration.flatfield import Correction, correct
from calibration.flatmaster import flat_from_glass
from calibration.optics import Objective
from calibration.record import Calibration, rig_hash
from calibration.stage import StageFit, displacement, estimate_stage_matrix
from calibration.through import Seen, measure_objectives

SITES = 4
SITE_PITCH = 1.3
"""Distance between sites in fields of the first objective: fresh tissue at each."""
FIRST_MOVE = 0.08
GRID_MOVE = 0.25
"""Moves as fractions of a field: the first ones are small because nothing is known yet."""
MOVES = (
    (FIRST_MOVE, 0.0),
    (0.0, FIRST_MOVE),
    *((i * GRID_MOVE, j * GRID_MOVE) for j in (-1, 0, 1) for i in (-1, 0, 1) if (i, j) != (0, 0)),
)
ONE_PLANE = StackPlan()
MATCHING_PLANES = StackPlan(planes=7, step_um=0.4)
"""At later objectives: which of these shows what the first one showed gives the parfocal offset."""
GLASS_FRAMES = 16
EXPOSURE_MS = 8.0
REFERENCE_MAGNIFICATION = 40.0
"""The exposure that suits 40x; others follow with the square of the magnification, as light does at one condenser."""

Step = Callable[[int, int, str], None]
Point = tuple[float, float]


@dataclass(slots=True, kw_only=True, eq=False)
class Characterise:
    """One guided calibration.

    Parameters
    ----------
    microscope : Microscope
        Focused by hand on tissue with the first objective.
    confirm : callable
        Asked before oil goes on the slide.
    progress : callable
        Told (done, total, says).
    sites : int
        At how many places offsets are measured.
    """

    microscope: Microscope
    confirm: Confirm
    progress: Step
    sites: int = SITES
    _done: int = field(default=0, init=False)
    _focus_um: float = field(default=0.0, init=False)

    def calibrate(self, *, at_um: Point, glass_um: Point, now: datetime) -> Calibration:
        """Measure all objectives of the rig.

        Parameters
        ----------
        at_um : (float, float)
            A place full of tissue.
        glass_um : (float, float)
            Empty glass, for the flat fields.
        now : datetime
            Stored as the date of the calibration.

        Raises
        ------
        MicroscopeError
            When this rig cannot be calibrated, the first objective is not in place, or the oil was not confirmed.
        MeasurementError
            When the pictures do not allow a measurement.
        """
        rig = self.microscope.rig
        if not pictures_depend_on_focus(rig):
            raise MicroscopeError(
                f"rig {rig.name!r} cannot be calibrated: its pictures depend on neither stage nor focus; "
                "calibrate the rig `simulated`, or your own"
            )
        first, *others = rig.objectives
        self._focus_um = hand_focus_um(self.microscope, first.name)
        places = self._places(at_um)
        self.microscope.select_objective(first.name)
        flat = self._flat(first, places[0], glass_um)
        fit = self._stage(first, places[0], flat)
        seen = {first.name: self._look(first, places, flat, planes=ONE_PLANE)}
        corrections = {first.name: flat}
        oiled = False
        for objective in sorted(others, key=lambda o: o.wet):
            oiled = oiled or self._oil(objective)
            self.microscope.select_objective(objective.name)
            corrections[objective.name] = self._flat(objective, places[0], glass_um)
            seen[objective.name] = self._look(objective, places, corrections[objective.name], planes=MATCHING_PLANES)
        measured, residuals = measure_objectives(rig.objectives, fit, seen)
        return Calibration(
            rig_hash=rig_hash(rig),
            created=now,
            objectives=measured,
            corrections=corrections,
            residuals=residuals,
            simulated=rig.source.kind == "simulated",
        )

    def _places(self, at_um: Point) -> list[Point]:
        width_um, height_um = self.microscope.rig.field_um(self.microscope.rig.objectives[0].name)
        side = int(np.ceil(np.sqrt(self.sites)))
        grid = [(i % side, i // side) for i in range(self.sites)]
        return [(at_um[0] + i * SITE_PITCH * width_um, at_um[1] + j * SITE_PITCH * height_um) for i, j in grid]

    def _oil(self, objective: Objective) -> bool:
        if not objective.wet:
            return False
        self.microscope.retract()
        question = f"The lens is retracted. Put {objective.immersion} on the slide for {objective.label}. Go on?"
        if not self.confirm(question):
            raise MicroscopeError(f"calibration ended before {objective.label}: the oil was not confirmed")
        return True

    def _flat(self, objective: Objective, place: Point, glass_um: Point) -> Correction:
        """Take empty glass with the lens at the focus of the tissue: retracted it has other light, and no oil film."""
        self._focus_at(place, objective, coarse=True)
        self.microscope.move_xy(*glass_um)
        frames = [self.microscope.snap(_exposure_ms(objective)) for _ in range(GLASS_FRAMES)]
        self._step(f"{objective.name}: empty glass")
        white = frames[0].white_level
        dark = np.full_like(frames[0].pixels, frames[0].black_level / white, dtype=np.float32)
        return flat_from_glass([frame.pixels for frame in frames], dark, white_level=white)

    def _stage(self, objective: Objective, place: Point, flat: Correction) -> StageFit:
        self._focus_at(place, objective, coarse=False)
        field_um = self.microscope.rig.field_um(objective.name)
        reference = self._frame_at(place, objective)
        moves_um, shifts_px = [], []
        for across, down in MOVES:
            moved = self._frame_at((place[0] + across * field_um[0], place[1] + down * field_um[1]), objective)
            shift = displacement(_corrected(reference, flat), _corrected(moved, flat))
            moves_um.append((moved.position.x - reference.position.x, moved.position.y - reference.position.y))
            shifts_px.append((shift.dx, shift.dy))
            self._step(f"{objective.name}: stage moves")
        return estimate_stage_matrix(moves_um, shifts_px)

    def _look(self, objective: Objective, places: Sequence[Point], flat: Correction, *, planes: StackPlan) -> Seen:
        stacks, depths, positions = [], [], []
        for place in places:
            focus_um = self._focus_at(place, objective, coarse=False)
            z_um = tuple(focus_um + offset_um for offset_um in planes.offsets_um())
            stacks.append(tuple(_corrected(self._frame_in(z, objective), flat) for z in z_um))
            depths.append(z_um)
            position = self.microscope.position_um
            positions.append((position.x, position.y))
            self._step(f"{objective.name}: focus")
        return Seen(stacks=tuple(stacks), z_um=tuple(depths), positions_um=tuple(positions))

    def _frame_in(self, z_um: float, objective: Objective) -> Frame:
        self.microscope.move_z(z_um)
        return self.microscope.snap(_exposure_ms(objective))

    def _focus_at(self, place: Point, objective: Objective, *, coarse: bool) -> float:
        approach_xy(self.microscope, *place)
        focus = autofocus(self.microscope, around_um=self._focus_um, exposure_ms=_exposure_ms(objective), coarse=coarse)
        if focus.z_um is None:
            raise MeasurementError(
                f"no focus was found at ({place[0]:.0f}, {place[1]:.0f}) µm with {objective.name}: {focus.reason}; "
                "give a place with tissue (--at), focused by hand"
            )
        self._focus_um = focus.z_um
        return focus.z_um

    def _frame_at(self, place: Point, objective: Objective) -> Frame:
        approach_xy(self.microscope, *place)
        return self.microscope.snap(_exposure_ms(objective))

    def _step(self, says: str) -> None:
        self._done += 1
        self.progress(self._done, len(MOVES) + len(self.microscope.rig.objectives) * (self.sites + 1), says)


def _exposure_ms(objective: Objective) -> float:
    return EXPOSURE_MS * (objective.magnification / REFERENCE_MAGNIFICATION) ** 2


def _corrected(frame: Frame, flat: Correction) -> Pixels:
    return correct(frame.pixels, flat, white_level=frame.white_level)
