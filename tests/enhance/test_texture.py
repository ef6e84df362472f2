import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enhance.texture import TexturedPlaces, cell_deviation

SIDE, STEP = 12, 2


def speckled(rows, columns, *, where):
    picture = np.full((rows, columns, 3), 230, dtype=np.uint8)
    noise = np.random.default_rng(0).integers(0, 256, picture.shape, dtype=np.uint8)
    picture[where] = noise[where]
    return picture


def test_the_deviation_of_each_cell_is_numpys():
    picture = speckled(29, 41, where=np.s_[:, 10:])
    found = cell_deviation(picture, SIDE)
    assert found.shape == (2, 3)
    for row, column in np.ndindex(found.shape):
        cell = picture[12 * row : 12 * row + 12, 12 * column : 12 * column + 12].astype(float)
        assert found[row, column] == pytest.approx(cell.std(axis=(0, 1)).mean(), rel=1e-5)


@given(seed=st.integers(0, 10**6), rows=st.integers(12, 60), columns=st.integers(12, 60))
def test_every_crop_lies_within_its_picture_and_begins_at_a_whole_step(seed, rows, columns):
    places = TexturedPlaces([speckled(rows, columns, where=np.s_[:])], side_px=SIDE, step_px=STEP)
    number, row, column = places.draw(np.random.default_rng(seed))
    assert (number, row % STEP, column % STEP) == (0, 0, 0)
    assert 0 <= row <= rows - SIDE
    assert 0 <= column <= columns - SIDE


def test_crops_fall_where_there_is_texture_and_reach_all_of_it():
    pictures = [speckled(60, 60, where=np.s_[0:0]), speckled(60, 60, where=np.s_[24:36, 36:48])]
    rng = np.random.default_rng(1)
    places = TexturedPlaces(pictures, side_px=SIDE, step_px=STEP)
    drawn = np.array([places.draw(rng) for _ in range(400)])
    assert set(drawn[:, 0]) == {1}
    assert (drawn[:, 1].min(), drawn[:, 1].max()) == (18, 30)
    assert (drawn[:, 2].min(), drawn[:, 2].max()) == (30, 42)


def test_pictures_without_any_texture_are_drawn_from_evenly():
    places = TexturedPlaces([speckled(24, 24, where=np.s_[0:0])] * 2, side_px=SIDE, step_px=STEP)
    rng = np.random.default_rng(1)
    assert {places.draw(rng)[0] for _ in range(50)} == {0, 1}


def test_the_edge_beyond_the_last_whole_cell_is_drawn_too():
    places = TexturedPlaces([speckled(35, 46, where=np.s_[:])], side_px=SIDE, step_px=STEP)
    rng = np.random.default_rng(1)
    drawn = {places.draw(rng)[1:] for _ in range(3000)}
    assert {row for row, _ in drawn} == set(range(0, 35 - SIDE + 1, STEP))
    assert {column for _, column in drawn} == set(range(0, 46 - SIDE + 1, STEP))
