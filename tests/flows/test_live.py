"""The live window on the simulated microscope, in a process of its own, without a display."""

import json
import os
import subprocess
import sys

import cv2
import numpy as np
import pytest

pytestmark = pytest.mark.core
SECONDS = "4"


def test_live_shows_raw_and_enhanced_of_the_same_frame_and_ends_clean(tmp_path):
    picture = tmp_path / "window.png"
    command = [sys.executable, "-m", "parfocal", "live", "--rig", "simulated", "--seconds", SECONDS]
    done = subprocess.run(
        [*command, "--screenshot", str(picture), "--json"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["same_frame"]
    assert report["pairs"] >= 1
    assert not report["problems"]
    window = cv2.imread(str(picture)).astype(float)
    left, right = np.array_split(window[window.shape[0] // 4 : -window.shape[0] // 4], 2, axis=1)
    assert left.std() > 10
    assert right.std() > 10
    assert np.corrcoef(cv2.resize(left, (200, 100)).ravel(), cv2.resize(right, (200, 100)).ravel())[0, 1] > 0.5
