"""A capture with its preview: what the window is told of rig and run, and how Ctrl-C reaches the capture."""

import os
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

from acquire.captureresult import CaptureResult
from acquire.control import Control
from acquire.deadline import never
from acquire.errors import BrokenOffError
from acquire.heartbeat import Beat, read_heartbeat
from acquire.keyboard import keyboard
from acquire.plan import Plan
from acquire.slide import Confirm
from calibration.optics import Rig
from calibration.record import Calibration
from enhance.open import open_apart
from gui.captured import Captured
from gui.open import check_extra, check_screenshot, open_capture_viewer
from gui.question import Question
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
    control: Control,
    *,
    asked_here: bool = False,
    model: str | None = None,
    screenshot: Path | None = None,
) -> tuple[CaptureResult, ViewerReport]:
    """Capture in another thread, and show what is stored.

    Only pictures of the first objective are enhanced: the network knows no other pixel size.

    Parameters
    ----------
    work : callable
        `capture_plan` of all but `confirm`, `seen` and `opened`.
    confirm : callable
        Makes of a bar what asks a person where no window does; the window says so then, for it may hide the terminal.
    plan, rig, calibration : Plan, Rig, Calibration or None
        Give corrections and pixel sizes.
    out : Path
        The run folder; its heartbeat tells how far the run is.
    control : Control
        Of the capture.
    asked_here : bool
        Whether the window asks the person, as long as it is open.
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
    check_screenshot(screenshot)
    captured, window = Captured(), Question()
    question = Asked(window if asked_here else None, left=lambda: not control.goes)
    asking = question.told(confirm)
    with ExitStack() as held:
        engine = None if model is None else held.enter_context(closing(open_apart(model)))
        return open_capture_viewer(
            lambda: work(confirm=asking, seen=captured.seen, opened=captured.opened),
            captured,
            signals=keyboard(control, captured, heard=lambda says: people().print(says, markup=False)),
            told=lambda: question.says or course(plan.slide, control.says, read_heartbeat(out), captured.place),
            engine=engine,
            end_engine=held.close,
            objectives=plan.objectives[:1],
            corrections={} if calibration is None else calibration.corrections,
            pixel_um=pixel_sizes_um(rig, calibration),
            screenshot=screenshot,
            question=window,
        )


class Asked:
    """The question that waits for an answer: in the window, or in the terminal, to which the window then points.

    Parameters
    ----------
    window : Question, optional
        Asks in the window, as long as that is open.
    left : callable
        Whether a person wishes to end the capture; then a question that has no answer yet raises `BrokenOffError`.
    """

    says = ""

    def __init__(self, window: Question | None = None, *, left: Callable[[], bool] = never) -> None:
        self._window = window
        self._left = left

    def told(self, confirm: Callable[[Bar], Confirm]) -> Callable[[Bar], Confirm]:
        """Return the same `confirm`, whose questions are asked in the window first, and noted here after that."""

        def confirming(bar: Bar) -> Confirm:
            ask = confirm(bar)

            def asked(question: str) -> bool:
                answer = self._in_window(question, bar)
                if answer is None and self._left():
                    raise BrokenOffError(f"stopped, so it is asked again when the capture goes on: {question}")
                return self._in_terminal(question, ask) if answer is None else answer

            return asked

        return confirming

    def _in_window(self, question: str, bar: Bar) -> bool | None:
        if self._window is None:
            return None
        with bar.pause():
            people().print(f"{question} Answer in the window.", markup=False, soft_wrap=True)
            return self._window.ask(question, left=self._left)

    def _in_terminal(self, question: str, ask: Confirm) -> bool:
        self.says = f"Answer in the terminal: {question}"
        try:
            return ask(question)
        finally:
            self.says = ""


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
