import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from acquire.simulated.specimens.tissues.blocks import BLOCK_TILES, GROUND_UM, block_of, upsampled
from acquire.simulated.specimens.window import TILE_PX, Window

PITCH_UM = 0.092
number = st.integers(-1000, 1000)


def tile(column, row):
    return Window(column=column * TILE_PX, row=row * TILE_PX, columns=TILE_PX, rows=TILE_PX, pitch_um=PITCH_UM)


@given(number, number)
def test_a_block_holds_its_tile(column, row):
    one, block = tile(column, row), block_of(tile(column, row))
    assert block.column <= one.column
    assert one.column + one.columns <= block.column + block.columns
    assert block.row <= one.row
    assert one.row + one.rows <= block.row + block.rows


@given(number, number)
def test_all_tiles_of_a_block_have_the_same_block(column, row):
    block = block_of(tile(column, row))
    assert [block_of(one) for one in block.tiles()] == [block] * BLOCK_TILES**2


def test_fields_that_rise_evenly_do_so_at_every_pixel():
    window = tile(-3, 7)
    coarse = window.grown(5.0).resampled(GROUND_UM)
    fields = np.stack(np.broadcast_arrays(coarse.x_um, coarse.y_um[:, None])).astype(np.float32)
    x_um, y_um = upsampled(fields, coarse, window)
    assert np.allclose(x_um, window.x_um, atol=1e-4)
    assert np.allclose(y_um, window.y_um[:, None], atol=1e-4)
