"""A capture killed at any moment is finished by the same command: all sites there, none twice, nothing changed."""

import hashlib
import json
import subprocess
import sys
import time
from collections import Counter

import pytest
import yaml

from benchmarks.kills import VISITS, killed_nights

pytestmark = pytest.mark.core
SITES = 6
PLAN = {
    "slide": "S1",
    "sites_um": [[100 + 150 * i, 100] for i in range(SITES)],
    "objectives": ["10x", "40x"],
    "stack": {"10x": {"planes": 3, "step_um": 1.0}, "40x": {"planes": 3, "step_um": 0.4}},
    "exposure_ms": {"10x": 20, "40x": 20},
}
PATIENCE_S = 60


def command(tmp_path):
    plan = tmp_path / "plan.yaml"
    plan.write_text(yaml.safe_dump(PLAN))
    run = str(tmp_path / "run")
    return [sys.executable, "-m", "parfocal", "capture", str(plan), "--rig", "demo", "--out", run, "--json"]


def stored(run):
    journal = run / "journal.jsonl"
    if not journal.is_file():
        return []
    events = []
    for line in journal.read_text().splitlines():
        try:
            events.append(json.loads(line))
        except ValueError:
            continue
    return [event for event in events if event["event"] == "stored"]


def kill_after(process, run, count):
    deadline = time.monotonic() + PATIENCE_S
    while len(stored(run)) < count and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    process.kill()
    process.wait()


def hashes(run):
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in (run / "sites").glob("*.ome.tif")}


@pytest.mark.parametrize("count", [1, SITES + 3])
def test_a_killed_capture_is_finished_by_the_same_command(tmp_path, count):
    run = tmp_path / "run"
    with subprocess.Popen(command(tmp_path), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        kill_after(process, run, count)
    before = {event["file"]: event["sha256"] for event in stored(run)}
    assert count <= len(before) < 2 * SITES
    again = subprocess.run(command(tmp_path), capture_output=True, text=True, check=True)
    answer = json.loads(again.stdout.splitlines()[-1])
    assert (answer["state"], answer["done"], answer["sites"]) == ("finished", 2 * SITES, 2 * SITES)
    events = stored(run)
    assert set(Counter((e["site"], e["objective"]) for e in events).values()) == {1}
    assert hashes(run) == {event["file"].split("/")[-1]: event["sha256"] for event in events}
    assert before.items() <= {event["file"]: event["sha256"] for event in events}.items()
    assert not list((run / "sites").glob("*.part"))


@pytest.mark.timeout(900)  # eight processes; 20 s of two quiet cores
def test_a_run_killed_six_times_ends_with_every_pixel_of_one_never_killed(tmp_path):
    """24 sites, `kill -9` at six random moments one after the other; `python -m benchmarks.kills` does fifty."""
    assert VISITS == 2 * 24
    assert list(killed_nights(tmp_path, "perfect", count=1, in_a_row=6, seed=6)) == [[]]
