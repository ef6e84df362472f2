import hashlib
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from acquire.simulated.imaging import Renderer
from acquire.simulated.specimens.picture import LARGEST_RELIEF_UM, Picture
from acquire.simulated.specimens.specimen import Slide
from acquire.simulated.specimens.unmixing import optical_density, unmixed
from acquire.simulated.specimens.window import TILE_PX, Window
from acquire.simulated.told import overridden
from calibration.errors import RigError
from tests.acquire.simulated.conftest import DRY, OIL, grid_of
from tests.acquire.simulated.specimens.conftest import COLUMNS, HE, ROWS, pixels_of_part

ROOT = Path(__file__).resolve().parents[4]
COARSE_UM = 0.2  # at this scale all of the picture's detail lies within the specimen's band
BAND = 7.5
PITCH_UM = 0.085
ONE_TILE = Window(column=-3 * TILE_PX, row=85 * TILE_PX, columns=TILE_PX, rows=TILE_PX, pitch_um=PITCH_UM)
HASH_OF_ONE_TILE = f"""
import hashlib
from acquire.simulated.specimens.picture import Picture
from acquire.simulated.specimens.window import Window
print(hashlib.sha256(Picture(file={HE!r}, seed=4).tile({ONE_TILE!r}).tobytes()).hexdigest())
"""


@pytest.fixture(scope="module")
def part(tmp_path_factory):
    """That part as a file."""
    path = tmp_path_factory.mktemp("pictures") / "part.png"
    cv2.imwrite(str(path), pixels_of_part()[..., ::-1])
    return str(path)


def window(column, row, columns, rows, pitch_um):
    return Window(column=column, row=row, columns=columns, rows=rows, pitch_um=pitch_um)


def content(specimen, where):
    """Stains and path through the whole section."""
    return specimen.tile(where).sum(axis=0)


def test_the_section_lets_through_what_the_picture_shows(part):
    specimen = Picture(file=part, um_per_px=COARSE_UM)
    seen = content(specimen, window(0, 0, COLUMNS, ROWS, COARSE_UM))[:-1]
    shown = np.exp(-np.tensordot(specimen.absorbance.T, seen, axes=1))
    expected = 10 ** -optical_density(pixels_of_part())
    assert np.abs(shown - expected).max() < 1e-3


def test_optical_path_goes_with_the_amount_of_the_two_stains(part):
    seen = content(Picture(file=part, um_per_px=COARSE_UM), window(0, 0, COLUMNS, ROWS, COARSE_UM))
    assert np.abs(seen[3] - 0.04 * np.maximum(seen[:2], 0).sum(axis=0)).max() < 1e-5


def test_beyond_its_edges_the_picture_goes_on_mirrored(part):
    specimen = Picture(file=part, um_per_px=COARSE_UM, relief_um=0)
    inside = content(specimen, window(0, 0, COLUMNS, ROWS, COARSE_UM))
    left_above = content(specimen, window(1 - COLUMNS, 1 - ROWS, COLUMNS, ROWS, COARSE_UM))
    right_below = content(specimen, window(COLUMNS - 1, ROWS - 1, COLUMNS, ROWS, COARSE_UM))
    turned = inside[:, ::-1, ::-1]
    assert np.abs(left_above - turned).max() < 1e-4
    assert np.abs(right_below - turned).max() < 1e-4


@given(st.integers(0, 150), st.integers(0, 150), st.integers(20, 100))
@settings(deadline=None, max_examples=5)
def test_a_window_is_the_same_bytes_as_that_area_of_a_larger_one(across, down, side):
    slide = Slide(Picture(file=HE))
    whole = slide.render(window(1000, -2000, 256, 256, PITCH_UM))
    piece = Slide(slide.specimen).render(window(1000 + across, -2000 + down, side, side, PITCH_UM))
    assert piece.tobytes() == whole[:, :, down : down + side, across : across + side].tobytes()


def test_another_process_computes_the_same_bytes():
    here = hashlib.sha256(Picture(file=HE, seed=4).tile(ONE_TILE).tobytes()).hexdigest()
    there = subprocess.run(
        [sys.executable, "-c", HASH_OF_ONE_TILE], cwd=ROOT, capture_output=True, check=True, text=True
    )
    assert there.stdout.strip() == here


