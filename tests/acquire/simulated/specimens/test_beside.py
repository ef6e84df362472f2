"""A target beside a section: both are what they are alone, each at its place."""

import numpy as np
import pytest

from acquire.simulated.specimens.kinds import make_specimen
from acquire.simulated.specimens.mounted import SECTION_END_UM
from acquire.simulated.specimens.window import TILE_PX, Window
from calibration.errors import RigError

PITCH_UM = 0.37
RULER_UM = (SECTION_END_UM + 800.0, 1000.0)
SECTION = {"kind": "lung", "seed": 3}
TARGET = {"kind": "micrometer", "centre_um": list(RULER_UM)}


def tile_at(x_um, y_um):
    column, row = (int(at / PITCH_UM) // TILE_PX * TILE_PX for at in (x_um, y_um))
    return Window(column=column, row=row, columns=TILE_PX, rows=TILE_PX, pitch_um=PITCH_UM)


@pytest.fixture(scope="module")
def slide():
    return make_specimen(SECTION | {"beside": TARGET})


def test_a_slide_has_one_more_stain_and_the_sheets_of_its_section(slide):
    section = make_specimen(SECTION)
    assert slide.absorbance.shape == (len(section.absorbance) + 1, 3)
    assert (slide.depths_um, slide.fidelity) == (section.depths_um, section.fidelity)


def test_far_from_the_target_the_section_is_as_without_it(slide):
    window = tile_at(500.0, 500.0)
    tile = slide.tile(window)
    np.testing.assert_array_equal(np.delete(tile, -2, axis=1), make_specimen(SECTION).tile(window))
    assert not tile[:, -2].any()


def test_on_the_target_there_is_the_target_in_one_sheet_at_mid_section(slide):
    window = tile_at(*RULER_UM)
    tile = slide.tile(window)
    middle = int(np.argmin(np.abs(slide.depths_um)))
    np.testing.assert_array_equal(tile[middle, -2], make_specimen(TARGET).tile(window)[0, 0])
    assert tile[middle, -2].max() > 1
    assert not np.delete(tile[:, -2], middle, axis=0).any()
    assert np.abs(tile[:, :-2]).max() == 0


def test_a_tissue_is_no_target():
    with pytest.raises(RigError, match="beside is no target"):
        make_specimen(SECTION | {"beside": {"kind": "kidney"}})
