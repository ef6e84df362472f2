"""The question of a capture, answered in its window: by whom, and what happens when nobody does."""

import threading
from contextlib import nullcontext

import pytest
from qtpy.QtWidgets import QApplication

from gui.capture_view import run_capture_viewer
from gui.captured import Captured
from gui.question import Question
from gui.questionbar import QuestionBar
from gui.window import ViewerWindow

OIL = "Put one drop of oil on the cover glass. Go on?"


@pytest.fixture
def question():
    asked = Question()
    asked.show()
    return asked


class Asking(threading.Thread):
    """The thread of a capture, which waits for the answer."""

    def __init__(self, question, **told):
        super().__init__()
        self._question, self._told, self.answer = question, told, "none yet"
        self.start()

    def run(self):
        self.answer = self._question.ask(OIL, **self._told)

    def answered(self):
        self.join(5.0)
        return self.answer


@pytest.mark.parametrize(("button", "means"), [("confirm", True), ("not_now", False)])
def test_either_button_answers_and_the_bar_goes(qtbot, question, button, means):
    bar = QuestionBar(question)
    qtbot.addWidget(bar)
    asking = Asking(question)
    qtbot.waitUntil(lambda: bar.isVisible() and bar.words.text() == OIL and bar.confirm.isEnabled())
    getattr(bar, button).click()
    assert asking.answered() is means
    assert not bar.isVisible()
    bar.look()
    assert not bar.isVisible()


def test_the_second_click_of_a_double_click_answers_no_question_that_comes_after_the_first(qtbot, question):
    bar = QuestionBar(question)
    qtbot.addWidget(bar)
    asking = Asking(question)
    qtbot.waitUntil(bar.confirm.isEnabled)
    bar.confirm.click()
    assert asking.answered() is True
    stopped = threading.Event()
    after = Asking(question, left=stopped.is_set)
    qtbot.waitUntil(lambda: question.words == OIL)
    bar.look()
    bar.confirm.click()
    assert question.words == OIL
    stopped.set()
    assert after.answered() is None


def test_a_click_answers_the_question_that_was_shown_and_no_other(question):
    stopped = threading.Event()
    asking = Asking(question, left=stopped.is_set)
    while not question.words:
        stopped.wait(0.01)
    question.answer(True, to="Is the slide dry?")
    assert question.words == OIL
    stopped.set()
    assert asking.answered() is None


def test_the_first_answer_counts(question):
    asking = Asking(question)
    while not question.words:
        threading.Event().wait(0.01)
    question.answer(False, to=OIL)
    question.answer(True, to=OIL)
    assert asking.answered() is False


def test_no_key_answers_by_itself(qtbot, question):
    bar = QuestionBar(question)
    qtbot.addWidget(bar)
    assert not bar.confirm.hasFocus()
    assert not bar.confirm.isDefault()
    assert not bar.confirm.autoDefault()


def test_a_window_that_is_closed_hands_the_question_on(question):
    asking = Asking(question)
    question.hide()
    assert asking.answered() is None
    assert question.ask(OIL) is None


def test_who_ends_the_capture_is_not_asked_any_longer(question):
    assert question.ask(OIL, left=lambda: True) is None
    assert question.words == ""


def test_an_answer_to_no_question_answers_none_later(question):
    question.answer(True, to=OIL)
    stopped = threading.Event()
    asking = Asking(question, left=stopped.is_set)
    stopped.set()
    assert asking.answered() is None


def test_a_capture_goes_on_with_what_was_answered_in_its_window(qapp):
    """The window stays usable: the capture is held in a thread of its own."""
    question, clicked = Question(), []

    def told():
        for window in QApplication.topLevelWidgets():
            bar = window.findChild(QuestionBar) if isinstance(window, ViewerWindow) else None
            if bar is not None and bar.isVisible() and bar.confirm.isEnabled() and not clicked:
                clicked.append(bar.words.text())
                bar.confirm.click()
        return ""

    result, _ = run_capture_viewer(
        lambda: question.ask(OIL),
        Captured(),
        signals=nullcontext(),
        told=told,
        corrections={},
        pixel_um={},
        question=question,
    )
    assert result is True
    assert clicked == [OIL]
    assert question.ask(OIL) is None  # the window has gone
