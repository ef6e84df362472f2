"""The command `capture` with its preview: what it answers, what it refuses, and how Ctrl-C reaches the capture."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from acquire.errors import BrokenOffError
from acquire.heartbeat import Beat, read_heartbeat
from calibration.rig import load_rig
from gui.question import Question
from parfocal.bars import bar
from parfocal.capture_viewed import Asked, course, pixel_sizes_um
from parfocal.commands import app
from tests.acquire.turned import exact, turned

ROOT = Path(__file__).parents[2]
RIG = load_rig("demo")
PLAN = {
    "slide": "S1",
    "sites_um": [[100, 100], [300, 100]],
    "objectives": ["10x", "40x"],
    "stack": {"40x": {"planes": 3, "step_um": 0.4}},
    "focus": {"method": "as_positions"},
    "exposure_ms": {"10x": 5, "40x": 5},
}
BEAT = Beat(pid=os.getpid(), host="here", state="capturing", time_s=0.0, done=12, visits=72)
NOBODY = 0
"""Never the number of a process of ours."""


def write_plan(folder, **changes):
    file = folder / "plan.yaml"
    file.write_text(yaml.safe_dump(PLAN | changes), encoding="utf-8")
    return file


def capture(folder, *options):
    command = ["capture", str(write_plan(folder)), "--rig", "demo", "--out", str(folder / "run"), "--json", *options]
    result = CliRunner().invoke(app, command)
    return result, json.loads(result.stdout.splitlines()[-1])


@pytest.mark.core
def test_with_a_window_the_same_is_captured_and_the_answer_says_what_was_shown(qapp, tmp_path):
    result, found = capture(tmp_path, "--view", "--screenshot", str(tmp_path / "window.png"))
    assert (result.exit_code, found["state"], found["done"]) == (0, "finished", 4)
    assert len(list((tmp_path / "run" / "sites").glob("*.ome.tif"))) == 4
    assert found["view"]["frames"] >= 1
    assert found["view"]["pairs"] == 0
    assert found["view"]["problems"] == []
    assert (tmp_path / "window.png").stat().st_size > 5000


@pytest.mark.core
def test_without_a_window_nothing_is_said_of_one(tmp_path):
    _, found = capture(tmp_path)
    assert found["done"] == 4
    assert "view" not in found


@pytest.mark.core
def test_a_capture_that_is_refused_ends_in_its_own_sentence_with_a_window_too(qapp, tmp_path):
    plan = write_plan(tmp_path, sites_um=[[-99999, 0]])
    result = CliRunner().invoke(
        app, ["capture", str(plan), "--rig", "demo", "--out", str(tmp_path / "run"), "--view", "--json"]
    )
    assert result.exit_code == 1
    assert "outside limits_um" in json.loads(result.stdout.splitlines()[-1])["error"]


@pytest.mark.parametrize("option", ["--model", "--screenshot"])
def test_what_only_a_window_can_show_is_refused_without_one(tmp_path, option):
    result, found = capture(tmp_path, option, "shipped")
    assert result.exit_code == 1
    assert "add --view" in found["error"]


def test_a_model_that_is_not_there_is_said_before_anything_is_begun(tmp_path):
    result, found = capture(tmp_path, "--view", "--model", str(tmp_path / "none"))
    assert result.exit_code == 1
    assert "none" in found["error"]
    assert not (tmp_path / "run").exists()


@pytest.fixture
def running(tmp_path):
    """A long capture with its window, in a process of its own; each exposure takes as long as two Ctrl-C at least."""
    sites = [[100 + 20 * (n % 20), 100 + 20 * (n // 20)] for n in range(200)]
    plan, out = write_plan(tmp_path, sites_um=sites, exposure_ms={"10x": 2000, "40x": 5}), tmp_path / "run"
    command = [sys.executable, "-m", "parfocal", "capture", str(plan), "--rig", "demo", "--out", str(out)]
    with subprocess.Popen(
        [*command, "--view", "--json"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        yield process, out
        process.kill()


def until(condition, process, within_s=90.0):
    end_s = time.monotonic() + within_s
    while not condition():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < end_s
        threading.Event().wait(0.02)


def stored(out):
    journal = out / "journal.jsonl"
    return journal.read_text(encoding="utf-8").count('"stored"') if journal.is_file() else 0


@pytest.mark.core
@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl-C to whole consoles, not to a process")
@pytest.mark.parametrize(("times", "state", "code"), [(1, "paused", 0), (2, "aborted", 1)])
def test_ctrl_c_ends_a_viewed_capture_after_its_site_and_twice_halts_it(running, times, state, code):
    process, out = running
    until(lambda: stored(out), process)
    for _ in range(times):
        process.send_signal(signal.SIGINT)
        if times > 1:
            threading.Event().wait(0.3)  # two of one kind that wait together count as one
    answer, _ = process.communicate(timeout=60)
    found = json.loads(answer.splitlines()[-1])
    assert (found["state"], process.returncode) == (state, code)
    assert 0 < found["done"] < found["sites"]
    assert read_heartbeat(out).state == state


def test_the_line_over_the_pictures_says_how_far_the_run_is():
    assert course("S1", "capturing", None, "") == "S1  ·  capturing"
    assert course("S1", "capturing", BEAT, "site 0003 with 40x") == (
        "S1  ·  capturing  ·  12 of 72 stored  ·  site 0003 with 40x"
    )
    assert "stopping after this site" in course("S1", "stopping after this site", BEAT, "")
    assert "done about" in course("S1", "capturing", replace(BEAT, eta_s=time.time()), "")


def test_the_line_says_why_a_run_waits_and_believes_no_earlier_process():
    waits = replace(BEAT, state="suspended", says="the disk is full")
    assert "suspended: the disk is full" in course("S1", "capturing", waits, "")
    assert course("S1", "capturing", replace(waits, pid=NOBODY), "") == "S1  ·  capturing"


def test_a_question_is_pointed_to_until_it_is_answered():
    question, seen = Asked(), []

    def asking(_bar):
        return lambda words: bool(seen.append((words, question.says))) or True

    with bar("Capturing") as shown:
        assert question.told(asking)(shown)("Is the oil on?")
    assert seen == [("Is the oil on?", "Answer in the terminal: Is the oil on?")]
    assert question.says == ""


@pytest.mark.parametrize("yes", [True, False])
def test_a_question_that_the_window_asks_is_not_asked_in_the_terminal(yes):
    window, seen = Question(), []
    window.show()
    answering = threading.Thread(target=lambda: until_asked(window, yes))
    answering.start()
    with bar("Capturing") as shown:
        assert Asked(window).told(lambda _bar: seen.append)(shown)("Is the oil on?") is yes
    answering.join()
    assert seen == []


def until_asked(window, yes):
    while not window.words:
        threading.Event().wait(0.01)
    window.answer(yes, to=window.words)


def test_who_stops_the_capture_instead_of_answering_has_not_said_that_there_is_no_oil():
    window = Question()
    window.show()
    with bar("Capturing") as shown, pytest.raises(BrokenOffError, match="asked again"):
        Asked(window, left=lambda: True).told(lambda _bar: lambda _words: False)(shown)("Is the oil on?")


def test_a_question_whose_window_was_closed_is_asked_in_the_terminal():
    window = Question()
    with bar("Capturing") as shown:
        assert Asked(window).told(lambda _bar: lambda words: words == "Is the oil on?")(shown)("Is the oil on?")


def test_measured_pixel_sizes_go_before_those_of_the_rig_file():
    calibration = turned(RIG)
    measured = replace(calibration.objectives["40x"], pixel_um=exact(0.2468))
    calibration = replace(calibration, objectives={"40x": measured})
    assert pixel_sizes_um(RIG, calibration) == {"10x": 1.0, "20x": 0.5, "40x": 0.2468}
    assert pixel_sizes_um(RIG, None)["40x"] == 0.25
