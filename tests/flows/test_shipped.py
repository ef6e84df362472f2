"""The shipped model on a real picture: size, tiles, and the sentence that says what it was trained on."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from enhance.engine_torch import TorchEngine
from enhance.open import load_model
from enhance.picturefile import read_picture
from parfocal.commands import app

SLIDE = Path(__file__).parents[1] / "data" / "he_tia.jpg"
STATEMENT = "trained on simulated slides only"


@pytest.fixture
def picture(tmp_path):
    """A real H&E picture, 555 pixels wide and 333 high."""
    file = tmp_path / "real.png"
    cv2.imwrite(str(file), cv2.imread(str(SLIDE))[100:433, 50:605])
    return file


def enhance(*arguments):
    return CliRunner().invoke(app, ["enhance", *map(str, arguments), "--model", "shipped"])


def test_the_picture_is_enlarged_two_and_a_half_times_and_the_training_is_said(picture, tmp_path):
    result = enhance(picture, tmp_path / "out.png", "--json")
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout.splitlines()[-1])
    assert answer["outputs"][0]["shape"] == [833, 1388, 3]
    assert answer["statement"] == STATEMENT
    assert read_picture(tmp_path / "out.png").shape == (833, 1388, 3)


def test_people_are_told_what_it_was_trained_on(picture, tmp_path):
    said = " ".join(enhance(picture, tmp_path / "out.png").output.split())
    assert STATEMENT in said.lower()


def test_tiles_give_what_the_whole_gives_before_rounding(picture):
    model = load_model("shipped")
    fractions = read_picture(picture).astype(np.float32) / np.float32(255)
    whole = TorchEngine(model, tile_px=10_000).forward(fractions)
    tiled = TorchEngine(model, tile_px=128).forward(fractions)
    assert whole.shape == tiled.shape == (833, 1388, 3)
    assert np.abs(whole - tiled).max() <= 1e-5


@pytest.mark.parametrize(("kind", "shape"), [("grey", (60, 80)), ("16-bit", (60, 80, 3)), ("alpha", (60, 80, 4))])
def test_grey_16_bit_and_transparent_pictures_are_handled(tmp_path, kind, shape):
    dtype = np.uint16 if kind == "16-bit" else np.uint8
    noise = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, shape).astype(dtype)
    cv2.imwrite(str(tmp_path / "in.png"), noise)
    result = enhance(tmp_path / "in.png", tmp_path / "out.png", "--json")
    assert result.exit_code == 0, result.output
    assert read_picture(tmp_path / "out.png").shape == (150, 200, 3)


def test_a_text_file_is_refused_and_nothing_is_written(tmp_path):
    (tmp_path / "letter.png").write_text("dear colleague")
    result = enhance(tmp_path / "letter.png", tmp_path / "out.png")
    assert result.exit_code == 1
    assert "letter.png is not a picture" in " ".join(result.stderr.split())
    assert not (tmp_path / "out.png").exists()


def test_the_shipped_model_is_small_enough_for_the_wheel():
    folder = Path(__file__).parents[2] / "enhance" / "weights" / "shipped"
    assert sum(file.stat().st_size for file in folder.iterdir()) <= 1_000_000
