import hashlib
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acquire.simulated.cortex import Field, ground
from acquire.simulated.imaging import Renderer
from acquire.simulated.kidney import DENSITIES, DEPTHS_UM, Kidney
from acquire.simulated.lens import SPECIMEN_BAND, Lens
from acquire.simulated.specimen import Slide
from acquire.simulated.window import TILE_PX, Window
from tests.acquire.simulated.conftest import DRY, OIL, grid_of

PITCH_UM = 0.092
FINE_PITCH_UM = 0.046
FIELD_TILES = 4
"""Tiles along a field of 94 µm."""

ONE_TILE = Window(column=-3 * TILE_PX, row=85 * TILE_PX, columns=TILE_PX, rows=TILE_PX, pitch_um=PITCH_UM)
HASH_OF_ONE_TILE = f"""
import hashlib
from acquire.simulated.kidney import Kidney
from acquire.simulated.window import Window
tile = Kidney(seed=4).tile({ONE_TILE!r})
print(hashlib.sha256(tile.tobytes()).hexdigest())
"""
OPTICAL_DENSITY_OF_TISSUE = 0.05


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
    root = Path(__file__).resolve().parents[3]
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
    side = 4 * TILE_PX
    amounts = Slide(Kidney(seed=seed, density=density)).render(
        Window(column=0, row=0, columns=side, rows=TILE_PX, pitch_um=PITCH_UM)
    )
    steps = np.abs(np.diff(amounts[:, :2].sum(axis=1), axis=-1)).mean(axis=(0, 1))
    at_joints = steps[TILE_PX - 1 :: TILE_PX]
    assert (at_joints < 1.5 * np.median(steps)).all()


def test_coarse_fields_do_not_depend_on_the_window_they_were_computed_for():
    whole = Window(column=100, row=200, columns=110, rows=110, pitch_um=1.0)
    part = Window(column=150, row=240, columns=60, rows=70, pitch_um=1.0)
    fields = [Field.WALL, Field.LUMEN, Field.PALE, Field.FLUID, Field.BORDER]
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
    pitch_um = 0.04
    window = Window(column=12000, row=13000, columns=512, rows=512, pitch_um=pitch_um)
    amounts = Slide(Kidney(seed=1)).render(window)[:, :2].sum(axis=1)
    spectrum = np.abs(np.fft.rfft2((amounts - amounts.mean()) * np.hanning(512) * np.hanning(512)[:, None])) ** 2
    frequency = np.hypot(np.fft.fftfreq(512, pitch_um)[:, None], np.fft.rfftfreq(512, pitch_um))
    beyond = spectrum[:, frequency > SPECIMEN_BAND].sum() / spectrum[:, frequency > 0.5].sum()
    assert beyond < 1e-4


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
