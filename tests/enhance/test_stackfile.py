"""Stacks as files: every common shape is read alike, results appear whole, and bad input is refused in words."""

import cv2
import numpy as np
import pytest
import tifffile

from enhance.edf import fuse
from enhance.errors import ImageError, StackError
from enhance.picturefile import read_picture, write_picture
from enhance.stackfile import fuse_path, read_stack
from tests.enhance.reliefs import relief


@pytest.fixture
def planes():
    return np.random.default_rng(0).integers(0, 256, (3, 24, 30, 3), dtype=np.uint8)


def _separate_pages(path, planes):
    with tifffile.TiffWriter(path) as file:
        for plane in planes:
            file.write(plane, photometric="rgb")


def _ome(path, planes):
    depths = {"PositionZ": [-0.4, 0.0, 0.4], "PositionZUnit": ["µm"] * 3}
    metadata = {"axes": "ZYXS", "Plane": depths, "Description": "Simulated pixels", "PhysicalSizeX": 0.074}
    tifffile.imwrite(path, planes, photometric="rgb", ome=True, metadata=metadata)


def _channels_first(path, planes):
    tifffile.imwrite(path, np.moveaxis(planes, -1, 1), photometric="rgb", planarconfig="separate")


def _folder(path, planes):
    path.mkdir()
    for number, plane in zip((1, 2, 10), planes, strict=True):
        cv2.imwrite(str(path / f"plane_{number}.png"), plane[..., ::-1])
    (path / "notes.txt").write_text("not a plane")


@pytest.mark.parametrize("write", [_separate_pages, _ome, _channels_first, _folder])
def test_planes_are_read_in_order_with_red_first(tmp_path, planes, write):
    write(tmp_path / "stack.tif", planes)
    assert np.array_equal(read_stack(tmp_path / "stack.tif").planes, planes)


def test_grey_pages_become_three_equal_channels(tmp_path, planes):
    tifffile.imwrite(tmp_path / "stack.tif", planes[..., 1].astype(np.uint16) * 16, photometric="minisblack")
    read = read_stack(tmp_path / "stack.tif").planes
    assert read.dtype == np.uint16
    assert np.array_equal(read, np.repeat(planes[..., 1:2].astype(np.uint16) * 16, 3, axis=-1))


def test_opacity_is_dropped(tmp_path, planes):
    plane = np.dstack([planes[0, ..., ::-1], np.full((24, 30), 255, np.uint8)])
    cv2.imwrite(str(tmp_path / "one.png"), plane)
    assert np.array_equal(read_picture(tmp_path / "one.png"), planes[0])


def test_z_is_taken_from_the_positions_read_back(tmp_path, planes):
    _ome(tmp_path / "stack.ome.tif", planes)
    assert read_stack(tmp_path / "stack.ome.tif").z_um == (-0.4, 0.0, 0.4)


def test_z_is_taken_from_the_nominal_step_in_its_own_unit(tmp_path, planes):
    metadata = {"axes": "ZYXS", "PhysicalSizeZ": 500, "PhysicalSizeZUnit": "nm"}
    tifffile.imwrite(tmp_path / "stack.ome.tif", planes, photometric="rgb", ome=True, metadata=metadata)
    assert read_stack(tmp_path / "stack.ome.tif").z_um == (0.0, 0.5, 1.0)


def test_a_stack_without_z_has_its_depth_in_planes(tmp_path):
    specimen = relief(1, noise=1.0)
    _separate_pages(tmp_path / "stack.tif", specimen.planes)
    result = fuse_path(tmp_path / "stack.tif", tmp_path / "out.tif")
    depth, last = tifffile.imread(result.depth), len(specimen.planes) - 1
    assert result.depth_unit == "planes"
    assert -0.5 <= np.nanmin(depth) < 1
    assert last - 1 < np.nanmax(depth) <= last + 0.5


def test_depth_that_is_not_known_is_not_a_number_and_the_file_says_so(tmp_path, planes):
    _ome(tmp_path / "stack.ome.tif", planes)  # noise, in focus nowhere
    result = fuse_path(tmp_path / "stack.ome.tif", tmp_path / "out.tif")
    assert np.isnan(tifffile.imread(result.depth)).all()
    with tifffile.TiffFile(result.depth) as file:
        assert "nan where no plane is clearly sharper" in file.pages[0].description
    assert result.depth_known == 0


def test_a_step_that_is_given_is_the_depth_whatever_the_file_tells(tmp_path, planes):
    _ome(tmp_path / "stack.ome.tif", planes)
    result = fuse_path(tmp_path / "stack.ome.tif", tmp_path / "out.tif", step_um=-2.0)
    expected = fuse(planes, z_um=(0.0, -2.0, -4.0))
    assert result.depth_unit == "um"
    assert np.array_equal(tifffile.imread(result.depth), expected.depth, equal_nan=True)


@pytest.mark.parametrize("step_um", [0.0, float("nan"), float("inf")])
def test_a_step_that_is_none_is_refused(tmp_path, planes, step_um):
    _ome(tmp_path / "stack.ome.tif", planes)
    with pytest.raises(StackError, match="not 0"):
        fuse_path(tmp_path / "stack.ome.tif", tmp_path / "out.tif", step_um=step_um)


