"""A bar moves by itself on a terminal, so it has to stand aside while a person is asked."""

import io
import time

import pytest
from rich.console import Console

from acquire.errors import BrokenOffError
from parfocal.asking import asked
from parfocal.bars import bar

REDRAWN_S = 0.3
"""The live display is drawn ten times a second."""


@pytest.fixture
def terminal():
    return Console(file=io.StringIO(), force_terminal=True, force_interactive=True, width=100)


def drawn_meanwhile(terminal):
    before = terminal.file.tell()
    time.sleep(REDRAWN_S)
    return terminal.file.getvalue()[before:]


class Person(io.StringIO):
    """Reads the terminal for a while before the answer is typed."""

    def __init__(self, typed, terminal):
        super().__init__(typed)
        self.terminal = terminal
        self.seen = None

    def readline(self, *size):
        self.seen = drawn_meanwhile(self.terminal)
        return super().readline(*size)


def test_a_bar_is_drawn_by_itself_until_it_is_paused_and_again_afterwards(terminal):
    with bar("Capturing", terminal) as step:
        step(1, 4, "site 1")
        assert "Capturing" in drawn_meanwhile(terminal)
        with step.pause():
            assert drawn_meanwhile(terminal) == ""
        assert "1/4" in drawn_meanwhile(terminal)


def test_what_is_done_in_a_pause_is_shown_after_it(terminal):
    with bar("Capturing", terminal) as step:
        with step.pause():
            step(3, 4, "site 3")
        assert "3/4" in drawn_meanwhile(terminal)


@pytest.mark.parametrize(("typed", "answer"), [("y\n", True), ("n\n", False), ("", False)])
def test_a_question_stands_alone_on_the_terminal(terminal, monkeypatch, capsys, typed, answer):
    person = Person(typed, terminal)
    monkeypatch.setattr("sys.stdin", person)
    with bar("Capturing", terminal) as step:
        assert asked("Is oil on the slide?", step) is answer
        assert "Capturing" in drawn_meanwhile(terminal)
    assert person.seen == ""
    assert "Is oil on the slide?" in capsys.readouterr().err


class Interrupting(io.StringIO):
    """Presses Ctrl-C instead of typing an answer."""

    def readline(self, *_size):
        raise KeyboardInterrupt


def test_ctrl_c_at_a_question_is_no_answer(terminal, monkeypatch):
    monkeypatch.setattr("sys.stdin", Interrupting())
    with bar("Capturing", terminal) as step, pytest.raises(BrokenOffError, match=r"Is oil on the slide\?"):
        asked("Is oil on the slide?", step)
