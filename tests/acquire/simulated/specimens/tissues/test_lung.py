import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acquire.simulated.specimens.kinds import make_specimen
from acquire.simulated.specimens.specimen import Slide
from acquire.simulated.specimens.tissues.septa import SECTION_END_UM
from acquire.simulated.specimens.window import TILE_PX, Window

PITCH_UM = 0.092
ONE_TILE = Window(column=-3 * TILE_PX, row=85 * TILE_PX, columns=TILE_PX, rows=TILE_PX, pitch_um=PITCH_UM)
HASH_OF_ONE_TILE = f"""
import hashlib
from acquire.simulated.specimens.kinds import make_specimen
from acquire.simulated.specimens.window import Window
tile = make_specimen({{"seed": 4}}).tile({ONE_TILE!r})
print(hashlib.sha256(tile.tobytes()).hexdigest())
"""
OPTICAL_DENSITY_OF_TISSUE = 0.05


def tissue_fraction(density, seed):
    """Share of the section, seen through its whole thickness at scattered tiles, that is stained."""
    specimen = make_specimen({"seed": seed, "density": density})
    mean_density = specimen.absorbance.mean(axis=1) / np.log(10)
    stained = []
    for n in range(24):
        tile = Window(column=7 * n * TILE_PX, row=5 * n * TILE_PX, columns=TILE_PX, rows=TILE_PX, pitch_um=PITCH_UM)
        amounts = specimen.tile(tile)[:, :-1].sum(axis=0)
        stained.append(np.tensordot(mean_density, amounts, axes=1) > OPTICAL_DENSITY_OF_TISSUE)
    return np.mean(stained)


@given(st.integers(0, 150), st.integers(0, 150), st.integers(20, 100))
@settings(deadline=None, max_examples=5)
def test_a_window_is_the_same_bytes_as_that_area_of_a_larger_one(across, down, side):
    whole = Window(column=1000, row=-2000, columns=256, rows=256, pitch_um=PITCH_UM)
    part = Window(column=1000 + across, row=-2000 + down, columns=side, rows=side, pitch_um=PITCH_UM)
    specimen = make_specimen({"seed": 1})
    seen = Slide(specimen).render(whole)[:, :, down : down + side, across : across + side]
    assert Slide(specimen).render(part).tobytes() == seen.tobytes()


def test_another_process_computes_the_same_bytes():
    here = hashlib.sha256(make_specimen({"seed": 4}).tile(ONE_TILE).tobytes()).hexdigest()
    root = Path(__file__).resolve().parents[5]
    there = subprocess.run(
        [sys.executable, "-c", HASH_OF_ONE_TILE], cwd=root, capture_output=True, check=True, text=True
    )
    assert there.stdout.strip() == here


def test_another_seed_is_another_slide():
    one, other = (make_specimen({"seed": seed}).tile(ONE_TILE) for seed in (1, 2))
    assert not np.allclose(one, other, atol=0.05)


def test_tiles_join_without_a_seam():
    window = Window(column=0, row=0, columns=2 * TILE_PX, rows=TILE_PX, pitch_um=PITCH_UM)
    amounts = Slide(make_specimen({"seed": 3})).render(window)[:, :3].sum(axis=1)
    steps = np.abs(np.diff(amounts, axis=-1)).mean(axis=(0, 1))
    assert steps[TILE_PX - 1] < 1.5 * np.median(steps)


@pytest.mark.parametrize("seed", [1, 5])
def test_dense_lung_fills_most_of_a_field(seed):
    assert tissue_fraction("dense", seed) > 0.85


def test_open_lung_is_mostly_air():
    assert 0.2 < tissue_fraction("open", 3) < 0.7


def test_beyond_the_end_of_the_section_the_slide_is_empty():
    column = int((SECTION_END_UM + 60) / PITCH_UM) // TILE_PX * TILE_PX
    window = Window(column=column, row=0, columns=TILE_PX, rows=TILE_PX, pitch_um=PITCH_UM)
    assert make_specimen({"seed": 1}).tile(window).max() < 1e-6


def test_a_tilted_slide_comes_nearer_along_its_tilt():
    specimen = make_specimen({"tilt_um_per_mm": [2.0, -1.0]})
    assert specimen.surface_um(1000, 500) == pytest.approx(1.5)
