"""What lies on the slide of one run: oil is journalled before it is asked for, and no dry lens comes over it."""

import time
from collections.abc import Callable

from acquire.errors import PlanError
from acquire.microscope import Microscope
from acquire.runfolder import RunFolder
from calibration.optics import Objective

Confirm = Callable[[str], bool]
ASKED, OILED, REFUSED = "oil_asked", "oiled", "oil_refused"


def slide_allows(objective: Objective, *, microscope: Microscope, run: RunFolder, confirm: Confirm) -> bool:
    """Whether an objective may come over the slide now; a wet one asks for its oil first, once in a run.

    The slide counts as wet from the moment the oil is asked for until the answer is no: whoever was asked may have
    oiled it before the answer reached the journal.

    Parameters
    ----------
    objective : Objective
        Of the next pass; not yet in place.
    microscope : Microscope
        Retracted before a person is asked to reach the slide.
    run : RunFolder
        Its journal knows what was asked and answered.
    confirm : callable
        Asks the person.

    Returns
    -------
    bool
        False when the oil was not confirmed.

    Raises
    ------
    PlanError
        When the objective is dry and the slide is not.
    InterlockError
        When Z could not be retracted; nobody was asked.
    """
    last = _last_word(run)
    if not objective.wet and last in (ASKED, OILED):
        raise PlanError(
            f"{objective.name} is dry and slide {run.slide} lies under oil since this run's oil step: "
            "clean the slide and capture the missing dry sites into a new run"
        )
    if not objective.wet or last == OILED:
        return True
    microscope.retract()
    run.journal.append(event=ASKED, time_s=time.time(), objective=objective.name)
    oiled = confirm(
        f"The lens is retracted. Put {objective.immersion} on the slide for {objective.label}: no bubbles, cover "
        "glass clean, condenser as before. Go on?"
    )
    run.journal.append(event=OILED if oiled else REFUSED, time_s=time.time(), objective=objective.name)
    return oiled


def _last_word(run: RunFolder) -> str | None:
    words = [event.get("event") for event in run.journal.events()]
    return next((word for word in reversed(words) if word in (ASKED, OILED, REFUSED)), None)
