"""A capture whose questions a file answers, and what is said once of the machine."""

import json
from types import SimpleNamespace

import pytest
import yaml
from typer.testing import CliRunner

from acquire.control import Control
from acquire.errors import BrokenOffError
from acquire.slide import oil_question
from calibration.rig import dump_rig
from parfocal import capturing
from parfocal.asking import asked_by_file
from parfocal.bars import bar
from parfocal.capturing import tell_once
from parfocal.commands import app
from tests.acquire.rigs import small_rig

RIG = small_rig(size_px=(192, 192), faults="perfect")
PLAN = {
    "slide": "S1",
    "sites_um": [[3000, 1000]],
    "objectives": ["40x", "100x"],
    "stack": {"100x": {"planes": 3, "step_um": 0.4}},
    "focus": {"method": "as_positions"},
    "exposure_ms": {"40x": 8, "100x": 50},
    "suspend": {"longest_h": 0},
}


def capture(folder, *options):
    plan, rig = folder / "plan.yaml", folder / "rig.yaml"
    plan.write_text(yaml.safe_dump(PLAN))
    rig.write_text(dump_rig(RIG))
    command = ["capture", str(plan), "--rig", str(rig), "--out", str(folder / "run"), "--json", *options]
    result = CliRunner().invoke(app, command)
    return json.loads(result.stdout.splitlines()[-1])


@pytest.mark.core
def test_oil_confirmed_ahead_in_a_file_lets_the_capture_finish_and_counts_once(tmp_path):
    answer = tmp_path / "oil"
    answer.write_text("yes")
    found = capture(tmp_path, "--confirm-file", str(answer))
    assert (found["state"], found["done"]) == ("finished", 2)
    assert not answer.exists()


@pytest.mark.core
def test_without_an_answer_in_time_the_capture_pauses_at_the_oil(tmp_path):
    found = capture(tmp_path, "--confirm-file", str(tmp_path / "oil"))
    assert (found["state"], found["done"]) == ("paused", 1)
    assert "100x" in found["says"]
    told = [json.loads(line)["event"] for line in (tmp_path / "run" / "journal.jsonl").read_text().splitlines()]
    assert "oil_asked" in told
    assert "oil_refused" not in told  # nobody has said that it is not there


def test_a_yes_meant_for_oil_does_not_say_that_the_slide_is_dry(tmp_path):
    answer, control = tmp_path / "oil", Control()
    answer.write_text("yes")
    oil = oil_question(RIG, next(objective for objective in RIG.objectives if objective.wet))
    with bar("Capturing") as shown:
        confirm = asked_by_file(RIG, answer, control, 0.0, shown)
        assert confirm(oil) is True
        answer.write_text("yes")
        with pytest.raises(BrokenOffError):
            confirm("Is it dry?")
        assert answer.exists()


def test_who_stops_the_capture_is_not_kept_waiting_for_the_file(tmp_path):
    control = Control()
    control.stop()
    with bar("Capturing") as shown, pytest.raises(BrokenOffError):
        asked_by_file(RIG, tmp_path / "oil", control, 3600.0, shown)("Oil?")


def test_what_stays_true_of_the_machine_is_said_once_a_process(monkeypatch):
    said = []
    monkeypatch.setattr(capturing, "people", lambda: SimpleNamespace(print=said.append))
    tell_once.cache_clear()
    for _ in range(3):
        tell_once("it may fall asleep")
    assert said == ["it may fall asleep"]
    tell_once.cache_clear()
