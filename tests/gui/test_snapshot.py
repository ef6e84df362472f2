import json

import cv2
import numpy as np
import pytest

from gui.develop import develop
from gui.errors import SnapshotError
from gui.snapshot import save_snapshot
from tests.gui.wire import EnlargingEngine, make_frame

PROVENANCE = {"statement": "trained on simulated slides only", "weights_sha256": "f" * 64}


def noisy_pair(dtype=np.uint8, white_level=255.0, **changes):
    pixels = np.random.default_rng(3).integers(0, int(white_level) + 1, (20, 30, 3), dtype)
    frame = make_frame(7, pixels=pixels, white_level=white_level, time_s=0.0, **changes)
    return develop(frame, pixels // 2, corrected=True, engine=EnlargingEngine())


def read_rgb(path):
    return cv2.cvtColor(cv2.imread(str(path), cv2.IMREAD_UNCHANGED), cv2.COLOR_BGR2RGB)


@pytest.mark.parametrize(("dtype", "white_level"), [(np.uint8, 255.0), (np.uint16, 4095.0)])
def test_pictures_are_saved_as_they_are(tmp_path, dtype, white_level):
    pair = noisy_pair(dtype, white_level)
    sheet = save_snapshot(pair, tmp_path / "new", pixel_um=0.2, provenance=PROVENANCE)
    files = json.loads(sheet.read_text(encoding="utf-8"))["files"]
    for name, pixels in (("raw", pair.frame.pixels), ("corrected", pair.raw), ("enhanced", pair.enhanced)):
        saved = read_rgb(sheet.parent / files[name])
        assert saved.dtype == dtype
        np.testing.assert_array_equal(saved, pixels)


def test_the_sheet_says_what_the_pictures_are(tmp_path):
    sheet = save_snapshot(noisy_pair(simulated=True), tmp_path, pixel_um=0.2, provenance=PROVENANCE)
    about = json.loads(sheet.read_text(encoding="utf-8"))
    assert sheet.name == "1970-01-01T00-00-00_000007.json"
    assert about["simulated"] is True
    assert about["pixel_um"] == {"raw": 0.2, "enhanced": pytest.approx(0.08)}
    assert about["position_um"] == {"x": 12.5, "y": 34.0, "z": 5.25}
    assert about["statement"] == "trained on simulated slides only"


def test_each_picture_says_in_itself_what_it_is(tmp_path):
    save_snapshot(noisy_pair(simulated=True), tmp_path, pixel_um=None, provenance=PROVENANCE)
    words = {path.stem.rpartition("_")[2]: path.read_bytes() for path in tmp_path.glob("*.png")}
    assert b"Description\0Simulated: rendered, not photographed. Enhanced by a neural network" in words["enhanced"]
    assert b"Description\0Simulated: rendered, not photographed. As the camera gave it" in words["raw"]


def test_a_raw_frame_alone_is_saved_alone(tmp_path):
    frame = make_frame(1)
    pair = develop(frame, frame.pixels, corrected=False, engine=None)
    sheet = save_snapshot(pair, tmp_path, pixel_um=None, provenance={})
    assert list(json.loads(sheet.read_text(encoding="utf-8"))["files"]) == ["raw"]
    assert len(list(tmp_path.iterdir())) == 2


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(SnapshotError, match="cannot be written to"):
        save_snapshot(noisy_pair(), tmp_path / "taken", pixel_um=None, provenance={})
