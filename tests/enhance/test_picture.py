import struct

import cv2
import numpy as np
import pytest
import tifffile

from calibration.flatfield import Correction, correct_finely
from enhance.apply import enhance_path
from enhance.bitdepth import as_bytes
from enhance.engine_torch import TorchEngine
from enhance.errors import ImageError
from enhance.novelty import ranges_of, tile_statistics
from enhance.picture import open_picture, provenance, write_enhanced
from tests.enhance.models import checkpoint

COLOUR = np.random.default_rng(6).integers(0, 256, (9, 12, 3), dtype=np.uint8)
SENTENCE = "trained on simulated slides only"


@pytest.fixture(scope="module")
def engine():
    ranges = ranges_of([tile_statistics(COLOUR, white_level=255)])
    return TorchEngine(checkpoint(blocks=1, ranges=ranges))


@pytest.fixture
def png(tmp_path):
    return saved(tmp_path / "in.png", COLOUR)


def test_a_png_is_read_red_first(png):
    picture = open_picture(png)
    assert np.array_equal(picture.pixels, COLOUR)
    assert (picture.white_level, picture.pixel_um, picture.notes) == (255, None, ())


def test_a_grey_picture_is_given_to_all_three_colours_and_that_is_said(tmp_path):
    picture = open_picture(saved(tmp_path / "grey.png", COLOUR[..., 0]))
    assert np.array_equal(picture.pixels, np.repeat(COLOUR[..., :1], 3, axis=2))
    assert any("grey" in note for note in picture.notes)


def test_opacity_is_dropped(tmp_path):
    opaque = np.dstack([COLOUR, np.full(COLOUR.shape[:2], 77, dtype=np.uint8)])
    cv2.imwrite(str(tmp_path / "rgba.png"), opaque[..., [2, 1, 0, 3]])
    assert np.array_equal(open_picture(tmp_path / "rgba.png").pixels, COLOUR)


def test_sixteen_bits_are_kept_and_their_white_level_said(tmp_path):
    path = tmp_path / "deep.tif"
    tifffile.imwrite(path, COLOUR.astype(np.uint16) * 257, photometric="rgb")
    picture = open_picture(path)
    assert picture.pixels.dtype == np.uint16
    assert picture.white_level == 65535
    assert any("white taken at 65535" in note for note in picture.notes)


def test_twelve_bits_in_sixteen_without_a_word_are_suspected(tmp_path):
    path = tmp_path / "dark.tif"
    tifffile.imwrite(path, COLOUR.astype(np.uint16) * 16, photometric="rgb")
    assert any("fewer bits" in note for note in open_picture(path).notes)
    assert open_picture(path, white_level=4095).white_level == 4095


def test_bits_and_pixel_size_of_an_ome_header_are_used(tmp_path):
    path = tmp_path / "deep.ome.tif"
    metadata = {"axes": "YXS", "SignificantBits": 12, "PhysicalSizeX": 185.0, "PhysicalSizeXUnit": "nm"}
    tifffile.imwrite(path, COLOUR.astype(np.uint16), photometric="rgb", metadata=metadata)
    picture = open_picture(path)
    assert picture.white_level == 4095
    assert picture.pixel_um == pytest.approx(0.185)


@pytest.mark.parametrize("name", ["notes.txt", "notes.png", "notes.jpg", "notes.tif", "notes.ome.tif"])
def test_a_text_file_is_refused_whatever_it_is_called(tmp_path, name):
    (tmp_path / name).write_text("these are words and no picture")
    with pytest.raises(ImageError, match=r"not a (picture|TIFF) that can be read"):
        open_picture(tmp_path / name)


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(ImageError, match="there is no picture"):
        open_picture(tmp_path / "nothing.png")


def test_a_stack_is_refused_with_the_advice_to_fuse_it(tmp_path):
    tifffile.imwrite(tmp_path / "stack.tif", np.stack([COLOUR] * 5), photometric="rgb")
    with pytest.raises(ImageError, match=r"holds 5 pictures: .* fuse"):
        open_picture(tmp_path / "stack.tif")


def test_float_pixels_are_refused(tmp_path):
    tifffile.imwrite(tmp_path / "float.tif", COLOUR.astype(np.float32), photometric="rgb")
    with pytest.raises(ImageError, match="float32 pixels and the network takes 8 or 16 bits"):
        open_picture(tmp_path / "float.tif")


