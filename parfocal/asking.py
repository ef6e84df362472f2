"""Questions to the person at the stand: asked on the terminal, the bar taken away meanwhile, or by a file."""

from pathlib import Path

import typer

from acquire.confirmfile import confirmed_by
from acquire.control import Control
from acquire.errors import BrokenOffError
from acquire.keyboard import interruptible
from acquire.slide import Confirm, oil_question
from calibration.optics import Rig
from parfocal.answer import people
from parfocal.bars import Bar

NOBODY_THERE = ("demo", "simulated")
"""Kinds of rig at which nobody stands: everything that is asked for is taken for done."""


def asking(rig: Rig, shown: Bar) -> Confirm:
    """Return what asks the person at the stand; at one that is not there everything is taken for done."""
    if rig.source.kind in NOBODY_THERE:
        return lambda question: answered_yes(question, shown)
    return lambda question: asked(question, shown)


def answered_yes(question: str, shown: Bar) -> bool:
    """Let the person at a stand that is not there do what is asked for, and say so."""
    with shown.pause():
        people().print(f"{question} Nobody is at this stand: taken for done, yes.", markup=False, soft_wrap=True)
    return True


def asked(question: str, shown: Bar) -> bool:
    """Ask the person, the bar taken away meanwhile; where there is no terminal nobody was asked, and that is a no.

    Raises
    ------
    BrokenOffError
        On Ctrl-C, which is no answer: whoever was asked for oil may have put it on.
    """
    with shown.pause():
        try:
            with interruptible():
                return typer.confirm(question, err=True)
        except (typer.Abort, KeyboardInterrupt) as left:
            if isinstance(left.__context__, EOFError):
                return False
            raise BrokenOffError(
                f"Ctrl-C is no answer, so it is asked again when the work goes on: {question}"
            ) from left


def asked_by_file(rig: Rig, answer: Path, control: Control, longest_s: float, shown: Bar) -> Confirm:
    """Return what asks by a file, for captures that nobody sits at; the terminal says where the question lies.

    Only oil may be confirmed before it is asked for: a ``yes`` that waits for that question answers no other one.

    Parameters
    ----------
    rig : Rig
        Whose lenses need oil.
    answer : Path
        As in `acquire.confirmfile.confirmed_by`.
    control : Control
        A wish to stop ends the wait.
    longest_s : float
        How long an answer is waited for.
    shown : Bar
        Taken away meanwhile.
    """
    oil = {oil_question(rig, objective) for objective in rig.objectives if objective.wet}
    confirm = confirmed_by(answer, longest_s=longest_s, ahead=oil.__contains__, left=lambda: not control.goes)

    def ask(question: str) -> bool:
        with shown.pause():
            people().print(f"{question} The answer is awaited in {answer}.", markup=False, soft_wrap=True)
            return confirm(question)

    return ask
