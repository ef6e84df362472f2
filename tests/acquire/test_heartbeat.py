"""The heartbeat is whole whenever it is read, seldom written, and tells a run that lives from one that does not."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquire.heartbeat import EVERY_S, FILE, OVER, SILENT_S, Beat, Heartbeat, read_heartbeat


@pytest.fixture
def time_s():
    return [1000.0]


@pytest.fixture
def heart(tmp_path, time_s):
    return Heartbeat(folder=tmp_path, clock=lambda: time_s[0])


def test_what_was_beaten_is_read(heart, tmp_path):
    assert heart.beat("capturing", site="0007", objective="100x", done=6, visits=48, eta_s=5000.0, says="")
    beat = read_heartbeat(tmp_path)
    assert beat == Beat(
        pid=os.getpid(),
        host=beat.host,
        state="capturing",
        time_s=1000.0,
        site="0007",
        objective="100x",
        done=6,
        visits=48,
        eta_s=5000.0,
    )


def test_it_is_written_no_more_often_than_every_few_seconds(heart, time_s):
    written = 0
    for step in range(1000):
        time_s[0] = 1000.0 + step * 0.1
        written += heart.beat("capturing")
    assert written == pytest.approx(100.0 / EVERY_S, abs=1)


def test_a_change_of_state_is_written_at_once(heart, tmp_path):
    heart.beat("capturing")
    assert heart.beat("suspended", says="the disk is full")
    assert read_heartbeat(tmp_path).says == "the disk is full"


@pytest.mark.parametrize("state", ["capturing", "suspended", "stalled", *OVER])
def test_a_run_lives_until_it_says_otherwise_or_falls_silent(heart, tmp_path, state):
    heart.beat(state)
    beat = read_heartbeat(tmp_path)
    assert beat.alive(now_s=1000.0 + SILENT_S) == (state not in OVER)
    assert not beat.alive(now_s=1000.0 + SILENT_S + 1)


def test_a_disk_that_refuses_ends_nothing_and_the_next_beat_tries_again(heart, tmp_path, monkeypatch):
    def full(*_given, **_named):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", full)
        assert not heart.beat("capturing")
    assert heart.beat("capturing")
    assert read_heartbeat(tmp_path).state == "capturing"


def test_who_reads_while_it_is_written_sees_the_beat_before(heart, tmp_path, time_s, monkeypatch):
    heart.beat("capturing", site="0001")
    seen = []
    replace = Path.replace

    def looked_at(part, target):
        seen.append(read_heartbeat(tmp_path).site)
        return replace(part, target)

    monkeypatch.setattr(Path, "replace", looked_at)
    time_s[0] += EVERY_S
    heart.beat("capturing", site="0002")
    assert (seen, read_heartbeat(tmp_path).site) == (["0001"], "0002")


@given(st.binary(max_size=200))
def test_a_file_that_is_no_heartbeat_is_none(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("run")
    (folder / FILE).write_bytes(content)
    assert read_heartbeat(folder) is None


@pytest.mark.parametrize("change", [{"state": "dancing"}, {"mood": "good"}])
def test_a_heartbeat_of_another_program_is_none(heart, tmp_path, change):
    heart.beat("capturing")
    told = json.loads((tmp_path / FILE).read_text()) | change
    (tmp_path / FILE).write_text(json.dumps(told))
    assert read_heartbeat(tmp_path) is None


def test_a_run_without_a_heartbeat_has_none(tmp_path):
    assert read_heartbeat(tmp_path) is None
