"""A run keeps its machine awake where the machine lets it, and says what to do where it does not."""

import os
import stat
import subprocess
import sys

import pytest
from wakepy import keep

from acquire import awake as module
from acquire.awake import UNKEPT, awake

posix = pytest.mark.skipif(os.name == "nt", reason="systemd is asked on Linux only")


@pytest.fixture
def systemd(tmp_path, monkeypatch):
    """A fake at the wire: the program that systemd brings, and what it was told."""
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path / 'nobody'}")

    def does(script):
        program = tmp_path / module.INHIBIT
        program.write_text(f'#!/bin/sh\necho $$ > {tmp_path}/pid\necho "$@" > {tmp_path}/told\n{script}\n')
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        return tmp_path

    return does


def runs(folder):
    try:
        os.kill(int((folder / "pid").read_text()), 0)
    except ProcessLookupError:
        return False
    return True


@posix
def test_without_a_desktop_systemd_holds_the_lock_until_the_end(systemd):
    folder = systemd('shift 3\nexec "$@"')
    with awake("capturing slide S-014") as warning:
        assert warning == ""
        assert runs(folder)
        assert "--what=sleep:idle --who=Parfocal --why=capturing slide S-014" in (folder / "told").read_text()
    assert not runs(folder)


@posix
def test_a_killed_run_holds_no_lock_any_more(systemd, tmp_path):
    folder = systemd(f'shift 3\n"$@"\necho > {tmp_path}/over')
    script = "from acquire.awake import awake\nwith awake('x') as warning:\n  print(warning, flush=True)\n  input()"
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", script], stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout.readline() == "\n"
        assert not (folder / "over").exists()
        process.kill()
    assert _comes(folder / "over")


def _comes(file):
    """Whether a file comes: its writer is no child of ours that could be waited for."""
    for _ in range(500):
        if file.exists():
            return True
        subprocess.run([sys.executable, "-c", ""], check=True)
    return False


@posix
def test_a_machine_that_refuses_is_a_warning_and_no_error(systemd):
    systemd("echo 'Failed to connect to bus' >&2\nexit 1")
    with awake("capturing") as warning:
        assert warning == UNKEPT


@posix
def test_a_machine_with_nothing_to_ask_is_a_warning(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path / 'nobody'}")
    with awake("capturing") as warning:
        assert "switch its sleep off" in warning


def test_where_wakepy_succeeds_nothing_else_is_asked(tmp_path, monkeypatch):
    monkeypatch.setenv("WAKEPY_FAKE_SUCCESS", "1")
    monkeypatch.setenv("PATH", str(tmp_path))
    with awake("capturing") as warning:
        assert warning == ""
    with keep.running() as mode:
        assert mode.active


def test_an_error_inside_comes_out_unchanged(tmp_path, monkeypatch):
    monkeypatch.setenv("WAKEPY_FAKE_SUCCESS", "1")
    with pytest.raises(ZeroDivisionError), awake("capturing"):
        raise ZeroDivisionError
