"""Software autofocus: a coarse and a fine sweep of the focus drive, and the top of the sharpness between them."""

from dataclasses import dataclass

import numpy as np
from calibration.sharpness import FocusPeak, peak, tenengrad

from acquire.errors import LimitError
from acquire.microscope import Microscope
from calibration.errors import MeasurementError
from calibration.optics import Rig

PLANES = 7
COARSE_STEP_UM = 1.2
FINE_STEP_UM = 0.4
EXTENSIONS = 4
"""How often a sweep whose sharpest plane is its last is carried on; an end of a sweep is not a focus."""
APPROACH_UM = 2.0
"""How far on the far side every sweep and every final move begins, so that Z is always approached from there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Focus:
    """What a sweep found.

    Parameters
    ----------
    z_um : float or None
        The sharpest Z, or None when there is no peak.
    reason : str
        Why there is none; empty when there is one.
    z_sampled_um, scores : tuple of float
        The last sweep.
    """

    z_um: float | None
    reason: str = ""
    z_sampled_um: tuple[float, ...] = ()
    scores: tuple[float, ...] = ()


def pictures_depend_on_focus(rig: Rig) -> bool:
    """Whether focusing makes sense: the stock demo configuration paints the same picture everywhere."""
    return rig.source.kind != "demo"


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


def autofocus(microscope: Microscope, *, around_um: float, exposure_ms: float, coarse: bool = True) -> Focus:
    """Find the sharpest Z near `around_um`; leaves Z there, or back at `around_um` when there is none.

    Parameters
    ----------
    microscope : Microscope
        At the site, with the objective in place.
    around_um : float
        Where the focus is expected.
    exposure_ms : float
        Exposure of each frame.
    coarse : bool
        Whether a coarse sweep comes first; without it only ±1.2 µm are searched before extending.

    Returns
    -------
    Focus
        Without a Z when there is no texture or the sharpest plane stays at an end of the sweep.
    """
    microscope.expect_focus(around_um)
    focus = Focus(z_um=around_um)
    for step_um in (COARSE_STEP_UM, FINE_STEP_UM) if coarse else (FINE_STEP_UM,):
        focus = _sweep(microscope, focus.z_um or around_um, step_um, exposure_ms)
        if focus.z_um is None:
            break
    found_um = around_um if focus.z_um is None else focus.z_um
    microscope.expect_focus(found_um)
    approach_z(microscope, found_um)
    return focus


def _sweep(microscope: Microscope, centre_um: float, step_um: float, exposure_ms: float) -> Focus:
    sampled: dict[float, float] = {}
    for _ in range(EXTENSIONS + 1):
        try:
            _sample(microscope, centre_um, step_um, exposure_ms, sampled)
        except LimitError as error:
            return _without(f"the sweep would leave the limits ({error})", sampled)
        found = _peak(sampled)
        if isinstance(found, str):
            return _without(found, sampled)
        if not found.at_edge:
            return Focus(z_um=found.z_um, z_sampled_um=tuple(sampled), scores=tuple(sampled.values()))
        centre_um = found.z_um
    return _without("the sharpest plane stayed at an end of the sweep", sampled)


def _sample(
    microscope: Microscope, centre_um: float, step_um: float, exposure_ms: float, sampled: dict[float, float]
) -> None:
    drive = microscope.rig.z
    nearer_um = (np.arange(PLANES) - PLANES // 2) * step_um
    depths = [round(drive.offset(centre_um, float(um)), 3) for um in nearer_um]
    microscope.move_z(drive.offset(depths[0], -APPROACH_UM))
    for z_um in depths:
        if z_um not in sampled:
            microscope.move_z(z_um)
            sampled[z_um] = tenengrad(microscope.snap(exposure_ms).pixels)


def _peak(sampled: dict[float, float]) -> FocusPeak | str:
    depths = sorted(sampled)
    try:
        return peak(np.array(depths), np.array([sampled[z] for z in depths]))
    except MeasurementError as error:
        return str(error)


def _without(reason: str, sampled: dict[float, float]) -> Focus:
    return Focus(z_um=None, reason=reason, z_sampled_um=tuple(sampled), scores=tuple(sampled.values()))
