import hashlib
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acquire.simulated.imaging import Renderer
from acquire.simulated.lens import Lens
from acquire.simulated.specimens.specimen import SPECIMEN_BAND, Slide
from acquire.simulated.specimens.tissues.cortex import Field, ground
from acquire.simulated.specimens.tissues.kidney import DENSITIES, DEPTHS_UM, Kidney, _block
from acquire.simulated.specimens.window import TILE_PX, Window
from tests.acquire.simulated.conftest import DRY, OIL, grid_of

PITCH_UM = 0.092
FINE_PITCH_UM = 0.046
FIELD_TILES = 4
"""Tiles along a field of 94 µm."""

ONE_TILE = Window(column=-3 * TILE_PX, row=85 * TILE_PX, columns=TILE_PX, rows=TILE_PX, pitch_um=PITCH_UM)
HASH_OF_ONE_TILE = f"""
import hashlib
from acquire.simulated.specimens.tissues.kidney import Kidney
from acquire.simulated.specimens.window import Window
tile = Kidney(seed=4).tile({ONE_TILE!r})
print(hashlib.sha256(tile.tobytes()).hexdigest())
"""
OPTICAL_DENSITY_OF_TISSUE = 0.05
BORDER_UM = 4 * 2 * TILE_PX * PITCH_UM
FIRST_GLOMERULUS = Window(column=90, row=225, columns=160, rows=175, pitch_um=1.0)
"""One that is known to lie there, and nothing of another."""


def filled(specimen, number):
    """Share of one of many fields, seen through the whole section, that is stained."""
    side = FIELD_TILES * TILE_PX
    window = Window(column=(31 * number - 9) * side, row=17 * number * side, columns=side, rows=side, pitch_um=PITCH_UM)
    amounts = Slide(specimen).render(window)[:, :-1].sum(axis=0)
    mean_density = specimen.absorbance.mean(axis=1) / np.log(10)
    return np.mean(np.tensordot(mean_density, amounts, axes=1) > OPTICAL_DENSITY_OF_TISSUE)


@given(st.integers(0, 500), st.integers(0, 500), st.integers(20, 200))
@settings(deadline=None, max_examples=5)
def test_a_window_is_the_same_bytes_as_that_area_of_a_larger_one(across, down, side):
    whole = Window(column=1000, row=-2000, columns=700, rows=700, pitch_um=PITCH_UM)
    part = Window(column=1000 + across, row=-2000 + down, columns=side, rows=side, pitch_um=PITCH_UM)
    specimen = Kidney(seed=1)
    seen = Slide(specimen).render(whole)[:, :, down : down + side, across : across + side]
    assert Slide(specimen).render(part).tobytes() == seen.tobytes()


def test_another_process_computes_the_same_bytes():
    here = hashlib.sha256(Kidney(seed=4).tile(ONE_TILE).tobytes()).hexdigest()
    root = Path(__file__).resolve().parents[5]
    there = subprocess.run(
        [sys.executable, "-c", HASH_OF_ONE_TILE], cwd=root, capture_output=True, check=True, text=True
    )
    assert there.stdout.strip() == here


def test_another_seed_is_another_slide():
    one, other = (Kidney(seed=seed).tile(ONE_TILE) for seed in (1, 2))
    assert not np.allclose(one, other, atol=0.05)


@pytest.mark.parametrize("number", [0, 1, 2, 3])
@pytest.mark.parametrize("seed", [1, 5])
def test_dense_kidney_fills_most_of_every_field(seed, number):
    assert filled(Kidney(seed=seed), number) > 0.85


def test_open_kidney_fills_clearly_less():
    shares = [[filled(Kidney(seed=3, density=density), number) for number in range(3)] for density in DENSITIES]
    dense, loose = np.mean(shares, axis=1)
    assert dense - loose > 0.15


@pytest.mark.parametrize("density", DENSITIES)
@pytest.mark.parametrize("seed", [3, 8])
def test_tiles_join_without_a_seam(density, seed):
    window = Window(column=0, row=0, columns=8 * TILE_PX, rows=TILE_PX, pitch_um=PITCH_UM)
    amounts = Slide(Kidney(seed=seed, density=density)).render(window)[:, :2].sum(axis=1)
    steps = np.abs(np.diff(amounts, axis=-1)).mean(axis=(0, 1))
    columns = np.arange(2, steps.size - 2)
    standing_out = steps[columns] / np.mean([steps[columns + away] for away in (-2, -1, 1, 2)], axis=0)
    is_joint = columns % TILE_PX == TILE_PX - 1
    assert standing_out[is_joint].max() < standing_out[~is_joint].max()


