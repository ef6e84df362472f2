import numpy as np

from acquire.simulated.specimens.tissues.section import BUNDLES, DEPTHS_UM, FIBRES, SHEET_UM, sheet_keys, textures
from acquire.simulated.specimens.window import Window


def test_the_sheets_lie_as_far_apart_as_they_are_thick():
    assert np.allclose(np.diff(DEPTHS_UM), SHEET_UM)


def test_no_two_things_of_a_section_share_a_key():
    keys = [key for number in (*range(10), FIBRES, FIBRES + 5, BUNDLES, BUNDLES + 5) for key in sheet_keys(7, number)]
    assert len(set(keys)) == len(keys)


def test_textures_differ_from_sheet_to_sheet_and_from_each_other():
    window = Window(column=0, row=0, columns=512, rows=512, pitch_um=0.092)
    images = np.concatenate(textures(window, (0.3, 0.3), 1))
    assert np.allclose(np.corrcoef(images.reshape(len(images), -1)), np.eye(len(images)), atol=0.05)
