"""What must hold of a run before anything moves: its targets within the limits, its positions still what they meant."""

from collections.abc import Sequence

from acquire.errors import LimitError, PlanError
from acquire.plan import Visit
from acquire.runfolder import RunFolder
from acquire.safety import check_xy

POWER_ON = "power_on"
POSITIONED = ("focus", "stored")
"""Events of the journal that hold positions to come back to."""


def check_run(run: RunFolder, visits: Sequence[Visit]) -> None:
    """Refuse a run that cannot be made as planned.

    Parameters
    ----------
    run : RunFolder
        New, or begun earlier.
    visits : sequence of Visit
        All of it.

    Raises
    ------
    LimitError
        When a target is outside the limits.
    PlanError
        When the run was begun earlier and the rig's positions die with its power.
    """
    _check_positions(run, visits)
    outside = []
    for visit in visits:
        try:
            check_xy(run.rig.limits_um, visit.x_um, visit.y_um)
        except LimitError as error:
            outside.append(f"site {visit.site} with {visit.objective}: {error}")
    if outside:
        more = f" (and {len(outside) - 1} more)" if len(outside) > 1 else ""
        raise LimitError(f"{outside[0]}{more}")


def _check_positions(run: RunFolder, visits: Sequence[Visit]) -> None:
    dying = [axis for axis, kind in run.rig.reference.items() if kind == POWER_ON]
    if not dying or not any(event.get("event") in POSITIONED for event in run.journal.events()):
        return
    if any(not run.has(visit.site, visit.objective) for visit in visits):
        raise PlanError(
            f"{run.path} was begun earlier and rig {run.rig.name!r} counts {' and '.join(dying)} from "
            "power on, so its focus and positions may mean other places by now: focus by hand and capture into a "
            "new folder"
        )
