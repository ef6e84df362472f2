"""Two programs never drive one rig; one program may open its own again, and a dead one holds nothing."""

import subprocess
import sys
from dataclasses import replace

import pytest

from acquire.errors import DeviceError
from acquire.riglock import locked
from calibration.optics import Source
from calibration.rig import load_rig

DEMO = load_rig("demo")
RUNNING = replace(DEMO, source=Source(kind="running", port=4829))
HOLDER = """
import sys
from dataclasses import replace
from acquire.riglock import locked
from calibration.optics import Source
from calibration.rig import load_rig
with locked(replace(load_rig("demo"), source=Source(kind="running", port=4829))):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other_program():
    with subprocess.Popen([sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def refused_to_another_program():
    answer = subprocess.run([sys.executable, "-c", HOLDER], input=b"", capture_output=True, check=False)
    return b"driven by another Parfocal" in answer.stderr


def test_a_rig_that_another_program_drives_is_refused(other_program):
    with pytest.raises(DeviceError, match=r"driven by another Parfocal already.*close that one"), locked(RUNNING):
        pytest.fail("both hold it")


def test_a_program_that_was_killed_holds_nothing(other_program):
    other_program.kill()
    other_program.wait()
    with locked(RUNNING):
        assert refused_to_another_program()


@pytest.mark.parametrize("kind", ["demo", "simulated"])
def test_a_microscope_that_lives_in_its_program_is_not_locked(kind, tmp_path, monkeypatch):
    monkeypatch.setenv("PARFOCAL_STATE_DIR", str(tmp_path))
    with locked(load_rig(kind)):
        assert list(tmp_path.iterdir()) == []


def test_one_program_may_open_its_rig_twice_and_holds_it_until_both_are_closed(tmp_path, monkeypatch):
    monkeypatch.setenv("PARFOCAL_STATE_DIR", str(tmp_path))
    with locked(RUNNING):
        with locked(RUNNING):
            pass
        assert refused_to_another_program()
