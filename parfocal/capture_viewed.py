"""A capture with its preview: what the window is told of rig and run, and how Ctrl-C reaches the capture."""

import os
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

from acquire.control import Control
from acquire.heartbeat import Beat, read_heartbeat
from acquire.keyboard import keyboard
from acquire.plan import Plan
from acquire.scan import CaptureResult
from acquire.slide import Confirm
from calibration.optics import Rig
from calibration.record import Calibration
from enhance.open import open_apart
from gui.captured import Captured
from gui.open import check_extra, open_capture_viewer
from gui.readings import ViewerReport
from parfocal.answer import people
from parfocal.bars import Bar

TROUBLES = ("suspended", "stalled")
"""States of which a person should know why."""


def viewed(
    work: Callable[..., CaptureResult],
    confirm: Callable[[Bar], Confirm],
    plan: Plan,
    rig: Rig,
    calibration: Calibration | None,
    out: Path,
    *,
    model: str | None = None,
    screenshot: Path | None = None,
) -> tuple[CaptureResult, ViewerReport]:
    """Capture in another thread, and show what is stored.

    Only pictures of the first objective are enhanced: the network knows no other pixel size.

    Parameters
    ----------
    work : callable
        `capture_plan` of all but `confirm`, `control`, `seen` and `opened`.
    confirm : callable
        Makes of a bar what asks a person; the window says so meanwhile, for it may hide the terminal.
    plan, rig, calibration : Plan, Rig, Calibration or None
        Give corrections and pixel sizes.
    out : Path
        The run folder; its heartbeat tells how far the run is.
    model : str, optional
        A model folder, or ``shipped``.
    screenshot : Path, optional
        PNG to save the window to at the end.

    Returns
    -------
    (CaptureResult, ViewerReport)
        As `gui.capture_view.run_capture_viewer`, which tells the errors too.
    """
    check_extra()
    control, captured, question = Control(), Captured(), Question()
    asking = question.told(confirm)
    with ExitStack() as held:
        engine = None if model is None else held.enter_context(closing(open_apart(model)))
        return open_capture_viewer(
            lambda: work(confirm=asking, control=control, seen=captured.seen, opened=captured.opened),
            captured,
            signals=keyboard(control, captured, heard=lambda says: people().print(says, markup=False)),
            told=lambda: question.says or course(plan.slide, control.says, read_heartbeat(out), captured.place),
            engine=engine,
            end_engine=held.close,
            objectives=plan.objectives[:1],
            corrections={} if calibration is None else calibration.corrections,
            pixel_um=pixel_sizes_um(rig, calibration),
            screenshot=screenshot,
        )


class Question:
    """The question that waits for an answer in the terminal, for the window to point there."""

    says = ""

    def told(self, confirm: Callable[[Bar], Confirm]) -> Callable[[Bar], Confirm]:
        """Return the same `confirm`, whose questions are noted here until they are answered."""

        def confirming(bar: Bar) -> Confirm:
            ask = confirm(bar)

            def asked(question: str) -> bool:
                self.says = f"Answer in the terminal: {question}"
                try:
                    return ask(question)
                finally:
                    self.says = ""

            return asked

        return confirming


def pixel_sizes_um(rig: Rig, calibration: Calibration | None) -> dict[str, float]:
    """Return the camera pixel at the specimen in µm by objective: as measured, else as the rig file has it."""
    known = {objective.name: rig.pixel_um(objective.name) for objective in rig.objectives}
    if calibration is not None:
        known |= {name: measured.pixel_um.value for name, measured in calibration.objectives.items()}
    return known


def course(slide: str, wish: str, beat: Beat | None, place: str) -> str:
    """Say in one line what runs and how far it is.

    Parameters
    ----------
    slide : str
        Its name in the plan.
    wish : str
        What a person wishes, in words.
    beat : Beat or None
        Last of the run; one of an earlier process says nothing of this one.
    place : str
        Where the newest picture was taken.

    Returns
    -------
    str
    """
    ours = beat is not None and beat.pid == os.getpid()
    return "  ·  ".join(part for part in (slide, *(_told(beat, wish) if beat and ours else [wish]), place) if part)


def _told(beat: Beat, wish: str) -> list[str]:
    state = wish if beat.state == "capturing" else beat.state
    why = f"{state}: {beat.says}" if beat.state in TROUBLES and beat.says else state
    end = "" if beat.eta_s is None else f"done about {_clock(beat.eta_s)}"
    return [why, f"{beat.done} of {beat.visits} stored", end]


def _clock(time_s: float) -> str:
    """Day and time here: a run may end tomorrow."""
    return datetime.fromtimestamp(time_s, UTC).astimezone().strftime("%a %H:%M")
