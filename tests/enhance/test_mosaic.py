import csv
import tracemalloc

import cv2
import numpy as np
import pytest
import tifffile

from calibration.affine import shifting
from calibration.errors import MeasurementError
from calibration.flatfield import GLASS_LEVEL
from enhance.errors import ImageError
from enhance.mosaic import stitch, stitch_run
from enhance.tiles import Tiles
from tests.enhance.mosaic_run import GLASS, capture_mosaic, field, true_px


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return capture_mosaic(tmp_path_factory.mktemp("mosaic") / "run").path


def places(table):
    with table.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return np.array([[float(row["x_px"]), float(row["y_px"])] for row in rows]), [row["held_by"] for row in rows]


def test_a_run_becomes_one_picture_of_its_field(run, tmp_path):
    result = stitch_run(run, tmp_path / "field.ome.tif")
    whole, (found, _) = tifffile.imread(result.out), places(result.table)
    held = np.delete(np.arange(len(found)), GLASS)
    gaps = (found - true_px(0))[held]
    assert np.abs(gaps - gaps.mean(axis=0)).max() < 0.05
    expected = cv2.warpAffine(255 * GLASS_LEVEL * field(0), shifting(*gaps.mean(axis=0)), whole.shape[1::-1])
    inner = np.s_[30:200, 30:600]
    assert np.abs(whole[inner] - expected[inner]).mean() < 1.5


def test_a_tile_without_texture_is_marked_in_result_and_table(run, tmp_path):
    result = stitch_run(run, tmp_path / "field.ome.tif")
    assert result.on_stage == ("0006",)
    assert places(result.table)[1] == ["overlaps"] * 5 + ["stage"]


def test_with_the_stage_alone_nothing_is_measured(run, tmp_path):
    result = stitch_run(run, tmp_path / "field.ome.tif", refine=False)
    assert (result.overlaps, result.links) == (0, 0)
    gaps = places(result.table)[0] - true_px(0)
    assert np.abs(gaps - gaps.mean(axis=0)).max() > 1


def test_the_scatter_of_the_stage_is_told(run, tmp_path):
    result = stitch_run(run, tmp_path / "field.ome.tif")
    assert 1 <= result.stage_scatter_px < 6
    assert result.stage_scale == pytest.approx(1, abs=0.01)


def test_a_camera_that_is_turned_without_a_calibration_is_suspected(tmp_path):
    turned = 0.185 * np.array([[0.0, -1.0], [1.0, 0.0]])
    run = capture_mosaic(tmp_path / "run", calibrated=False, stage=turned).path
    result = stitch_run(run, tmp_path / "field.ome.tif")
    assert any("the camera may be turned" in note for note in result.notes)


def test_tiles_that_do_not_overlap_are_laid_by_the_stage_and_that_is_said(tmp_path):
    tile = np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    tiles = Tiles(names=("a", "b"), prior_px=np.array([(0.0, 0), (100, 0)]), read=lambda _: tile, white_level=255)
    result = stitch(tiles, tmp_path / "field.ome.tif")
    assert result.on_stage == ("a", "b")
    assert "no two tiles overlap" in result.notes[0]
    whole = tifffile.imread(result.out)
    np.testing.assert_array_equal(whole[:, :64], tile)
    assert (whole[:, 64:100] == 255).all()


@pytest.mark.parametrize(("name", "blend", "says"), [("a.png", "feather", "ome.tif"), ("a.ome.tif", "soft", "'soft'")])
def test_a_wrong_name_or_blend_is_refused_before_anything_is_read(run, tmp_path, name, blend, says):
    with pytest.raises(ImageError, match=says):
        stitch_run(run, tmp_path / name, blend=blend)
    assert not list(tmp_path.iterdir())


def test_tiles_of_different_size_are_refused(tmp_path):
    shapes = [(64, 64, 3), (64, 60, 3)]
    tiles = Tiles(
        names=("a", "b"),
        prior_px=np.array([(0.0, 0), (20, 0)]),
        read=lambda n: np.zeros(shapes[n], np.uint8),
        white_level=255,
    )
    with pytest.raises(MeasurementError, match="one size"):
        stitch(tiles, tmp_path / "field.ome.tif")


def test_memory_does_not_grow_with_the_rows_of_a_mosaic_and_every_tile_is_read_twice(tmp_path):
    side, step, columns = 400, 360, 2
    world = np.random.default_rng(0).integers(0, 255, (16 * step + side, columns * step + side, 3)).astype(np.uint8)

    def stitched(rows):
        prior = np.array([(c * step, r * step) for r in range(rows) for c in range(columns)], dtype=float)
        corners, read = prior.astype(int), []

        def cut(number):
            x, y = corners[number]
            read.append(number)
            return world[y : y + side, x : x + side].copy()

        tiles = Tiles(names=tuple(map(str, range(len(prior)))), prior_px=prior, read=cut, white_level=255)
        tracemalloc.start()
        result = stitch(tiles, tmp_path / "large.ome.tif")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert result.links == result.overlaps == columns * (rows - 1) + (columns - 1) * rows
        assert sorted(read[1:]) == sorted(2 * list(range(len(prior))) + [0])  # the first also tells the size
        return peak

    more = 10 * columns * side * side * 3
    assert stitched(16) - stitched(6) < more / 2
