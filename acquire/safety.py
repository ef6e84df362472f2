"""The rules that stand between a wish and a motion, in words of nearer and farther; pure functions of the rig."""

import math

from acquire.errors import InterlockError, LatchedError, LimitError, WetSlideError
from acquire.rigrecord import Record
from calibration.optics import Limits, Objective, Rig

Z_SAFE_TOLERANCE_UM = 1.0
"""How exactly the retracted position must be read back; it is far from everything, so this can be coarse."""
APPROACH_STEPS = 4
"""In so many steps, each read back, a lens goes the last near margin of a longer way: 5 µm each for a margin of 20."""


def check_xy(limits: Limits, x_um: float, y_um: float) -> None:
    """Refuse a stage target outside the limits.

    Raises
    ------
    LimitError
        Naming the axis, the target and the limits.
    """
    _check("x", x_um, limits.x)
    _check("y", y_um, limits.y)


def check_z(rig: Rig, z_um: float, *, focus_um: float | None = None, objective: str | None = None) -> None:
    """Refuse a focus target outside the limits, or too far past the expected focus.

    Parameters
    ----------
    rig : Rig
        Gives limits, direction and the objective's `near_margin_um`.
    z_um : float
        The target.
    focus_um : float, optional
        Where this objective's focus is expected or was found; without it only the limits hold.
    objective : str, optional
        Name of the objective in place.

    Raises
    ------
    LimitError
        Naming the target and the bound.
    """
    _check("z", z_um, rig.limits_um.z)
    if focus_um is None or objective is None:
        return
    nearest_um = rig.z.offset(focus_um, rig.objective(objective).near_margin_um)
    if rig.z.nearer(z_um, nearest_um):
        raise LimitError(
            f"z {z_um:.2f} µm is nearer to the slide than {nearest_um:.2f} µm, the expected focus "
            f"{focus_um:.2f} µm plus near_margin_um of {objective}: nothing has moved; focus again, or raise "
            "near_margin_um if the lens allows it"
        )


def check_nearing(rig: Rig, z_um: float, *, here_um: float, objective: str) -> None:
    """Refuse to go nearer with a lens whose focus nobody has told since it turned into place.

    Parameters
    ----------
    rig : Rig
        Gives the direction.
    z_um, here_um : float
        The target, and where Z stands.
    objective : str
        Name of the objective in place.

    Raises
    ------
    LimitError
        When the target is nearer than where the lens stands.
    """
    if rig.z.nearer(z_um, here_um):
        raise LimitError(
            f"z {z_um:.2f} µm is nearer to the slide than {here_um:.2f}, where {objective} stands, and no focus of it "
            "is known since it turned into place: nothing has moved; focus by hand, or say first where its focus is "
            "expected"
        )


def check_latch(record: Record) -> None:
    """Refuse what the latch forbids: to go nearer, and to turn the nosepiece.

    Raises
    ------
    LatchedError
        When a motion failed earlier and nobody has cleared it; it says why and how.
    """
    if record.latch is not None:
        raise LatchedError(
            f"nothing has moved, for an earlier motion failed: {record.latch.reason.rstrip('.')}. Look at lens, slide "
            "and drives; when they are sound, `parfocal check RIG --clear-latch` lets the lens come nearer again"
        )


def check_dry(record: Record, objective: Objective) -> None:
    """Refuse a dry lens over a slide that counts as wet.

    Raises
    ------
    WetSlideError
        Saying why the slide counts as wet, and how to say that it is not.
    """
    if objective.wet or not record.lies_wet:
        return
    slide = f"slide {record.slide}" if record.slide else "the slide"
    why = "lies under oil" if record.wet == "oiled" else "may lie under oil, for the last session ended without closing"
    raise WetSlideError(
        f"{objective.name} is dry and {slide} {why}: nothing has moved; clean the slide, wipe the oil lens, and say so "
        "with `parfocal check RIG --slide-cleaned`"
    )


def retracted(rig: Rig, z_um: float) -> bool:
    """Whether Z is read as far from the slide as `z_safe_um`, or farther; False when it is no number."""
    return not math.isnan(z_um) and not rig.z.nearer(z_um, rig.z.offset(rig.z_safe_um, Z_SAFE_TOLERANCE_UM))


def approach(rig: Rig, z_um: float, *, here_um: float, objective: Objective) -> list[float]:
    """Return the targets of a move: a long way nearer ends in slow steps from the near margin on.

    Parameters
    ----------
    rig : Rig
        Gives the direction.
    z_um, here_um : float
        The target, and where Z stands.
    objective : Objective
        Whose `near_margin_um` is the length of the slow part.

    Returns
    -------
    list of float
        The last one is `z_um`; alone when the way is no longer than the margin, or leads away from the slide.
    """
    margin_um = objective.near_margin_um
    if not rig.z.nearer(z_um, rig.z.offset(here_um, margin_um)):
        return [z_um]
    return [rig.z.offset(z_um, -margin_um * left / APPROACH_STEPS) for left in range(APPROACH_STEPS, 0, -1)] + [z_um]


def check_retracted(rig: Rig, z_um: float) -> None:
    """Refuse to turn the nosepiece while the lens is nearer to the slide than `z_safe_um`.

    Parameters
    ----------
    rig : Rig
        Gives `z_safe_um` and the direction.
    z_um : float
        As read back from the focus drive.

    Raises
    ------
    InterlockError
        When the read-back position is nearer than allowed, or no number.
    """
    if not retracted(rig, z_um):
        raise InterlockError(
            f"the nosepiece was not turned: z reads {z_um:.2f} µm, nearer to the slide than z_safe_um "
            f"{rig.z_safe_um:.2f}: find out why the focus drive did not retract"
        )


def _check(axis: str, target_um: float, span: tuple[float, float]) -> None:
    low, high = span
    if not low <= target_um <= high:
        raise LimitError(
            f"{axis} {target_um:.2f} µm is outside limits_um [{low:g}, {high:g}]: nothing has moved; "
            "change the plan, or the limits in the rig file if the stand allows it"
        )
