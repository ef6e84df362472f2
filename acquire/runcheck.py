"""What is asked of a run before anything moves: targets within the limits, positions that mean what they meant."""

from collections.abc import Sequence

from acquire.errors import LimitError
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
    """
    outside = []
    for visit in visits:
        try:
            check_xy(run.rig.limits_um, visit.x_um, visit.y_um)
        except LimitError as error:
            outside.append(f"site {visit.site} with {visit.objective}: {error}")
    if outside:
        more = f" (and {len(outside) - 1} more)" if len(outside) > 1 else ""
        raise LimitError(f"{outside[0]}{more}")


def lost_axes(run: RunFolder, visits: Sequence[Visit]) -> tuple[str, ...]:
    """Return the axes whose positions in a run may mean other places by now: ``xy``, ``z``.

    None for a new run, a finished one, and a rig whose axes find their zero again.

    Parameters
    ----------
    run : RunFolder
        New, or begun earlier.
    visits : sequence of Visit
        All of it.
    """
    dying = tuple(axis for axis, kind in run.rig.reference.items() if kind == POWER_ON)
    if not dying or not any(event.get("event") in POSITIONED for event in run.journal.events()):
        return ()
    return dying if any(not run.has(visit.site, visit.objective) for visit in visits) else ()
