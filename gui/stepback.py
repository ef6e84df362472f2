"""Let other threads go first: the preview's network takes what the capture leaves of the processor."""

import ctypes
import os
import platform
import threading

import cv2
import numpy as np

LOWEST_NICE = 19
WINDOWS_LOWEST = -2
"""THREAD_PRIORITY_LOWEST of processthreadsapi.h."""
ENOUGH_PX = 1024
"""Side of a picture that OpenCV shares out among its threads; it reduces small ones alone."""


def step_back() -> bool:
    """Give this thread, and on Linux all that it starts from now on, the lowest priority; it cannot be taken back.

    OpenCV's threads serve the whole process and have the priority of who uses them first, so they are started before.

    Returns
    -------
    bool
        Whether that worked; where it does not, threads share evenly.
    """
    _start_shared_threads()
    try:
        if platform.system() == "Windows":
            return _on_windows()
        if platform.system() == "Linux":
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOWEST_NICE)
            return True
    except OSError:
        return False
    return False


def _start_shared_threads() -> None:
    picture = np.zeros((ENOUGH_PX, ENOUGH_PX, 3), np.uint8)
    cv2.resize(picture, (ENOUGH_PX // 2, ENOUGH_PX // 2), interpolation=cv2.INTER_AREA)
    cv2.cvtColor(picture, cv2.COLOR_RGB2BGRA)


def _on_windows() -> bool:
    kernel = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined,unused-ignore]
    kernel.GetCurrentThread.restype = ctypes.c_void_p  # a handle of 64 bits, which an int would cut
    kernel.SetThreadPriority.argtypes = (ctypes.c_void_p, ctypes.c_int)
    return bool(kernel.SetThreadPriority(kernel.GetCurrentThread(), WINDOWS_LOWEST))
