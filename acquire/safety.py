"""The rules that stand between a wish and a motion, in words of nearer and farther; pure functions of the rig."""

import math

from acquire.errors import InterlockError, LimitError
from calibration.optics import Limits, Rig

Z_SAFE_TOLERANCE_UM = 1.0
"""How exactly the retracted position must be read back; it is far from everything, so this can be coarse."""


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
    if math.isnan(z_um) or rig.z.nearer(z_um, rig.z.offset(rig.z_safe_um, Z_SAFE_TOLERANCE_UM)):
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
