"""Software autofocus: a coarse and a fine sweep of the focus drive, and the top of the sharpness between them."""

from collections.abc import Callable
from dataclasses import dataclass, field

from acquire.errors import LimitError, MicroscopeError
from acquire.measure import FINE, Measure
from acquire.microscope import Microscope
from acquire.retake import take
from acquire.safety import check_xy
from calibration.errors import MeasurementError
from calibration.optics import Rig
from calibration.sharpness import HALF, FocusPeak

PLANES = 7
COARSE_STEP_UM = 1.2
EXTENSIONS = 4
"""How often a sweep whose sharpest plane is its last is carried on; an end of a sweep is not a focus."""
APPROACH_UM = 2.0
"""How far on the far side every sweep and every final move begins, so that Z is always approached from there."""
APPROACH_XY_UM = 6.0
"""More than the play of any stage that is fit for this work (0.5 to 3 µm)."""

FOCUSED_KINDS = ("demo", "simulated")
"""Rigs on which nobody can focus by hand: where they begin stands for a focused slide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Focus:
    """What a sweep found: the sharpest Z in µm, or None and the reason why there is none."""

    z_um: float | None
    reason: str = ""


def pictures_depend_on_focus(rig: Rig) -> bool:
    """Whether focusing makes sense: the stock demo configuration paints the same picture everywhere."""
    return rig.source.kind != "demo"


def hand_focus_um(microscope: Microscope, first: str) -> float:
    """Return the Z that a person has focused by hand with the first objective, before anything has moved.

    Parameters
    ----------
    microscope : Microscope
        As the person left it. A demo or simulated one begins in focus, whatever objective is in place.
    first : str
        Name of the first objective of the work to be done.

    Raises
    ------
    MicroscopeError
        When another objective stands in the light path: its Z is not the focus of the first.
    """
    if microscope.rig.source.kind not in FOCUSED_KINDS and microscope.objective.name != first:
        raise MicroscopeError(
            f"{microscope.objective.name} stands in the light path, and the focus that was found by hand with {first} "
            f"is needed: turn to {first}, focus by hand, start again"
        )
    return microscope.position_um.z


def approach_z(microscope: Microscope, z_um: float) -> None:
    """Move Z to its target from the far side.

    Raises
    ------
    LimitError
        When the target is outside the limits or margins; nothing has moved.
    """
    far_um = microscope.rig.z.offset(z_um, -APPROACH_UM)
    low, high = microscope.rig.limits_um.z
    if low <= far_um <= high:
        microscope.move_z(far_um)
    microscope.move_z(z_um)


def approach_xy(microscope: Microscope, x_um: float, y_um: float) -> None:
    """Move the stage to its target from lower x and y, so that its play is always taken up on the same side.

    Raises
    ------
    LimitError
        When the target is outside the limits; nothing has moved.
    """
    limits = microscope.rig.limits_um
    check_xy(limits, x_um, y_um)
    microscope.move_xy(max(x_um - APPROACH_XY_UM, limits.x[0]), max(y_um - APPROACH_XY_UM, limits.y[0]))
    microscope.move_xy(x_um, y_um)


def undisturbed() -> None:
    """Nobody can break an autofocus off."""


def autofocus(
    microscope: Microscope,
    *,
    around_um: float,
    exposure_ms: float,
    coarse: bool = True,
    measure: Measure = FINE,
    between: Callable[[], None] = undisturbed,
) -> Focus:
    """Find the sharpest Z near `around_um`; leaves Z there, or back at `around_um` when there is none.

    Parameters
    ----------
    microscope : Microscope
        At the site, with the objective in place.
    around_um : float
        Where the focus is expected; nothing goes nearer to the slide than the near margin past it.
    exposure_ms : float
        Exposure of each frame.
    coarse : bool
        Whether a coarse sweep comes first: not needed where a neighbouring site's focus is known.
    measure : Measure
        Of sharpness.
    between : callable
        Called before each plane; what it raises ends the autofocus there (`Control.between_planes`).

    Returns
    -------
    Focus
        Without a Z when there is no texture, or the sharpest plane stays at an end of the sweep.
    """
    microscope.expect_focus(around_um)
    focus = Focus(z_um=around_um)
    for step_um in (COARSE_STEP_UM, measure.fine_step_um) if coarse else (measure.fine_step_um,):
        if focus.z_um is None:
            break
        focus = _Sweep(
            microscope=microscope,
            centre_um=focus.z_um,
            step_um=step_um,
            exposure_ms=exposure_ms,
            measure=measure,
            between=between,
        ).focus()
    found_um = around_um if focus.z_um is None else focus.z_um
    microscope.expect_focus(found_um)
    if focus.z_um is not None:
        microscope.state.verified_focus(microscope.objective.name, focus.z_um)
    approach_z(microscope, found_um)
    return focus


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sweep:
    """Planes about a centre, counted in steps towards the slide, and how sharp each is."""

    microscope: Microscope
    centre_um: float
    step_um: float
    exposure_ms: float
    measure: Measure = FINE
    between: Callable[[], None] = undisturbed
    scores: dict[int, float] = field(default_factory=dict)

    def focus(self) -> Focus:
        """Sweep, and carry on while the sharpest plane lies at an end or there is no top."""
        farthest, nearest = -(PLANES // 2), PLANES // 2
        try:
            for _ in range(EXTENSIONS + 1):
                self._take(range(farthest, nearest + 1))
                found = self._peak()
                if not found.at_edge:
                    return self._focus_at(found)
                plateau_um = self._plateau_um()
                if plateau_um is not None:
                    return Focus(z_um=plateau_um)
                sharpest = max(self.scores, key=lambda index: self.scores[index])
                inside = farthest < sharpest < nearest  # on a plateau that shows neither of its ends
                farthest -= PLANES // 2 if inside or sharpest == farthest else 0
                nearest += PLANES // 2 if inside or sharpest == nearest else 0
        except LimitError as error:
            return Focus(z_um=None, reason=f"the sweep would leave the limits ({error})")
        except MeasurementError as error:
            return Focus(z_um=None, reason=str(error))
        return Focus(z_um=None, reason="the sharpest plane stayed at an end of the sweep")

    def _take(self, indices: range) -> None:
        missing = [index for index in indices if index not in self.scores]
        self.microscope.move_z(self._z_um(missing[0]) - self.microscope.rig.z.toward_slide * APPROACH_UM)
        for index in missing:
            self.between()
            self.microscope.move_z(self._z_um(index))
            self.scores[index] = self.measure.score(take(self.microscope, self.exposure_ms).pixels)

    def _peak(self) -> FocusPeak:
        indices = sorted(self.scores)
        return self.measure.top([self._z_um(index) for index in indices], [self.scores[index] for index in indices])

    def _focus_at(self, found: FocusPeak) -> Focus:
        empty = self.measure.emptiness(found, list(self.scores.values()))
        return Focus(z_um=None, reason=empty) if empty else Focus(z_um=found.z_um)

    def _plateau_um(self) -> float | None:
        """Middle of the planes that reach half of the top, weighted by it; None when an end of the sweep does too.

        Through 100x/1.4 a section is sharp over several planes and sharpest at the layers in it: where two such teeth
        stand at the edges of the plateau no parabola opens downwards, though the focus lies between them.
        """
        first, *_, last = sorted(self.scores)
        half = HALF * max(self.scores.values())
        if max(self.scores[first], self.scores[last]) >= half:
            return None
        high = {index: score for index, score in self.scores.items() if score >= half}
        return self._z_um(sum(index * score for index, score in high.items()) / sum(high.values()))

    def _z_um(self, index: float) -> float:
        return self.microscope.rig.z.offset(self.centre_um, index * self.step_um)