def test_a_tile_goes_on_where_its_neighbour_ends(part):
    specimen = Picture(file=part)
    one, across = (specimen.tile(window(column, 0, 256, 256, PITCH_UM)) for column in (0, 128))
    assert np.abs(one[..., 128:] - across[..., :128]).max() < 1e-5


def test_two_pitches_show_the_same_thing(part):
    specimen = Picture(file=part)
    coarse = specimen.tile(window(-300, 40, 128, 128, 0.1))
    fine = specimen.tile(window(-600, 80, 256, 256, 0.05))
    assert np.abs(coarse - fine[..., ::2, ::2]).max() < 1e-4


@pytest.mark.parametrize("um_per_px", [0.03, 0.06, 0.08])
def test_next_to_no_power_lies_beyond_the_band_of_specimens(part, um_per_px):
    seen = content(Picture(file=part, um_per_px=um_per_px), window(20, 30, 400, 400, 0.025))
    power = np.abs(np.fft.rfft2((seen - seen.mean()) * np.hanning(400) * np.hanning(400)[:, None])) ** 2
    beyond = np.hypot(np.fft.fftfreq(400, 0.025)[:, None], np.fft.rfftfreq(400, 0.025)) > BAND
    assert power[:, beyond].sum() / power.sum() < 1e-4


def test_at_the_declared_scale_the_finest_detail_that_a_lens_passes_is_kept(part):
    """Pixels of 0.06 µm hold up to 8.3 cycles per µm; the highest aperture passes 4.2."""
    specimen = Picture(file=part)
    shown = content(specimen, window(0, 0, COLUMNS, ROWS, 0.06))[0]
    original = unmixed(pixels_of_part(), "part").amounts[0]
    frequency = np.hypot(np.fft.fftfreq(ROWS, 0.06)[:, None], np.fft.rfftfreq(COLUMNS, 0.06))
    taper = np.hanning(ROWS)[:, None] * np.hanning(COLUMNS)
    spectra = [np.fft.rfft2(plane * taper)[(frequency > 3.0) & (frequency < 4.2)] for plane in (shown, original)]
    assert np.abs(spectra[0] - spectra[1]).max() < 0.02 * np.abs(spectra[1]).max()


@pytest.mark.parametrize("relief_um", [0.4, LARGEST_RELIEF_UM])
def test_the_sheets_together_hold_the_same_whatever_the_relief(part, relief_um):
    level, hilly = (content(Picture(file=part, relief_um=relief), ONE_TILE) for relief in (0, relief_um))
    assert np.abs(hilly - level).max() < 1e-5


def test_without_relief_all_lies_in_mid_section(part):
    specimen = Picture(file=part, relief_um=0)
    filled = [np.any(sheet) for sheet in specimen.tile(ONE_TILE)]
    assert [depth for depth, any_there in zip(specimen.depths_um, filled, strict=True) if any_there] == [0.0]


def test_the_depth_of_the_tissue_spans_most_of_the_relief_and_no_more(part):
    specimen = Picture(file=part, um_per_px=2.0, relief_um=1.5)
    path = specimen.tile(window(0, 0, 400, 400, 1.0))[:, 3]
    stained = path.sum(axis=0) > 0.005
    depth = np.tensordot(specimen.depths_um, path, axes=1)[stained] / path.sum(axis=0)[stained]
    assert 0.65 < depth.max() < 0.75
    assert -0.75 < depth.min() < -0.65


def test_another_seed_is_another_relief(part):
    one, other = (Picture(file=part, seed=seed).tile(ONE_TILE) for seed in (1, 2))
    assert not np.allclose(one, other, atol=0.05)


def test_lenses_show_the_picture_where_it_lies_and_the_higher_aperture_more_of_it():
    grid = grid_of(0.06, 200, 200, centre_um=(0.06 * 449.5, 0.06 * 399.5))
    picture = 10 ** -optical_density(cv2.imread(HE)[..., ::-1])[1]
    here, aside, below = picture[300:500, 350:550], picture[300:500, 351:551], picture[301:501, 350:550]
    renderer = Renderer(Slide(Picture(file=HE, relief_um=0)))
    low, high = (renderer.render(grid, lens, 0.0)[..., 1] for lens in (DRY, OIL))
    assert np.std(high - here) < 0.97 * np.std(low - here)
    assert np.std(low - here) < min(np.std(low - aside), np.std(low - below), 0.4 * here.std())


