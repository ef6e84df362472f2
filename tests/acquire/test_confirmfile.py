"""Questions that a file answers, where nobody sits at the terminal."""

import pytest

from acquire.confirmfile import confirmed_by
from acquire.errors import BrokenOffError


@pytest.mark.parametrize(("said", "means"), [("yes\n", True), ("Oiled", True), ("no", False)])
def test_the_answer_is_what_the_file_says_and_counts_once(tmp_path, said, means):
    answer = tmp_path / "oil"
    answer.write_text(said)
    confirm = confirmed_by(answer)
    assert confirm("Oil?") is means
    assert not answer.exists()
    with pytest.raises(BrokenOffError):
        confirm("Oil?")


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16"])
def test_an_answer_is_read_as_the_editors_of_windows_write_it(tmp_path, coding):
    answer = tmp_path / "oil"
    answer.write_bytes("yes\r\n".encode(coding))
    assert confirmed_by(answer)("Oil?") is True


def test_bytes_that_are_no_text_are_waited_out(tmp_path):
    (tmp_path / "oil").write_bytes(b"\xff\x00\xfe")
    with pytest.raises(BrokenOffError):
        confirmed_by(tmp_path / "oil")("Oil?")


def test_an_answer_is_waited_for_with_the_question_beside_it(tmp_path):
    answer, seconds, seen = tmp_path / "oil", [0.0], []

    def sleep(for_s):
        seconds[0] += for_s
        seen.append((tmp_path / "oil.question").read_text())
        if seconds[0] > 5:
            answer.write_text("yes")

    assert confirmed_by(answer, longest_s=60, clock=lambda: seconds[0], sleep=sleep)("Oil?") is True
    assert set(seen) == {"Oil?\n"}
    assert list(tmp_path.iterdir()) == []


def test_no_answer_is_neither_yes_nor_no(tmp_path):
    seconds = [0.0]

    def sleep(for_s):
        seconds[0] += for_s

    confirm = confirmed_by(tmp_path / "oil", longest_s=3, clock=lambda: seconds[0], sleep=sleep)
    with pytest.raises(BrokenOffError, match=r"nobody answered in .*oil.*Oil\?"):
        confirm("Oil?")
    assert list(tmp_path.iterdir()) == []
    assert seconds[0] == pytest.approx(3, abs=0.2)


def test_a_word_that_is_no_answer_is_waited_out(tmp_path):
    (tmp_path / "oil").write_text("perhaps")
    with pytest.raises(BrokenOffError):
        confirmed_by(tmp_path / "oil")("Oil?")


def test_a_file_that_was_there_before_is_no_answer_to_a_question_it_was_not_meant_for(tmp_path):
    answer, seconds = tmp_path / "oil", [0.0]
    answer.write_text("yes")

    def person(step_s):
        seconds[0] += step_s
        if seconds[0] > 5:
            answer.write_text("no")

    confirm = confirmed_by(
        answer, longest_s=60, ahead=lambda question: "oil" in question, clock=lambda: seconds[0], sleep=person
    )
    assert confirm("Is the slide dry?") is False
    assert 5 < seconds[0] < 6
    answer.write_text("yes")
    assert confirm("Is there oil?") is True


def test_who_ends_the_capture_is_not_waited_for(tmp_path):
    waits = []
    confirm = confirmed_by(tmp_path / "oil", longest_s=60, left=lambda: len(waits) > 2, sleep=waits.append)
    with pytest.raises(BrokenOffError):
        confirm("Oil?")
    assert len(waits) == 3
