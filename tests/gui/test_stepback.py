import os
import subprocess
import sys
from pathlib import Path

import pytest

from gui import stepback

ROOT = Path(__file__).parents[2]
THREADS = """
import os, threading
import cv2, numpy as np
from gui.stepback import LOWEST_NICE, step_back

def niceness():
    return {task: os.getpriority(os.PRIO_PROCESS, int(task)) for task in os.listdir("/proc/self/task")}

def work():
    assert step_back()
    own = str(threading.get_native_id())
    cv2.resize(np.zeros((3000, 3000, 3), np.uint8), (1500, 1500), interpolation=cv2.INTER_AREA)
    lowered = [task for task, nice in niceness().items() if nice == LOWEST_NICE]
    assert lowered == [own], (own, niceness())
    child = threading.Thread(target=lambda: seen.append(niceness()[str(threading.get_native_id())]))
    child.start()
    child.join()

seen = []
thread = threading.Thread(target=work)
thread.start()
thread.join()
assert seen == [LOWEST_NICE], seen
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="threads have priorities of their own on Linux")
def test_the_thread_and_what_it_starts_step_back_and_no_thread_that_others_use():
    done = subprocess.run(
        [sys.executable, "-c", THREADS], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.stderr == ""


def test_where_the_system_refuses_threads_share_evenly(monkeypatch):
    def refuse(*_asked):
        raise PermissionError

    monkeypatch.setattr(stepback.platform, "system", lambda: "Linux")
    monkeypatch.setattr(os, "setpriority", refuse, raising=False)
    monkeypatch.setattr(os, "PRIO_PROCESS", 0, raising=False)
    assert not stepback.step_back()


def test_a_system_without_such_priorities_is_left_alone(monkeypatch):
    monkeypatch.setattr(stepback.platform, "system", lambda: "Darwin")
    assert not stepback.step_back()
