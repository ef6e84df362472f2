"""The nosepiece of a core: retracted, read back, turned, its label verified; whether it may turn is asked before."""

from typing import Any

from acquire import motion, safety
from acquire.errors import DeviceError, InterlockError
from calibration.optics import Rig


def retract(core: Any, rig: Rig, patience: motion.Patience) -> None:
    """Move Z to `z_safe_um`, or leave it where it is farther still, and read it back.

    Parameters
    ----------
    core : pycromanager core
        With the focus drives of the rig.
    rig : Rig
        Gives `z_safe_um` and the direction.
    patience : Patience
        How time passes meanwhile.

    Raises
    ------
    InterlockError
        When Z did not get there, or cannot be read; what the focus drive said is its cause.
    """
    try:
        if rig.z.nearer(motion.focus_um(core, rig.z), rig.z_safe_um):
            motion.move_focus(core, rig.z, rig.z_safe_um, patience)
        z_um = motion.focus_um(core, rig.z)
    except DeviceError as error:
        raise InterlockError(
            f"z was not retracted to z_safe_um {rig.z_safe_um:.2f} ({error}): "
            "the nosepiece may not turn before the focus drive does this"
        ) from error
    safety.check_retracted(rig, z_um)


def turn_retracted(core: Any, rig: Rig, label: str, patience: motion.Patience) -> None:
    """Retract, turn the nosepiece to a label and verify where it stands; Z stays retracted.

    Parameters
    ----------
    core, rig, patience
        As in `retract`.
    label : str
        Of the turret position.

    Raises
    ------
    InterlockError
        When Z did not retract (the turret was not turned), or the label is wrong after turning.
    DeviceError
        When the turret raised or did not come to rest.
    """
    retract(core, rig, patience)
    motion.turn(core, rig.nosepiece, label, patience)
    found = motion.turret_label(core, rig.nosepiece)
    if found != label:
        raise InterlockError(
            f"the turret was sent to {label!r} and reads {found!r}: Z stays retracted; check the turret by hand"
        )
