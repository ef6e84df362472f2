"""Before a run goes on: is the slide still where its last good pictures say it is? Asked of the pictures themselves."""

import time
from collections.abc import Callable, Sequence

import numpy as np

from acquire.autofocus import pictures_depend_on_focus
from acquire.errors import SlideLostError
from acquire.lookagain import Verified, has_structure, look_again
from acquire.microscope import Microscope
from acquire.pairview import pair_view
from acquire.plan import Visit
from acquire.refound import Refound
from acquire.runfolder import RunFolder
from acquire.sighting import Focus, Lookout
from calibration.optics import Objective

TOLERANCE_UM = 5.0
"""Play and scatter of a stage are 0.5 to 3 µm; a field of 100x keeps its 40x partner with 20 µm to spare."""

EVENT = "verified"
Allows = Callable[[Objective], bool]


def verify(
    microscope: Microscope,
    run: RunFolder,
    visits: Sequence[Visit],
    *,
    allows: Allows,
    focus: Focus,
    refound: Refound | None = None,
    tolerance_um: float = TOLERANCE_UM,
) -> Verified:
    """Take the last good site again and refuse to go on when it is not there any more.

    Parameters
    ----------
    microscope : Microscope
        Its nosepiece is turned where it must be; Z stays within the near margin of the stored focus.
    run : RunFolder
        Begun earlier.
    visits : sequence of Visit
        All of the plan, as planned.
    allows : callable
        Whether the state of the slide lets an objective come over it.
    focus : callable
        Z expected for a visit; for the first look through an objective that has stored nothing yet.
    refound : Refound, optional
        Where the slide was found after the oil step.
    tolerance_um : float
        Largest shift.

    Returns
    -------
    Verified
        Also where nothing can be compared, in words: an empty run, a rig that paints the same picture everywhere.

    Raises
    ------
    SlideLostError
        When the site shows another place, lies too far from where it lay, or is turned; the run must not go on.
    """
    verified = _verified(microscope, run, visits, allows, focus, refound)
    away_um = float(np.hypot(*verified.shift_um))
    run.journal.append(
        event=EVENT,
        time_s=time.time(),
        site=verified.site,
        objective=verified.objective,
        shift_um=list(verified.shift_um),
        says=verified.says,
    )
    if away_um > tolerance_um:
        raise SlideLostError(
            f"site {verified.site} lies {away_um:.1f} µm from where {verified.objective} saw it before and "
            f"{tolerance_um:g} µm is allowed: the slide or the stage's zero was moved; put it back, or begin a new run"
        )
    return verified


def _verified(
    microscope: Microscope,
    run: RunFolder,
    visits: Sequence[Visit],
    allows: Allows,
    focus: Focus,
    refound: Refound | None,
) -> Verified:
    if not pictures_depend_on_focus(run.rig):
        return Verified(says=f"not verified: rig {run.rig.name!r} paints the same picture everywhere")
    last = _last_stored(run, allows)
    if last is not None:
        return look_again(microscope, run, *last, exposure_ms=run.read(*last).exposure_ms)
    first = next((v for v in visits if allows(run.rig.objective(v.objective)) and _paired(run, v)), None)
    if first is None:
        return Verified(says="not verified: nothing that an objective allowed now could compare is stored yet")
    return _beside_partner(microscope, run, first, focus, refound or Refound())


def _last_stored(run: RunFolder, allows: Allows) -> tuple[str, str] | None:
    """Site and objective of the newest stack with structure that may be taken again."""
    newest = sorted(run.stored, key=lambda key: float(run.stored[key].get("time_s", 0.0)), reverse=True)
    allowed = (key for key in newest if run.has(*key) and allows(run.rig.objective(key[1])))
    return next((key for key in allowed if has_structure(run.read(*key))), None)


def _paired(run: RunFolder, visit: Visit) -> bool:
    return pair_view(run, visit.objective) is not None and run.has(visit.partner, run.objectives[0])


def _beside_partner(microscope: Microscope, run: RunFolder, visit: Visit, focus: Focus, refound: Refound) -> Verified:
    """Compare the first look through an objective with the stored picture of the first one."""
    view = pair_view(run, visit.objective)
    microscope.select_objective(visit.objective)
    seen = None if view is None else Lookout(microscope=microscope, view=view, focus=focus).sight(visit, refound.moved)
    if seen is None:
        raise SlideLostError(
            f"site {visit.site} does not show through {visit.objective} what {run.objectives[0]} saw there: the slide "
            f"was moved or changed; put slide {run.slide} back as it lay, or begin a new run"
        )
    shift = seen.now_um - refound.moved.apply(seen.slide_um)
    return Verified(
        site=visit.site,
        objective=visit.objective,
        shift_um=(round(float(shift[0]), 3), round(float(shift[1]), 3)),
        z_um=seen.z_um,
        says=f"site {visit.site} lies {float(np.hypot(*shift)):.1f} µm from where it should by its stored picture",
    )
