"""What lies on the slide: oil is on record before it is asked for, and only a person lets a dry lens come after it.

The record outlives the run (`acquire.rigstate`), and the microscope itself refuses what it forbids; here a person is
asked, with the lens retracted, and the answer is written down.
"""

import time
from collections.abc import Callable

from acquire.errors import PlanError
from acquire.microscope import Microscope
from acquire.rigrecord import Record
from acquire.runfolder import RunFolder
from calibration.optics import Objective, Rig

Confirm = Callable[[str], bool]
"""Asks a person a question and returns whether the answer was yes; raises `BrokenOffError` where there was none."""
Told = Callable[[str], None]
ASKED, OILED, REFUSED = "oil_asked", "oiled", "oil_refused"
DRY_ASKED, DRY, NOT_DRY = "dry_asked", "slide_dry", "slide_not_dry"
OIL_WORDS = {
    "upright": "Put one drop of {immersion} on the cover glass, over the section, for {label}",
    "inverted": "Put one drop of {immersion} on the front lens of {label}, waiting below the stage, not on the slide",
    "unknown": "Put {immersion} on the slide for {label}",
}


def slide_allows(objective: Objective, *, microscope: Microscope, run: RunFolder, confirm: Confirm) -> bool:
    """Whether an objective may come over the slide now; asks a person where only a person knows.

    A wet one asks for its oil first, once in a run. A dry one asks whether the slide is dry, when another run left
    another slide, or this one, under oil, or a session ended without closing. The slide counts as wet from the moment
    the oil is asked for until the answer is no: whoever was asked may have oiled it before the answer was on disk.

    Parameters
    ----------
    objective : Objective
        Of the next pass; not yet in place.
    microscope : Microscope
        Retracted before a person is asked to reach the slide; then driven to `oil_pose_um`, where the rig has one.
    run : RunFolder
        Its journal knows what this run has asked, and is told.
    confirm : callable
        Asks the person.

    Returns
    -------
    bool
        False when the person said no.

    Raises
    ------
    PlanError
        When the objective is dry and the slide is not: this run oiled it, or the person said so.
    InterlockError
        When Z could not be retracted; nobody was asked.
    """

    def told(event: str) -> None:
        run.journal.append(event=event, time_s=time.time(), objective=objective.name)

    if not objective.wet:
        _refuse_own_oil(objective, microscope.state.record, run)
        if not slide_is_dry(microscope=microscope, confirm=confirm, slide=run.slide, told=told):
            raise PlanError(
                f"{objective.name} is dry and slide {run.slide} is not: clean it, wipe the oil lens, say so with "
                "`parfocal check RIG --slide-cleaned`, and give the same command again"
            )
        return True
    record = microscope.state.record
    if _last_word(run) == OILED and record.wet == "oiled" and record.slide == run.slide:
        return True
    return slide_is_oiled(objective, microscope=microscope, confirm=confirm, slide=run.slide, told=told)


def slide_is_oiled(
    objective: Objective, *, microscope: Microscope, confirm: Confirm, slide: str, told: Told = lambda _event: None
) -> bool:
    """Ask for the oil of an immersion lens, retracted and at the oil pose; on record before the question and after it.

    Parameters
    ----------
    objective : Objective
        That needs it.
    microscope : Microscope
        Whose `state` is told.
    confirm : callable
        Asks the person.
    slide : str
        Name of the slide.
    told : callable
        Told each step, for a journal.

    Returns
    -------
    bool
        Whether it was put on.
    """
    microscope.retract()
    if microscope.rig.oil_pose_um is not None:
        microscope.move_xy(*microscope.rig.oil_pose_um)
    microscope.state.oil_asked(slide)
    told(ASKED)
    oiled = confirm(oil_question(microscope.rig, objective))
    if oiled:
        microscope.state.oiled()
    else:
        microscope.state.oil_refused()
    told(OILED if oiled else REFUSED)
    return oiled


def slide_is_dry(*, microscope: Microscope, confirm: Confirm, slide: str, told: Told = lambda _event: None) -> bool:
    """Whether a dry lens may come over the slide; asks only when the record says that it is wet, or in doubt.

    Parameters as in `slide_is_oiled`; `slide` is the one that shall lie on the stage.

    Returns
    -------
    bool
        False when the person says that it is not dry.
    """
    record = microscope.state.record
    if not record.lies_wet:
        microscope.state.named(slide)
        return True
    microscope.retract()
    told(DRY_ASKED)
    dry = confirm(dry_question(record, slide))
    if dry and record.slide != slide:
        microscope.state.new_slide(slide)
    elif dry:
        microscope.state.cleaned() if record.wet == "oiled" else microscope.state.confirmed_dry()
    told(DRY if dry else NOT_DRY)
    return dry


def oil_question(rig: Rig, objective: Objective) -> str:
    """Ask for the oil where it belongs: on the cover glass, or under an inverted stand on the lens."""
    words = OIL_WORDS[rig.stand].format(immersion=objective.immersion, label=objective.label)
    return f"The lens is retracted. {words}: no bubbles, cover glass clean, condenser as before. Go on?"


def dry_question(record: Record, slide: str) -> str:
    """Ask what only a person can see: whether the slide on the stage is dry, or another one, and the lens wiped."""
    before = f"slide {record.slide}" if record.slide else "the last slide"
    why = (
        f"{before} was left under oil"
        if record.wet == "oiled"
        else f"the last session ended without closing, so {before} may lie under oil"
    )
    if record.slide != slide:
        asks = f"Does {slide} lie on the stage now, dry, and is every immersion lens wiped?"
    elif record.wet == "oiled":
        asks = "Has it been cleaned, and is every immersion lens wiped?"
    else:
        asks = "Is it dry?"
    return f"The lens is retracted, for {why}. {asks}"


def _refuse_own_oil(objective: Objective, record: Record, run: RunFolder) -> None:
    if record.wet == "oiled" and record.slide == run.slide and _last_word(run) in (ASKED, OILED):
        raise PlanError(
            f"{objective.name} is dry and slide {run.slide} lies under oil since this run's oil step: clean the slide, "
            "say so with `parfocal check RIG --slide-cleaned`, and capture the missing dry sites; a slide that was off "
            "the stage needs a new run"
        )


def _last_word(run: RunFolder) -> str | None:
    words = [event.get("event") for event in run.journal.events()]
    return next((word for word in reversed(words) if word in (ASKED, OILED, REFUSED)), None)