def cells_by_the_border(density, column, row):
    """Cells, as one block of tiles knows them, that lie within 5 µm of the border to the block before or after it."""
    side = 2 * TILE_PX
    block = Window(column=column * side, row=row * side, columns=side, rows=side, pitch_um=PITCH_UM)
    _, cells, nucleoli = _block(block, DENSITIES[density], 1)
    inside = [cell for cell in cells + nucleoli if 0 < cell.y_um - block.y_um[0] < side * PITCH_UM]
    return sorted((c.x_um, c.y_um, c.z_um, *c.axes_um, c.strength) for c in inside if abs(c.x_um - BORDER_UM) < 5)


@pytest.mark.parametrize("density", DENSITIES)
def test_blocks_of_tiles_hold_the_same_cells_along_their_border(density):
    before, after = (
        [cell for row in range(4) for cell in cells_by_the_border(density, column, row)] for column in (3, 4)
    )
    assert len(before) > 10
    assert np.allclose(before, after, atol=1e-3)


@pytest.mark.parametrize(("column", "row"), [(150, 240), (600, 620), (-400, 90)])
def test_coarse_fields_do_not_depend_on_the_window_they_were_computed_for(column, row):
    whole = Window(column=column - 50, row=row - 40, columns=110, rows=110, pitch_um=1.0)
    part = Window(column=column, row=row, columns=60, rows=70, pitch_um=1.0)
    fields = [field for field in Field if field != Field.ACROSS]  # which counts from a knot of its own
    seen = ground(whole, DENSITIES["dense"], 1).fields[fields, 40:, 50:]
    assert np.allclose(ground(part, DENSITIES["dense"], 1).fields[fields], seen, atol=1e-3)


class FinerLens(Lens):
    """A lens that is given specimens at a finer pitch than it needs."""

    @property
    def pitch_um(self):
        return FINE_PITCH_UM


@pytest.mark.parametrize("density", DENSITIES)
@pytest.mark.parametrize("lens", [DRY, OIL])
def test_a_coarse_pitch_shows_what_a_fine_one_shows(lens, density):
    grid = grid_of(0.1, 96, 96, centre_um=(480.0, 520.0), turn_deg=0.4)
    renderer = Renderer(Slide(Kidney(seed=1, density=density)))
    coarse, fine = (renderer.render(grid, one, 0.1) for one in (lens, FinerLens(**asdict(lens))))
    assert lens.pitch_um > 1.5 * FINE_PITCH_UM
    assert coarse.std() > 0.02
    assert np.sqrt(np.mean((coarse - fine) ** 2)) < 1e-3


def test_next_to_no_power_lies_beyond_the_band_of_specimens():
    window = Window(column=12000, row=13000, columns=512, rows=512, pitch_um=0.04)
    amounts = Slide(Kidney(seed=1)).render(window)[:, :2]
    taper = np.hanning(window.rows)[:, None] * np.hanning(window.columns)
    power = np.square(np.abs(np.fft.rfft2((amounts - amounts.mean(axis=(2, 3), keepdims=True)) * taper)))
    frequency = np.hypot(np.fft.fftfreq(window.rows, 0.04)[:, None], np.fft.rfftfreq(window.columns, 0.04))
    assert power[..., frequency > SPECIMEN_BAND].sum() < 3e-3 * power.sum()


def test_a_glomerulus_is_120_to_180_um_wide():
    assert 120 < 2 * np.sqrt(tuft(FIRST_GLOMERULUS).sum() / np.pi) < 180


def test_the_middle_of_a_glomerulus_is_computed_though_no_tubule_reaches_it():
    middle = np.argwhere(tuft(FIRST_GLOMERULUS)).mean(axis=0)
    row, column = FIRST_GLOMERULUS.row + round(middle[0]), FIRST_GLOMERULUS.column + round(middle[1])
    part = Window(column=column - 5, row=row - 5, columns=10, rows=10, pitch_um=1.0)
    assert tuft(part).all()


def tuft(window):
    """Where a glomerulus lies."""
    return ground(window, DENSITIES["dense"], 1).fields[Field.TUFT] == 1


def test_nuclei_are_blue_violet_and_all_else_is_pink():
    grid = grid_of(0.185, 256, 256, centre_um=(480.0, 520.0))
    slide = Slide(Kidney(seed=1))
    picture = Renderer(slide).render(grid, DRY, 0.0)
    red, green, blue = np.moveaxis(picture, -1, 0)
    nuclei, cytoplasm = red < 0.5, (red > 0.8) & (green < 0.8)
    assert nuclei.mean() > 0.01
    assert np.mean(blue[nuclei] > red[nuclei]) > 0.95
    assert np.mean(red[cytoplasm] > blue[cytoplasm]) > 0.99


def test_a_section_is_not_the_same_through_its_thickness():
    first, last = Kidney(seed=1).tile(ONE_TILE)[[0, -1], 1]
    assert len(DEPTHS_UM) == 5
    assert np.corrcoef(first.ravel(), last.ravel())[0, 1] < 0.9
