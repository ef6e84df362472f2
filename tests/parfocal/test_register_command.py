import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from enhance.picturefile import read_picture
from parfocal.commands import app

PICTURE = Path(__file__).resolve().parent.parent / "data" / "he_tia.jpg"
FACTOR, FIRST, SIDE = 2.5, 200, 500


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """A real section as LOW, and its middle as HIGH, straight and bent by up to 0.8 LOW px."""
    folder = tmp_path_factory.mktemp("pair")
    fine = cv2.imread(str(PICTURE))
    low = cv2.resize(
        cv2.GaussianBlur(fine, (0, 0), 1.2), None, fx=1 / FACTOR, fy=1 / FACTOR, interpolation=cv2.INTER_AREA
    )
    y, x = np.indices((SIDE, SIDE), dtype=np.float32)
    wave = 2 * np.sin(2 * np.pi * y / SIDE)
    bent = cv2.remap(fine, x + FIRST + wave, y + FIRST, cv2.INTER_LANCZOS4)
    straight = fine[FIRST : FIRST + SIDE, FIRST : FIRST + SIDE]
    for name, picture in (("low", low), ("high", straight), ("bent", bent)):
        cv2.imwrite(str(folder / f"{name}.png"), picture)
    return folder


def answer(*arguments):
    result = CliRunner().invoke(app, ["register", *map(str, arguments), "--factor", str(FACTOR), "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout.splitlines()[-1])


def test_a_bent_picture_is_refused_and_with_distortion_accepted_and_laid(pair):
    assert "distorted" in answer(pair / "low.png", pair / "bent.png")["reason"]
    laid = pair / "laid.png"
    found = answer(pair / "low.png", pair / "bent.png", "--distortion", "--laid", laid)
    assert found["accepted"]
    assert found["distortion_px"] > 0.3
    window = found["window"]
    assert read_picture(laid).shape == (window["rows"] * FACTOR, window["columns"] * FACTOR, 3)


def test_what_is_laid_looks_like_low(pair):
    laid = pair / "laid_straight.png"
    window = answer(pair / "low.png", pair / "high.png", "--laid", laid)["window"]
    small = cv2.resize(read_picture(laid), (window["columns"], window["rows"]), interpolation=cv2.INTER_AREA)
    row, column = window["row"], window["column"]
    part = read_picture(pair / "low.png")[row : row + window["rows"], column : column + window["columns"]]
    assert np.corrcoef(small.ravel(), part.ravel())[0, 1] > 0.97


def test_nothing_is_laid_when_it_is_not_accepted(pair):
    laid = pair / "refused.png"
    found = answer(pair / "low.png", pair / "bent.png", "--laid", laid)
    assert not found["accepted"]
    assert not laid.exists()


def test_the_papers_method_is_there_to_compare(pair):
    matrices = [
        np.array(answer(pair / "low.png", pair / "high.png", "--method", method)["matrix"])
        for method in ("ecc", "paper")
    ]
    assert not np.array_equal(*matrices)
    assert matrices[1] == pytest.approx(matrices[0], abs=0.3)


def test_blank_pictures_are_refused_without_a_matrix_that_nobody_measured(pair, tmp_path):
    blank = tmp_path / "blank.png"
    cv2.imwrite(str(blank), np.full((SIDE, SIDE, 3), 230, np.uint8))
    arguments = ["register", str(pair / "low.png"), str(blank), "--factor", str(FACTOR)]
    said = CliRunner().invoke(app, arguments).stdout
    assert said.startswith("not registered: ")
    assert len(said.strip().splitlines()) == 1
    assert not answer(pair / "low.png", blank)["measured"]
    refused = CliRunner().invoke(app, ["register", str(pair / "low.png"), str(pair / "bent.png"), "--factor", "2.5"])
    assert refused.stdout.startswith("HIGH to LOW pixels")
