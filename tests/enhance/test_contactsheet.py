import textwrap
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest

from calibration.affine import compose, scaling, shifting
from enhance.contactsheet import (
    CHARACTERS,
    COLUMNS,
    GAP_PX,
    GREEN,
    GREY,
    LINE_PX,
    RED,
    SHEET_FILE,
    SIDE_PX,
    draw_sheet,
    preview,
    write_sheet,
)
from enhance.picturefile import read_picture

RATIO = Fraction(5, 2)
BLANK = np.full((SIDE_PX, 3 * SIDE_PX + 2 * GAP_PX, 3), 200, np.uint8)


@dataclass
class Pair:
    id: str
    reason: str = ""
    registration: None = None
    preview: np.ndarray | None = None
    simulated: bool = False


def smooth(rows, columns, pitch):
    y, x = np.mgrid[:rows, :columns] * pitch
    wave = 128 + 60 * np.sin(x / 11) * np.cos(y / 13)
    return np.repeat(np.rint(wave).astype(np.uint8)[..., None], 3, axis=2)


def panels(picture):
    return [picture[:, first : first + SIDE_PX] for first in range(0, picture.shape[1], SIDE_PX + GAP_PX)]


def has(sheet, colour):
    return (sheet == colour).all(axis=-1).any()


@pytest.fixture(scope="module")
def pictures():
    """LOW, HIGH of its middle, and how HIGH lies."""
    low = smooth(300, 300, 1.0)
    matrix = compose(shifting(50, 50), scaling(2.5))
    y, x = np.mgrid[:500, :500]
    wave = 128 + 60 * np.sin((x / 2.5 - 0.3 + 50) / 11) * np.cos((y / 2.5 - 0.3 + 50) / 13)
    return low, np.repeat(np.rint(wave).astype(np.uint8)[..., None], 3, axis=2), matrix


def test_a_pair_in_register_shows_no_difference(pictures):
    seen, laid, apart = panels(preview(*pictures, RATIO))
    assert np.abs(seen.astype(int) - laid).max() <= 4
    assert np.abs(apart.astype(int) - GREY).max() <= 16


def test_a_pair_out_of_register_shows_its_difference(pictures):
    low, high, matrix = pictures
    assert np.abs(panels(preview(low, high, compose(shifting(1, 0), matrix), RATIO))[2].astype(int) - GREY).max() > 16


def test_a_place_outside_low_is_white(pictures):
    low, high, matrix = pictures
    assert (panels(preview(low, high, compose(shifting(900, 0), matrix), RATIO))[0] == 255).all()


def test_rejected_pairs_stand_first_and_red(pictures):
    pairs = [Pair("a", preview=BLANK), Pair("b", "it is 3 µm off", preview=BLANK), *[Pair(str(n)) for n in range(4)]]
    sheet = draw_sheet(pairs)
    first, rest = np.split(sheet, [sheet.shape[1] // COLUMNS], axis=1)
    assert has(first, RED)
    assert not has(rest, RED)
    assert has(rest, GREEN)


@pytest.mark.parametrize(("count", "rows"), [(1, 1), (3, 1), (4, 2), (7, 3)])
def test_the_sheet_grows_by_whole_rows(count, rows):
    heights = [draw_sheet([Pair(str(n)) for n in range(number)]).shape[0] for number in (1, 4)]
    row = heights[1] - heights[0]
    assert draw_sheet([Pair(str(n)) for n in range(count)]).shape[0] == heights[0] + (rows - 1) * row


def test_there_is_room_for_the_longest_caption_and_no_more():
    short, long = (draw_sheet([Pair("a", reason), Pair("b")]) for reason in ("", "a word and another " * 12))
    lines = (long.shape[0] - short.shape[0]) / LINE_PX
    assert lines == len(textwrap.wrap("a word and another " * 12, CHARACTERS))
    last = long[-LINE_PX - 3 * GAP_PX : -GAP_PX, GAP_PX : long.shape[1] // COLUMNS - GAP_PX]
    assert (last != 255).any()
    assert short.shape[0] < 2 * LINE_PX + SIDE_PX + 2 * LINE_PX + 3 * GAP_PX


def test_the_sheet_is_written_beside_the_pairs(tmp_path):
    pairs = [Pair("a", preview=BLANK)]
    write_sheet(tmp_path, pairs)
    np.testing.assert_array_equal(read_picture(tmp_path / SHEET_FILE), draw_sheet(pairs))
