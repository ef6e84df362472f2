import cv2
import numpy as np
import pytest

from calibration.flatfield import GLASS_LEVEL
from enhance.errors import ImageError
from enhance.tiles import tiles_of_files, tiles_of_run
from tests.enhance.mosaic_run import GLASS, asked_px, capture_mosaic

PIXEL_UM = 0.185
TURNS = {
    "upright": [[1, 0], [0, 1]],
    "quarter turn": [[0, -1], [1, 0]],
    "mirrored": [[-1, 0], [0, 1]],
    "mirrored, quarter turn": [[0, 1], [1, 0]],
}


@pytest.mark.parametrize("turn", TURNS)
def test_stage_positions_become_pixels_of_the_camera_however_it_is_turned(tmp_path, turn):
    run = capture_mosaic(tmp_path / "run", stage=PIXEL_UM * np.array(TURNS[turn]))
    prior = tiles_of_run(run).prior_px
    np.testing.assert_allclose(prior - prior[0], asked_px() - asked_px()[0], atol=1e-6)


def test_tiles_of_a_calibrated_run_have_even_light(tmp_path):
    tiles = tiles_of_run(capture_mosaic(tmp_path / "run"))
    glass = tiles.read(GLASS)
    assert glass.reshape(-1, 3).mean(axis=0) == pytest.approx([GLASS_LEVEL * 255] * 3, abs=0.5)
    assert np.abs(cv2.GaussianBlur(glass, (0, 0), 15).astype(int) - GLASS_LEVEL * 255).max() < 2
    assert tiles.notes == ()


def test_a_run_without_calibration_is_taken_as_it_is_and_says_so(tmp_path):
    tiles = tiles_of_run(capture_mosaic(tmp_path / "run", calibrated=False))
    assert "no calibration" in tiles.notes[0]
    assert tiles.pixel_um == pytest.approx(PIXEL_UM)
    assert np.ptp(cv2.GaussianBlur(tiles.read(GLASS)[..., 1], (0, 0), 15)) > 10


def test_sites_not_captured_yet_are_counted(tmp_path):
    tiles = tiles_of_run(capture_mosaic(tmp_path / "run", sites=4))
    assert tiles.names == ("0001", "0002", "0003", "0004")
    assert tiles.notes[0].startswith("2 sites of the plan are not captured yet")


def test_an_objective_that_was_not_captured_is_refused_with_those_there_are(tmp_path):
    run = capture_mosaic(tmp_path / "run", sites=1)
    with pytest.raises(ImageError, match=r"no site with '100x'; its objectives are \['40x', '100x'\]"):
        tiles_of_run(run, "100x")


def test_picture_files_are_tiles_too(tmp_path):
    files = [tmp_path / f"{n}.png" for n in range(2)]
    for number, file in enumerate(files):
        cv2.imwrite(str(file), np.full((40, 50, 3), 100 + number, np.uint8))
    tiles = tiles_of_files(files, [(0, 0), (45, 1)], pixel_um=0.25)
    assert tiles.names == ("0.png", "1.png")
    assert (tiles.read(1) == 101).all()
    with pytest.raises(ImageError, match="2 pictures and 1 places"):
        tiles_of_files(files, [(0, 0)])