@pytest.mark.parametrize("name", ["out.png", "out.tif", "out.ome.tif"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_what_is_written_reads_back_the_same_and_carries_its_provenance(tmp_path, name, dtype):
    pixels = COLOUR.astype(dtype) * (257 if dtype == np.uint16 else 1)
    sentence = provenance(checkpoint(), passes=2)
    write_enhanced(tmp_path / name, pixels, description=sentence, pixel_um=0.074)
    assert np.array_equal(open_picture(tmp_path / name).pixels, pixels)
    assert sentence.encode() in (tmp_path / name).read_bytes()
    assert sentence.endswith(SENTENCE)
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_a_plain_tiff_and_a_png_say_their_pixel_size_as_resolution(tmp_path):
    for name in ("out.tif", "out.png"):
        write_enhanced(tmp_path / name, COLOUR, description="", pixel_um=0.08)
    with tifffile.TiffFile(tmp_path / "out.tif") as tif:
        (page,) = tif.pages
        assert page.resolutionunit == tifffile.RESUNIT.CENTIMETER
        assert page.resolution == pytest.approx((125_000, 125_000))
    content = (tmp_path / "out.png").read_bytes()
    at = content.index(b"pHYs") + 4
    assert struct.unpack(">IIB", content[at : at + 9]) == (12_500_000, 12_500_000, 1)


def test_raw_frames_are_corrected_by_the_calibration_of_their_rig(engine, png, tmp_path):
    flat = np.linspace(0.5, 0.9, 12, dtype=np.float32)[None, :, None] * np.ones((9, 1, 3), np.float32)
    correction = Correction(dark=np.zeros((9, 12, 3), np.float32), flat=flat)
    applied = enhance_path(png, tmp_path / "out.tif", engine, correction=correction)
    expected = as_bytes(engine.enhance(correct_finely(COLOUR, correction, white_level=255)))
    assert np.array_equal(open_picture(tmp_path / "out.tif").pixels, expected)
    assert not any("taken as they are" in note for note in applied.notes)


def test_what_was_corrected_is_written_in_the_levels_of_its_camera(engine, tmp_path):
    correction = Correction(dark=np.zeros((1, 1, 3), np.float32), flat=np.full((1, 1, 3), 0.6, np.float32))
    taken = COLOUR.astype(np.uint16) * 16
    deep = saved(tmp_path / "in.tif", taken)
    enhance_path(deep, tmp_path / "out.tif", engine, correction=correction, white_level=4095)
    fine = engine.enhance(correct_finely(taken, correction, white_level=4095)).astype(float) * 4095 / 65535
    found = open_picture(tmp_path / "out.tif").pixels
    assert found.dtype == np.uint16
    assert np.abs(found - fine).max() <= 0.501


def test_pixels_above_the_white_level_that_was_told_are_named(tmp_path):
    bright = saved(tmp_path / "in.tif", COLOUR.astype(np.uint16) * 13)
    assert any("above white" in note for note in open_picture(bright, white_level=255).notes)


@pytest.mark.parametrize("name", ["out.tif", "there"])
def test_a_folder_is_not_enhanced_into_one_file(png, tmp_path, name):
    (tmp_path / "there").write_text("a file")
    with pytest.raises(ImageError, match="name a folder for the results"):
        enhance_path(png.parent, tmp_path / name, Untouched())


def test_a_lossy_format_is_refused_for_writing(tmp_path):
    with pytest.raises(ImageError, match="cannot hold a picture"):
        write_enhanced(tmp_path / "out.jpg", COLOUR, description="")


def test_one_file_is_enhanced_into_one_file(engine, png, tmp_path):
    applied = enhance_path(png, tmp_path / "out.tif", engine)
    (output,) = applied.outputs
    assert output.shape == (23, 30, 3)
    assert np.array_equal(open_picture(output.out).pixels, engine.enhance(COLOUR))
    assert applied.statement == SENTENCE
    assert applied.engine == "torch"
    assert applied.novel_fraction == 0


def test_the_enhanced_picture_knows_its_pixel_size(engine, tmp_path):
    source = tmp_path / "in.ome.tif"
    tifffile.imwrite(source, COLOUR, photometric="rgb", metadata={"axes": "YXS", "PhysicalSizeX": 0.1875})
    enhance_path(source, tmp_path / "out.ome.tif", engine)
    assert open_picture(tmp_path / "out.ome.tif").pixel_um == pytest.approx(0.075)


def test_every_picture_of_a_folder_is_enhanced_and_what_is_none_is_named(engine, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a.png", "b.tif", "a.jpg"):
        saved(folder / name, COLOUR)
    (folder / "c.png").write_text("no picture")
    (folder / "readme.txt").write_text("not even called one")
    applied = enhance_path(folder, tmp_path / "out", engine)
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["a_jpg.png", "a_png.png", "b.tif"]
    assert len(applied.skipped) == 1
    assert "c.png" in applied.skipped[0]


def test_a_folder_without_pictures_is_refused(engine, tmp_path):
    with pytest.raises(ImageError, match="no picture in"):
        enhance_path(tmp_path, tmp_path / "out", engine)


def test_a_folder_in_which_no_picture_can_be_read_is_refused(engine, tmp_path):
    (tmp_path / "a.png").write_text("no picture")
    with pytest.raises(ImageError, match=r"a\.png is not a picture"):
        enhance_path(tmp_path, tmp_path / "out", engine)


def test_a_picture_is_never_written_over_itself(engine, png):
    with pytest.raises(ImageError, match="replace its own input"):
        enhance_path(png, png, engine)
    assert np.array_equal(open_picture(png).pixels, COLOUR)


def test_an_output_that_cannot_be_written_is_refused_before_the_work(png, tmp_path):
    engine = Untouched()
    with pytest.raises(ImageError, match="cannot hold a picture"):
        enhance_path(png, tmp_path / "out.jpg", engine)


class Untouched:
    """An engine that may not be asked for anything."""


def test_a_folder_as_output_takes_the_name_of_the_input(engine, png, tmp_path):
    applied = enhance_path(png, tmp_path / "new", engine)
    assert applied.outputs[0].out == tmp_path / "new" / "in.png"
    assert applied.outputs[0].out.is_file()


def saved(path, pixels):
    if path.suffix == ".tif":
        tifffile.imwrite(path, pixels, photometric="rgb")
        return path
    cv2.imwrite(str(path), pixels[..., ::-1] if pixels.ndim == 3 else pixels)
    return path