def test_the_scale_is_called_fictitious():
    assert Picture().scale_label == "fictitious scale"


def test_a_rig_file_tells_file_and_scale(part):
    told = overridden(Picture(), {"file": part, "um_per_px": 0.1}, "simulated.specimen")
    assert told == Picture(file=part, um_per_px=0.1)


@pytest.mark.parametrize("planar", [False, True])
def test_a_tiff_of_the_same_pixels_is_the_same_specimen(part, tmp_path, planar):
    pixels = pixels_of_part()
    tifffile.imwrite(
        tmp_path / "part.tif", np.moveaxis(pixels, -1, 0) if planar else pixels,
        photometric="rgb", planarconfig="separate" if planar else "contig",
    )  # fmt: skip
    same = Picture(file=str(tmp_path / "part.tif"))
    assert np.array_equal(same.tile(ONE_TILE), Picture(file=part).tile(ONE_TILE))


def test_opacity_is_dropped(part, tmp_path):
    opaque = np.full((ROWS, COLUMNS, 1), 90, np.uint8)
    cv2.imwrite(str(tmp_path / "part.png"), np.dstack([pixels_of_part()[..., ::-1], opaque]))
    same = Picture(file=str(tmp_path / "part.png"))
    assert np.array_equal(same.tile(ONE_TILE), Picture(file=part).tile(ONE_TILE))


def test_a_file_that_has_changed_is_read_again(tmp_path):
    path = tmp_path / "changing.png"
    cv2.imwrite(str(path), pixels_of_part()[..., ::-1])
    specimen = Picture(file=str(path))
    before = specimen.tile(ONE_TILE)
    cv2.imwrite(str(path), pixels_of_part()[::-1, :, ::-1])
    os.utime(path, ns=(1, 1))
    assert not np.allclose(specimen.tile(ONE_TILE), before, atol=0.05)


def test_a_file_that_is_not_there_is_refused_by_name():
    with pytest.raises(RigError, match=r"no picture 'nowhere\.png'"):
        Picture(file="nowhere.png")


def test_no_file_told_is_refused_when_the_specimen_is_looked_at():
    with pytest.raises(RigError, match=r"simulated\.specimen\.file"):
        Picture().tile(ONE_TILE)


@pytest.mark.parametrize("content_of_file", [b"", b"no picture at all"])
@pytest.mark.parametrize("name", ["broken.png", "broken.tif"])
def test_a_file_that_is_no_picture_is_refused(tmp_path, name, content_of_file):
    (tmp_path / name).write_bytes(content_of_file)
    with pytest.raises(RigError, match="cannot be read as a picture"):
        Picture(file=str(tmp_path / name))


def grey():
    return cv2.cvtColor(pixels_of_part(), cv2.COLOR_RGB2GRAY)


@pytest.mark.parametrize(
    ("pixels", "said"),
    [
        (grey(), "is grey"),
        (np.dstack([grey()] * 3), "is grey"),
        (np.stack([pixels_of_part()] * 2), "not one RGB picture"),
        (pixels_of_part()[:40], "40 by 260 px"),
        (np.full((80, 80, 3), (250, 245, 248), np.uint8), "nearly empty"),
    ],
)
def test_pixels_that_are_no_stained_section_in_colour_are_refused(tmp_path, pixels, said):
    tifffile.imwrite(tmp_path / "odd.tif", pixels)
    with pytest.raises(RigError, match=said):
        Picture(file=str(tmp_path / "odd.tif"))


@pytest.mark.parametrize(
    "told",
    [
        {"um_per_px": 0.0},
        {"um_per_px": -0.06},
        {"um_per_px": 0.001},
        {"um_per_px": float("nan")},
        {"um_per_px": float("inf")},
        {"relief_um": -1.0},
        {"relief_um": 2 * LARGEST_RELIEF_UM},
    ],
)
def test_a_number_out_of_its_range_is_refused_by_name(told):
    with pytest.raises(RigError, match=rf"simulated\.specimen\.{next(iter(told))} is"):
        Picture(**told)
