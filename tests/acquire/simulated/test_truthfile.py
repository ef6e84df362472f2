import numpy as np
import pytest
import tifffile

from acquire.errors import StoreError
from acquire.truthfile import Truth, read_truth, write_truth

MATRIX = np.array([[0.4, 0.001, 12.5], [-0.001, 0.4, 3.25]])


def pictures():
    rng = np.random.default_rng(0)
    return (rng.integers(0, 65_536, (20, 30, 3), dtype=np.uint16) for _ in range(2))


def test_what_is_written_is_read(tmp_path):
    plane, fused = pictures()
    write_truth(tmp_path, Truth(site="a", matrix=MATRIX, plane=plane, fused=fused), pixel_um=0.074)
    found = read_truth(tmp_path, "a")
    assert np.array_equal(found.matrix, MATRIX)
    assert np.array_equal(found.plane, plane)
    assert np.array_equal(found.fused, fused)


def test_bytes_of_an_earlier_run_are_read_as_parts_of_the_same_white(tmp_path):
    grey = np.array([[[0, 100, 255]]], dtype=np.uint8)
    write_truth(tmp_path, Truth(site="a", matrix=MATRIX, plane=grey), pixel_um=0.074)
    assert read_truth(tmp_path, "a").plane.tolist() == [[[0, 25_700, 65_535]]]


def test_a_run_may_keep_the_transform_only(tmp_path):
    write_truth(tmp_path, Truth(site="a", matrix=MATRIX), pixel_um=0.074)
    assert read_truth(tmp_path, "a").plane is None


def test_of_a_single_plane_nothing_is_fused(tmp_path):
    plane, _ = pictures()
    write_truth(tmp_path, Truth(site="a", matrix=MATRIX, plane=plane), pixel_um=0.074)
    found = read_truth(tmp_path, "a")
    assert np.array_equal(found.plane, plane)
    assert found.fused is None


def test_a_real_run_has_no_truth(tmp_path):
    assert read_truth(tmp_path, "a") is None


def test_the_pictures_say_that_they_are_simulated(tmp_path):
    plane, fused = pictures()
    write_truth(tmp_path, Truth(site="a", matrix=MATRIX, plane=plane, fused=fused), pixel_um=0.074)
    with tifffile.TiffFile(tmp_path / "truth" / "a.ome.tif") as file:
        assert "simulated" in file.ome_metadata
        assert [series.name for series in file.series] == ["plane", "fused"]


def test_nothing_half_written_stays_under_a_final_name(tmp_path):
    plane, fused = pictures()
    write_truth(tmp_path, Truth(site="a", matrix=MATRIX, plane=plane, fused=fused), pixel_um=0.074)
    assert sorted(path.name for path in (tmp_path / "truth").iterdir()) == ["a.json", "a.ome.tif"]


def test_a_damaged_file_is_said(tmp_path):
    (tmp_path / "truth").mkdir()
    (tmp_path / "truth" / "a.json").write_text("{", encoding="utf-8")
    with pytest.raises(StoreError, match="capture it again"):
        read_truth(tmp_path, "a")