@pytest.mark.parametrize("name", ["out.tif", "out.ome.tif", "new/out.png"])
def test_fusing_a_file_writes_what_fusing_its_planes_gives(tmp_path, planes, name):
    _ome(tmp_path / "stack.ome.tif", planes)
    result = fuse_path(tmp_path / "stack.ome.tif", tmp_path / name)
    expected = fuse(planes, z_um=(-0.4, 0.0, 0.4))
    assert (result.planes, result.method, result.out) == (3, "forster", tmp_path / name)
    assert np.array_equal(read_picture(result.out), expected.image)
    assert np.array_equal(tifffile.imread(result.depth), expected.depth, equal_nan=True)
    assert result.depth.name == "out_depth.tif"
    assert not list(tmp_path.rglob("*.part"))


def test_the_origin_and_the_size_of_the_pixels_are_handed_on(tmp_path, planes):
    _ome(tmp_path / "stack.ome.tif", planes)
    result = fuse_path(tmp_path / "stack.ome.tif", tmp_path / "out.ome.tif")
    with tifffile.TiffFile(result.out) as file:
        assert "Simulated pixels" in file.ome_metadata
        assert 'PhysicalSizeY="0.074"' in file.ome_metadata


@pytest.mark.parametrize("name", ["out.tif", "out.ome.tif"])
def test_a_stack_may_have_any_name(tmp_path, planes, name):
    _separate_pages(tmp_path / "Färbung 4 µm.tif", planes)
    fuse_path(tmp_path / "Färbung 4 µm.tif", tmp_path / name)
    with tifffile.TiffFile(tmp_path / name) as file:
        assert "Färbung 4 µm.tif" in (file.ome_metadata or file.pages[0].description)


def test_a_damaged_header_is_said(tmp_path, planes):
    _ome(tmp_path / "stack.ome.tif", planes)
    whole = (tmp_path / "stack.ome.tif").read_bytes()
    assert b'PositionZ="-0.4"' in whole
    (tmp_path / "stack.ome.tif").write_bytes(whole.replace(b'PositionZ="-0.4"', b'PositionZ="low "'))
    with pytest.raises(StackError, match=r"the OME header of stack\.ome\.tif is damaged"):
        read_stack(tmp_path / "stack.ome.tif")


def test_sixteen_bit_png_survives_a_round_trip(tmp_path, planes):
    wide = planes[0].astype(np.uint16) * 257
    write_picture(tmp_path / "wide.png", wide)
    assert np.array_equal(read_picture(tmp_path / "wide.png"), wide)


def _text(path):
    path.write_text("this is no picture")


def _empty(path):
    path.touch()


def _single(path):
    tifffile.imwrite(path, np.zeros((8, 8, 3), np.uint8), photometric="rgb")


def _two_sizes(path):
    with tifffile.TiffWriter(path) as file:
        file.write(np.zeros((8, 8, 3), np.uint8), photometric="rgb")
        file.write(np.zeros((9, 8, 3), np.uint8), photometric="rgb")


def _folder_of_two_sizes(path):
    path.mkdir()
    for side in (8, 9):
        cv2.imwrite(str(path / f"{side}.png"), np.zeros((side, 8, 3), np.uint8))


def _empty_folder(path):
    path.mkdir()


def _time_lapse(path):
    tifffile.imwrite(path, np.zeros((2, 3, 8, 8, 3), np.uint8), photometric="rgb", ome=True, metadata={"axes": "TZYXS"})


def _labels(path):
    tifffile.imwrite(path, np.zeros((3, 8, 8), np.int32), photometric="minisblack")


def _nothing(path):
    assert not path.exists()


@pytest.mark.parametrize(
    ("write", "says"),
    [
        (_text, "not a TIFF"),
        (_empty, "not a TIFF"),
        (_nothing, "there is no stack"),
        (_single, "stack of 1 planes"),
        (_two_sizes, "differ"),
        (_folder_of_two_sizes, "8×8 uint8, 8×9 uint8"),
        (_empty_folder, "holds no pictures"),
        (_time_lapse, "TZYXS"),
        (_labels, "int32"),
    ],
)
def test_what_is_no_stack_is_refused_in_words(tmp_path, write, says):
    write(tmp_path / "stack.tif")
    with pytest.raises((ImageError, StackError), match=says):
        fuse_path(tmp_path / "stack.tif", tmp_path / "out.tif")
    assert not (tmp_path / "out.tif").exists()


@pytest.mark.parametrize("name", ["stack.txt", "stack.png"])
def test_a_text_file_of_any_name_is_refused_in_words(tmp_path, name):
    _text(tmp_path / name)
    with pytest.raises(ImageError, match="not a picture"):
        fuse_path(tmp_path / name, tmp_path / "out.tif")


@pytest.mark.parametrize(("name", "says"), [("out.jpg", "ends in one of"), (".", "cannot hold a picture")])
def test_a_name_that_cannot_hold_the_result_is_refused_before_work_begins(tmp_path, planes, name, says):
    _separate_pages(tmp_path / "stack.tif", planes)
    with pytest.raises(ImageError, match=says):
        fuse_path(tmp_path / "stack.tif", tmp_path / name)


def test_a_png_is_refused_for_what_it_cannot_hold(tmp_path):
    with pytest.raises(ImageError, match="float32"):
        write_picture(tmp_path / "out.png", np.zeros((4, 4, 3), np.float32))


def test_an_unknown_method_is_refused_by_name(tmp_path, planes):
    _separate_pages(tmp_path / "stack.tif", planes)
    with pytest.raises(StackError, match="sharpest"):
        fuse_path(tmp_path / "stack.tif", tmp_path / "out.tif", method="sharpest")
