"""Blank tiles, by an overview of the slide."""

import cv2
import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from acquire.errors import PlanError
from acquire.fieldview import view_of
from acquire.tissue import Tissue, blank_tiles, read_overview, tissue_in
from calibration.rig import load_rig

RIG = load_rig("simulated")
FIELD = view_of(RIG, None, "40x")
UM_PER_PX = 4.0
SIDE_PX = 250
"""Of the overview, which shows 1 mm."""
MIDDLE_UM = (5000.0, 7000.0)


def scale(turn_deg=0.0, mirror=1):
    along, aside = UM_PER_PX * np.cos(np.deg2rad(turn_deg)), UM_PER_PX * np.sin(np.deg2rad(turn_deg))
    return ((along, -mirror * aside), (aside, mirror * along))


def tissue(**changes):
    return Tissue(**{"overview": "o.png", "at_um": MIDDLE_UM, "um_per_px": scale()} | changes)


def picture(mask, rng=None, dtype=np.uint8):
    """Stained where the mask says so, of 0.15 optical density, glass at 240, noise of two levels."""
    light = 240 * 10 ** (-0.15 * mask[..., None] * np.array([0.7, 1.3, 1.0]))
    noise = (rng or np.random.default_rng(1)).normal(0, 2, light.shape)
    full = 255 if dtype == np.uint8 else 4095
    return np.clip((light + noise) * full / 255, 0, full).astype(dtype)


def disc(radius_px=60.0, centre=(SIDE_PX / 2, SIDE_PX / 2)):
    y, x = np.mgrid[:SIDE_PX, :SIDE_PX]
    return np.hypot(x - centre[0], y - centre[1]) < radius_px


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_tissue_is_found_where_it_lies(dtype):
    found = tissue_in(picture(disc(), dtype=dtype), tissue())
    wrong = found != disc()
    assert wrong.sum() < 0.02 * disc().sum()


@given(
    x_um=st.floats(-300, 300), y_um=st.floats(-300, 300), turn_deg=st.floats(-180, 180), mirror=st.sampled_from([1, -1])
)
@settings(deadline=None)
def test_a_tile_is_blank_exactly_where_the_overview_shows_glass_however_it_is_turned(x_um, y_um, turn_deg, mirror):
    told = tissue(um_per_px=scale(turn_deg, mirror))
    radius_um, half_um = 60 * UM_PER_PX, RIG.field_um("40x")[0] / 2
    nearest = max(np.hypot(max(abs(x_um) - half_um, 0), max(abs(y_um) - half_um, 0)), 0)
    blank = blank_tiles(disc(), told, [(MIDDLE_UM[0] + x_um, MIDDLE_UM[1] + y_um)], FIELD)
    if nearest > radius_um + 2 * UM_PER_PX:
        assert blank == (1,)
    elif np.hypot(x_um, y_um) < radius_um:
        assert blank == ()


@given(least=st.floats(1, 99))
@settings(deadline=None)
def test_the_share_of_tissue_decides(least):
    half = np.zeros((SIDE_PX, SIDE_PX), bool)
    half[:, : SIDE_PX // 2] = True
    blank = blank_tiles(half, tissue(least_percent=least), [MIDDLE_UM], FIELD)
    if abs(least - 50) > 5:
        assert blank == ((1,) if least > 50 else ())


def test_a_tile_that_the_overview_does_not_show_is_visited():
    nothing = np.zeros((SIDE_PX, SIDE_PX), bool)
    assert blank_tiles(nothing, tissue(), [MIDDLE_UM, (0.0, 0.0)], FIELD) == (1,)


@pytest.mark.parametrize("name", ["o.png", "o.tif"])
def test_an_overview_is_read_with_red_first(tmp_path, name):
    shown = picture(disc())
    if name.endswith("png"):
        cv2.imwrite(str(tmp_path / name), cv2.cvtColor(shown, cv2.COLOR_RGB2BGR))
    else:
        tifffile.imwrite(tmp_path / name, shown, photometric="rgb")
    read, told = read_overview(tmp_path / name, tissue())
    assert np.array_equal(read, shown)
    assert told == tissue()


def test_of_a_pyramid_a_level_that_is_large_enough_is_read_with_its_scale(tmp_path):
    whole = np.zeros((3000, 6000, 3), np.uint8)
    with tifffile.TiffWriter(tmp_path / "o.ome.tif") as file:
        file.write(whole, subifds=2, tile=(256, 256), photometric="rgb", compression="zlib")
        for step in (2, 4):
            part = np.ascontiguousarray(whole[::step, ::step])
            file.write(part, subfiletype=1, tile=(256, 256), photometric="rgb", compression="zlib")
    read, told = read_overview(tmp_path / "o.ome.tif", tissue())
    assert read.shape == (1500, 3000, 3)
    assert told.view((1, 1)).pixel_um == pytest.approx(2 * UM_PER_PX)


def test_what_is_no_picture_is_refused(tmp_path):
    (tmp_path / "o.png").write_text("no picture")
    tifffile.imwrite(tmp_path / "stack.tif", np.zeros((4, 20, 20), np.uint8), photometric="minisblack")
    for name, says in (("o.png", "no picture"), ("stack.tif", "one plane"), ("none.png", "there is no overview")):
        with pytest.raises(PlanError, match=says):
            read_overview(tmp_path / name, tissue())
