"""Pixel size: pictures are brought to that of the model, refused where it is too far, and what is not known is said."""

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from enhance.apply import enhance_path
from enhance.engine_torch import TorchEngine
from enhance.errors import ImageError
from enhance.picture import Picture, open_picture
from enhance.trust.pixelsize import fitted
from tests.enhance.models import checkpoint
from tests.enhance.small_pairs import OPTICS, imaged, texture

MODEL_UM = 0.2
SHOWN = imaged(texture(240, seed=1), (5, 2))


@pytest.fixture(scope="module")
def engine():
    return TorchEngine(checkpoint(blocks=1, optics=OPTICS, pixel_um={"low": MODEL_UM, "high": 0.08}))


def picture(pixel_um, pixels=SHOWN):
    return Picture(pixels=pixels, white_level=255, pixel_um=pixel_um, notes=())


@given(st.floats(0.7, 1.3))
def test_the_pixel_size_afterwards_is_the_models_and_the_field_is_as_wide(times):
    found = fitted(picture(MODEL_UM * times), MODEL_UM, name="a").picture
    assert found.pixel_um == pytest.approx(MODEL_UM, rel=0.021)
    assert found.pixels.shape[1] * found.pixel_um == pytest.approx(SHOWN.shape[1] * MODEL_UM * times, rel=0.01)


@given(st.floats(0.01, 10).filter(lambda times: abs(times - 1) > 0.301))
def test_beyond_thirty_per_cent_it_is_refused_in_words(times):
    with pytest.raises(ImageError, match=r"was trained at 0\.200.*at most 30%"):
        fitted(picture(MODEL_UM * times), MODEL_UM, name="a.png")


def test_nearly_the_same_size_is_left_alone():
    given_picture = picture(MODEL_UM * 1.015)
    found = fitted(given_picture, MODEL_UM, name="a")
    assert found.picture is given_picture
    assert not found.resampled


def test_a_size_that_is_not_known_is_said():
    (note,) = fitted(picture(None), MODEL_UM, name="a").picture.notes
    assert "not known" in note


def test_a_size_that_is_told_goes_before_that_of_the_file():
    found = fitted(picture(MODEL_UM), MODEL_UM, name="a", told_um=0.25)
    assert found.resampled
    assert found.picture.pixels.shape == (120, 120, 3)
    assert "resampled from 0.250 µm" in found.picture.notes[0]


@pytest.mark.parametrize("wrong", [0.0, -1.0, float("nan"), float("inf")])
def test_a_size_that_is_none_is_refused(wrong):
    with pytest.raises(ImageError, match="give a positive number"):
        fitted(picture(None), MODEL_UM, name="a", told_um=wrong)


def test_resampling_stays_within_the_white_level():
    steps = np.where(np.indices((60, 60)).sum(axis=0)[..., None] // 5 % 2, 4095, 0).astype(np.uint16).repeat(3, axis=2)
    deep = Picture(pixels=steps, white_level=4095, pixel_um=0.25, notes=())
    assert fitted(deep, MODEL_UM, name="a").picture.pixels.max() == 4095


def test_a_file_at_another_size_is_resampled_and_its_result_carries_the_right_size(engine, tmp_path):
    source, out = tmp_path / "in.ome.tif", tmp_path / "out.ome.tif"
    tifffile.imwrite(source, SHOWN, photometric="rgb", metadata={"axes": "YXS", "PhysicalSizeX": 0.25})
    (output,) = enhance_path(source, out, engine).outputs
    assert output.shape == (300, 300, 3)
    assert open_picture(out).pixel_um == pytest.approx(0.08)
    assert any("resampled from 0.250" in note for note in output.notes)


def test_a_folder_names_the_picture_that_was_refused(engine, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for name, size_um in (("a", 0.2), ("b", 0.5)):
        metadata = {"axes": "YXS", "PhysicalSizeX": size_um}
        tifffile.imwrite(folder / f"{name}.ome.tif", SHOWN, photometric="rgb", metadata=metadata)
    applied = enhance_path(folder, tmp_path / "out", engine)
    assert [output.source.name for output in applied.outputs] == ["a.ome.tif"]
    assert "b.ome.tif has 0.500 µm" in applied.skipped[0]


def test_what_speaks_against_a_picture_stands_in_its_notes(engine, tmp_path):
    tifffile.imwrite(tmp_path / "in.tif", SHOWN, photometric="rgb")
    (output,) = enhance_path(tmp_path / "in.tif", tmp_path / "out.tif", engine).outputs
    assert output.consistency > 1.5
    assert any("does not agree with its input" in note for note in output.notes)
