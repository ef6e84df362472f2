import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acquire.simulated.imaging import Renderer
from acquire.simulated.lens import Lens
from acquire.simulated.specimens.specimen import SPECIMEN_BAND, Slide
from acquire.simulated.specimens.tissues.breast import DENSITIES, Breast, _block
from acquire.simulated.specimens.tissues.parenchyma import Field
from acquire.simulated.specimens.window import TILE_PX, Window
from tests.acquire.simulated.conftest import DRY, grid_of

PITCH_UM = 0.092
FIELD_UM = 95.0
ONE_TILE = Window(column=-3 * TILE_PX, row=85 * TILE_PX, columns=TILE_PX, rows=TILE_PX, pitch_um=PITCH_UM)
HASH_OF_ONE_TILE = f"""
import hashlib
from acquire.simulated.specimens.tissues.breast import Breast
from acquire.simulated.specimens.window import Window
tile = Breast(seed=4, density="open").tile({ONE_TILE!r})
print(hashlib.sha256(tile.tobytes()).hexdigest())
"""
OPTICAL_DENSITY_OF_TISSUE = 0.05


def window_at(x_um, y_um, side_um, pitch_um):
    side = round(side_um / pitch_um)
    return Window(column=round(x_um / pitch_um), row=round(y_um / pitch_um), columns=side, rows=side, pitch_um=pitch_um)


def tissue_fraction(specimen, window):
    """Share of a window, seen through the whole thickness of the section, that is stained."""
    amounts = Slide(specimen).render(window)[:, :-1].sum(axis=0)
    mean_density = specimen.absorbance.mean(axis=1) / np.log(10)
    return np.mean(np.tensordot(mean_density, amounts, axes=1) > OPTICAL_DENSITY_OF_TISSUE)


@given(st.integers(0, 150), st.integers(0, 150), st.integers(20, 100))
@settings(deadline=None, max_examples=5)
def test_a_window_is_the_same_bytes_as_that_area_of_a_larger_one(across, down, side):
    whole = Window(column=1000, row=-2000, columns=256, rows=256, pitch_um=PITCH_UM)
    part = Window(column=1000 + across, row=-2000 + down, columns=side, rows=side, pitch_um=PITCH_UM)
    seen = Slide(Breast()).render(whole)[:, :, down : down + side, across : across + side]
    assert Slide(Breast()).render(part).tobytes() == seen.tobytes()


def test_another_process_computes_the_same_bytes():
    here = hashlib.sha256(Breast(seed=4, density="open").tile(ONE_TILE).tobytes()).hexdigest()
    root = Path(__file__).resolve().parents[5]
    there = subprocess.run(
        [sys.executable, "-c", HASH_OF_ONE_TILE], cwd=root, capture_output=True, check=True, text=True
    )
    assert there.stdout.strip() == here


def test_another_seed_is_another_slide():
    one, other = (Breast(seed=seed).tile(ONE_TILE) for seed in (1, 2))
    assert not np.allclose(one, other, atol=0.05)


@pytest.mark.parametrize(
    ("seed", "x_um", "y_um"), [(1, 0, 0), (2, 5000, -300), (20, -15096, -13222), (35, -9289, 4929)]
)
def test_dense_breast_fills_a_field(seed, x_um, y_um):
    assert tissue_fraction(Breast(seed=seed), window_at(x_um, y_um, FIELD_UM, 0.12)) > 0.85


def test_open_breast_is_mostly_fat():
    specimen = Breast(seed=1, density="open")
    fields = [window_at(1300 * n, 700 * n, 60, 0.12) for n in range(8)]
    assert 0.1 < np.mean([tissue_fraction(specimen, field) for field in fields]) < 0.7


@pytest.mark.parametrize("density", ["dense", "open"])
def test_blocks_of_tiles_join_without_a_seam(density):
    slide = Slide(Breast(density=density))
    window = Window(column=19 * TILE_PX, row=21 * TILE_PX, columns=2 * TILE_PX, rows=2 * TILE_PX, pitch_um=PITCH_UM)
    amounts = slide.render(window).sum(axis=(0, 1))
    for steps in (np.abs(np.diff(amounts, axis=1)).mean(axis=0), np.abs(np.diff(amounts, axis=0)).mean(axis=1)):
        assert steps[TILE_PX - 1] < 1.3 * np.median(steps[TILE_PX - 21 : TILE_PX + 19])


@pytest.mark.parametrize("density", ["dense", "open"])
def test_neighbouring_blocks_agree_on_what_lies_between_them(density):
    (fields, cells), (others, other_cells) = (block_at(column, density) for column in (18, 20))
    assert np.abs(fields - others).max() < 1e-3
    assert len(cells) > 5
    assert np.allclose(cells, other_cells, atol=1e-3)


def block_at(tile, density):
    """Fields within 5 µm of the border of two blocks, and places, directions and darkness of the cells there."""
    border_um = 20 * TILE_PX * PITCH_UM
    window = Window(column=tile * TILE_PX, row=20 * TILE_PX, columns=2 * TILE_PX, rows=2 * TILE_PX, pitch_um=PITCH_UM)
    ground, _, cells = _block(window, DENSITIES[density], 1)
    fields = [field for field in Field if field not in (Field.ACROSS_A, Field.ACROSS_B)]  # each from knots of its own
    near = np.abs(ground.window.x_um - border_um) < 5
    there = sorted((c.x_um, c.y_um, c.z_um, c.angle, c.strength) for c in cells if abs(c.x_um - border_um) < 5)
    return ground.fields[fields][:, :, near], there


class FinerLens(Lens):
    """A lens that is given specimens at half the pitch it needs."""

    @property
    def pitch_um(self):
        return PITCH_UM / 2


@pytest.mark.parametrize("density", ["dense", "open"])
def test_a_coarse_pitch_shows_what_a_fine_one_shows(density):
    assert DRY.pitch_um == PITCH_UM
    grid = grid_of(0.1, 96, 96, centre_um=(465.0, 500.0), turn_deg=0.4)
    lenses = DRY, FinerLens(na=DRY.na, condenser_na=DRY.condenser_na)
    coarse, fine = (Renderer(Slide(Breast(density=density))).render(grid, lens, 0.1) for lens in lenses)
    assert coarse.std() > 0.02
    assert np.sqrt(np.mean((coarse - fine) ** 2)) < 1e-3


def test_next_to_no_power_lies_beyond_the_band_of_specimens():
    window = Window(column=0, row=0, columns=2 * TILE_PX, rows=2 * TILE_PX, pitch_um=0.04)
    amounts = Slide(Breast(seed=1)).render(window)[:, :2]
    taper = np.hanning(window.rows)[:, None] * np.hanning(window.columns)
    amounts = (amounts - amounts.mean(axis=(2, 3), keepdims=True)) * taper
    power = np.square(np.abs(np.fft.rfft2(amounts))).sum(axis=(0, 1))
    frequency = np.hypot(np.fft.fftfreq(window.rows, 0.04)[:, None], np.fft.rfftfreq(window.columns, 0.04))
    assert power[frequency > SPECIMEN_BAND].sum() < 1e-3 * power.sum()
