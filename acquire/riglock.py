"""The lock that keeps two programs from driving one rig."""

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from acquire.errors import DeviceError
from acquire.rigstate import rig_key, state_folder
from calibration.optics import Rig

SHARED_KINDS = ("in_process", "running")
"""Rigs that outlive the program; a demo or simulated one lives and dies in its own process."""


@contextmanager
def locked(rig: Rig) -> Iterator[None]:
    """Keep every other program of this user from driving a rig, as long as the context lasts.

    The lock dies with its program, however that ends. This program may open the rig again.

    Parameters
    ----------
    rig : Rig
        Demo and simulated ones are not locked.

    Raises
    ------
    DeviceError
        When another program drives it; nothing was connected.
    """
    if rig.source.kind not in SHARED_KINDS:
        yield
        return
    state_folder().mkdir(parents=True, exist_ok=True)
    lock = FileLock(state_folder() / f"{rig_key(rig)}.lock", is_singleton=True, thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise DeviceError(
            f"rig {rig.name!r} is driven by another Parfocal already ({lock.lock_file} is locked): close that one "
            "first, two programs must not move one microscope"
        ) from error
    try:
        yield
    finally:
        lock.release()
