"""Questions to the person at the stand: asked on the terminal, the bar taken away meanwhile."""

import typer

from acquire.keyboard import interruptible
from acquire.slide import Confirm
from calibration.optics import Rig
from parfocal.answer import people
from parfocal.bars import Bar


def asking(rig: Rig, shown: Bar) -> Confirm:
    """Return what asks the person at the stand; at one that is not there everything is taken for done."""
    if rig.source.kind in ("demo", "simulated"):
        return lambda question: answered_yes(question, shown)
    return lambda question: asked(question, shown)


def answered_yes(question: str, shown: Bar) -> bool:
    """Let the person at a stand that is not there do what is asked for, and say so."""
    with shown.pause():
        people().print(f"{question} Nobody is at this stand: taken for done, yes.", markup=False, soft_wrap=True)
    return True


def asked(question: str, shown: Bar) -> bool:
    """Ask the person, the bar taken away meanwhile; no answer, as where there is no terminal, is a no."""
    with shown.pause():
        try:
            with interruptible():
                return typer.confirm(question, err=True)
        except (typer.Abort, KeyboardInterrupt):
            return False
