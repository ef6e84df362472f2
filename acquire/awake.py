"""Keeping the machine from sleeping during a run, by whatever it has for that; where it has nothing, a warning."""

import select
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from wakepy import keep

INHIBIT = "systemd-inhibit"
HOLDING = ("sh", "-c", "echo held; exec cat > /dev/null")
"""Run by systemd once the lock holds: says so, then lasts until its standard input, a pipe from us, is closed."""
ANSWERS_S = 5.0
ENDS_S = 5.0
UNKEPT = (
    "this machine offers no way to be kept from sleeping: switch its sleep off in the energy settings before a run "
    "that is to last the night"
)


@contextmanager
def awake(why: str) -> Iterator[str]:
    """Keep the machine from sleeping by itself as long as the context lasts; the screen may go dark.

    On Windows, macOS and Linux desktops through wakepy; on a Linux machine where nobody is logged in at a desktop,
    through systemd. The lock ends with the process, even a killed one.

    Parameters
    ----------
    why : str
        Shown by the system to who asks what keeps it awake.

    Yields
    ------
    str
        Empty, or what a person should do because the machine could not be kept awake; never an error.
    """
    with ExitStack() as held:
        mode = held.enter_context(keep.running(on_fail="pass"))
        kept = bool(mode.active) or held.enter_context(_inhibited(why))
        yield "" if kept else UNKEPT


@contextmanager
def _inhibited(why: str, program: str = INHIBIT) -> Iterator[bool]:
    """Hold a lock of systemd, in a process that ends with its standard input, which is ours.

    Yields
    ------
    bool
        Whether it holds.
    """
    found = shutil.which(program)
    if found is None:
        yield False
        return
    command = [found, "--what=sleep:idle", "--who=Parfocal", f"--why={why}", *HOLDING]
    pipe, silent = subprocess.PIPE, subprocess.DEVNULL
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=silent) as lock:
        try:
            yield _holds(lock)
        finally:
            _release(lock)


def _holds(lock: subprocess.Popen[bytes]) -> bool:
    """Whether it says so in time; one that refuses ends, and its output with it."""
    if lock.stdout is None:
        return False
    answered, _, _ = select.select([lock.stdout], [], [], ANSWERS_S)
    return bool(answered) and lock.stdout.readline() == b"held\n"


def _release(lock: subprocess.Popen[bytes]) -> None:
    if lock.stdin is not None:
        lock.stdin.close()
    try:
        lock.wait(ENDS_S)
    except subprocess.TimeoutExpired:
        lock.kill()
