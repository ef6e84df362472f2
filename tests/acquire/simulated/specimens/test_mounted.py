"""How a section lies: thickness, tilt, waves, folds and dust, each as its words in the rig file say."""

import numpy as np
import pytest
from scipy import ndimage

from acquire.simulated.imaging import Renderer
from acquire.simulated.specimens.kinds import TISSUES, make_specimen
from acquire.simulated.specimens.mounted import SECTION_END_UM
from acquire.simulated.specimens.specimen import Slide
from acquire.simulated.specimens.window import TILE_PX, Window
from calibration.errors import RigError
from tests.acquire.simulated.conftest import OIL, grid_of

PITCH_UM = 0.092
TILE = Window(column=40 * TILE_PX, row=30 * TILE_PX, columns=TILE_PX, rows=TILE_PX, pitch_um=PITCH_UM)


def surface(told, x_um, y_um):
    return make_specimen(told).surface_um(np.asarray(x_um, float), np.asarray(y_um, float))


def test_a_thicker_section_holds_more_and_spans_more_depth():
    plain, thick = make_specimen({"seed": 1}), make_specimen({"seed": 1, "thickness_um": 6.0})
    assert thick.depths_um == pytest.approx([1.5 * depth for depth in plain.depths_um])
    assert np.allclose(thick.tile(TILE), 1.5 * plain.tile(TILE), atol=1e-6)


def test_waves_reach_their_height_from_trough_to_crest():
    x_um, y_um = np.meshgrid(np.arange(0, 1300, 5.0), np.arange(0, 1300, 5.0))
    waves = surface({"waviness_um": 1.0, "waviness_length_um": 600.0}, x_um, y_um)
    assert np.ptp(waves) == pytest.approx(1.0, abs=0.01)


def test_a_fold_lies_double_and_half_its_thickness_higher():
    told = {"seed": 1, "folds_per_mm": 5.0}
    x_um = np.arange(0, 1000, 1.0)
    height = surface(told, x_um, np.full_like(x_um, 300.0))
    assert height.max() == pytest.approx(2.0)
    assert 0.04 < np.mean(height > 1.0) < 0.1
    folded, plain = make_specimen(told), make_specimen({"seed": 1})
    at_um = x_um[np.argmax(height)]
    column = int(at_um / PITCH_UM) // TILE_PX * TILE_PX
    tile = Window(
        column=column, row=int(300 / PITCH_UM) // TILE_PX * TILE_PX, columns=TILE_PX, rows=TILE_PX, pitch_um=PITCH_UM
    )
    share = folded.tile(tile)[:, :3].sum() / plain.tile(tile)[:, :3].sum()
    assert 1.1 < share <= 2.0


def test_there_is_as_much_dust_as_told_and_it_is_dark():
    specimen = make_specimen({"kind": "empty", "dust_per_mm2": 400.0})
    window = Window(column=0, row=0, columns=8 * TILE_PX, rows=8 * TILE_PX, pitch_um=0.2)
    dust = Slide(specimen).render(window)[:, 3].sum(axis=0)
    area_mm2 = (8 * TILE_PX * 0.2e-3) ** 2
    assert ndimage.label(dust > 0.5)[1] == pytest.approx(400 * area_mm2, rel=0.3)
    assert np.log10(1 / Renderer(Slide(specimen)).render(grid_of(0.2, 512, 512), OIL, -1.6).min()) > 0.5


@pytest.mark.parametrize("told", [{"dust_per_mm2": 900.0}, {"folds_per_mm": 6.0}, {"thickness_um": 5.0}])
def test_a_window_is_the_same_bytes_as_that_area_of_a_larger_one(told):
    specimen = make_specimen({"seed": 2} | told)
    whole = Window(column=1000, row=-2000, columns=400, rows=300, pitch_um=PITCH_UM)
    part = Window(column=1120, row=-1950, columns=150, rows=90, pitch_um=PITCH_UM)
    seen = Slide(specimen).render(whole)[:, :, 50:140, 120:270]
    assert Slide(specimen).render(part).tobytes() == seen.tobytes()


def test_a_tilted_field_is_sharp_where_it_is_in_focus():
    """10 µm of tilt in 1 mm: over a field of 38 µm the focus wanders by 0.38 µm, level by level."""
    told = {"kind": "noise", "tilt_um_per_mm": [60.0, 0.0], "contrast": 0.05}
    grid = grid_of(0.074, 512, 128, centre_um=(500.0, 500.0))
    picture = Renderer(Slide(make_specimen(told))).render(grid, OIL, 0.0, relief=1.0)[..., 1]
    detail = np.abs(np.diff(picture, axis=1)).mean(axis=0)
    assert detail[216:296].mean() > 1.1 * detail[:80].mean()
    assert detail[216:296].mean() > 1.1 * detail[-80:].mean()


def test_a_level_field_does_not_depend_on_being_asked_for_its_relief():
    grid = grid_of(0.074, 96, 64, centre_um=(500.0, 500.0))
    renderer = Renderer(Slide(make_specimen({"seed": 1})))
    assert np.array_equal(renderer.render(grid, OIL, 0.3), renderer.render(grid, OIL, 0.3, relief=1.0))


@pytest.mark.parametrize("kind", TISSUES)
def test_every_tissue_ends_in_empty_glass(kind):
    column = int((SECTION_END_UM + 60) / PITCH_UM) // TILE_PX * TILE_PX
    window = Window(column=column + TILE_PX, row=0, columns=TILE_PX, rows=TILE_PX, pitch_um=PITCH_UM)
    assert make_specimen({"kind": kind, "seed": 1}).tile(window).max() < 1e-6


@pytest.mark.parametrize(
    ("told", "named"),
    [({"thickness_um": "thick"}, "thickness_um"), ({"folds": 3}, "folds"), ({"kind": "picture"}, "names no file")],
)
def test_a_word_that_cannot_be_meant_is_refused_by_name(told, named):
    with pytest.raises(RigError, match=named):
        make_specimen(told)
