"""A disk that fills up in mid-run suspends the capture at the site; with room again it goes on and loses nothing."""

import json
import shutil
import subprocess
from collections import Counter
from dataclasses import replace

import pytest

from acquire.open import open_microscope
from acquire.planfile import parse_plan
from acquire.runopen import create_run
from acquire.scan import Scan
from acquire.stackfile import disk_free
from calibration.rig import load_rig

pytestmark = pytest.mark.core
SITES, FULL_AFTER = 6, 3
DISK_MB = 64
PLAN = {
    "slide": "S1",
    "sites_um": [[100 + 100 * i, 100] for i in range(SITES)],
    "objectives": ["10x"],
    "exposure_ms": {"10x": 10},
    "suspend": {"settle_s": 0.0, "disk_floor_gb": 0.001},
}


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own, which can be filled to its last byte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    command = [mount, "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(folder)]
    if mount is None or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("this user may not mount a small file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


class Filling:
    """Somebody else's files: they come after some stacks and are deleted once the capture has looked for room twice."""

    def __init__(self, folder):
        self.ballast, self.looks, self.least = folder / "ballast", 0, None

    def fills(self, done, _visits, _says):
        if done == FULL_AFTER and not self.ballast.exists() and self.least is None:
            self._to_the_last_byte()

    def _to_the_last_byte(self):
        with self.ballast.open("wb", buffering=0) as file:
            for size in (2**20, 2**10, 1):
                try:
                    while file.write(bytes(size)) == size:
                        pass
                except OSError:
                    continue

    def free_bytes(self, folder):
        free = disk_free(folder)
        if self.ballast.exists():
            self.looks += 1
            self.least = free
            if self.looks == 2:
                self.ballast.unlink()
        return free


def test_on_a_disk_filled_to_its_last_byte_the_capture_waits_and_then_ends_whole(small_disk):
    rig, filling = load_rig("demo"), Filling(small_disk)
    with open_microscope(rig) as microscope:
        run = create_run(small_disk / "run", parse_plan(PLAN, rig), rig, None)
        run = replace(run, free_bytes=filling.free_bytes)
        told = {"confirm": lambda _question: True, "progress": filling.fills}
        result = Scan(microscope=microscope, run=run, **told).capture()
    assert (filling.least, filling.ballast.exists()) == (0, False)
    assert (result.state, result.done, result.skipped) == ("finished", SITES, 0)
    events = [json.loads(line) for line in (run.path / "journal.jsonl").read_text().splitlines()]
    stored = Counter(event["site"] for event in events if event["event"] == "stored")
    assert set(stored.values()) == {1}
    assert len(stored) == SITES
    order = [event["event"] for event in events if event["event"] in ("stored", "suspended", "resumed")]
    assert order[:FULL_AFTER] == ["stored"] * FULL_AFTER
    assert order[-1] == "stored"
    assert 1 <= order.count("suspended") == order.count("resumed")
    assert all(run.read(site, "10x").pixels.any() for site in stored)
