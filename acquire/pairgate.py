"""The gate of one pair while capturing: whether a stack shows what its stored partner shows, at a depth inside it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from acquire.frame import Frame
from acquire.pairview import PairView, pair_view
from acquire.plan import Visit
from acquire.refound import refound_in
from acquire.runfolder import RunFolder
from calibration.match import Match, match_plane
from calibration.recognise import RECOGNISED_NCC, recognise
from calibration.recognise import pattern as pattern_of
from calibration.rigid import Rigid

FEWEST_PLANES = 3
"""In a stack with fewer none lies inside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the pictures of one stack say of it.

    Parameters
    ----------
    passed : bool
        Whether it is worth keeping as it is; also where it cannot be judged.
    reason : str
        Why not, or why it was not judged.
    shift_um : (float, float) or None
        How far the field lies from where stage and calibration put it; None when it was not found.
    z_um : float or None
        Of the focus drive, where the stack shows what its partner shows; the middle for another try.
    plane : int or None
        The plane that matches.
    """

    passed: bool
    reason: str = ""
    shift_um: tuple[float, float] | None = None
    z_um: float | None = None
    plane: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PairGate:
    """Judges the stacks of later objectives by the stored pictures of the first.

    It is open for all, and says so, on a rig whose pictures do not depend on stage and focus, without a calibration,
    for the first objective, and where the partner is not stored.

    Parameters
    ----------
    run : RunFolder
        With the first objective's pictures; its journal knows how the slide was moved at the oil step.
    """

    run: RunFolder

    def judge(self, visit: Visit, planes: Sequence[Frame]) -> Verdict:
        """Register a stack to its partner.

        Parameters
        ----------
        visit : Visit
            Whose stack it is, as planned or as placed.
        planes : sequence of Frame
            In the order in which they were taken.

        Returns
        -------
        Verdict
            Passed when a plane registers and, with three planes or more, neither the first nor the last matches best:
            sharpness alone has a top for every layer of a section, the match has one.
        """
        view = pair_view(self.run, visit.objective)
        if view is None or not self.run.has(visit.partner, self.run.objectives[0]):
            return Verdict(passed=True, reason="not judged: there is no calibrated picture to compare with")
        refound = refound_in(self.run)
        return _judged(view, visit, planes, refound.moved if refound else Rigid())


def _judged(view: PairView, visit: Visit, planes: Sequence[Frame], moved: Rigid) -> Verdict:
    low = view.picture(visit.partner)
    middle = len(planes) // 2
    steps = view.expected(planes[middle], low.stage_um, moved)[:, :2]
    likeness = recognise(view.pattern(planes[middle]), pattern_of(low.pixels), steps * float(view.factor))
    if likeness.ncc < RECOGNISED_NCC:
        return Verdict(
            passed=False,
            reason=f"the stack does not show its place in the {view.run.objectives[0]} picture (best correlation "
            f"{likeness.ncc:.2f}, at least {RECOGNISED_NCC:g} is needed): the field is empty, far out of focus, or the "
            "slide was moved",
        )
    match = match_plane(
        low.pixels,
        [view.corrected(frame) for frame in planes],
        factor=view.factor,
        start=middle,
        prior=view.laid(likeness, moved),
        white_levels=(low.white_level, planes[middle].white_level),
    )
    return _verdict(view, planes, match, low.stage_um, moved)


def _verdict(
    view: PairView,
    planes: Sequence[Frame],
    match: Match,
    low_stage_um: np.ndarray[tuple[int], np.dtype[np.float64]],
    moved: Rigid,
) -> Verdict:
    registration, frame = match.registration, planes[match.index]
    away = view.seen_um(registration.matrix, low_stage_um) - view.slide_um(frame, moved)
    at_end = len(planes) >= FEWEST_PLANES and match.index in (0, len(planes) - 1)
    reason = registration.reason
    if at_end:
        reason = (
            f"plane {match.index + 1} of {len(planes)} matches best, and an end of a stack is no focus: take it again, "
            "wider, about that plane"
        )
    return Verdict(
        passed=not reason,
        reason=reason,
        shift_um=(round(float(away[0]), 3), round(float(away[1]), 3)),
        z_um=match.z_um([plane.position.z for plane in planes]),
        plane=match.index,
    )
