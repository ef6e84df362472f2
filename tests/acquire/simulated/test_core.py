import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pycromanager")
pytest.importorskip("mm_test_adapters")

import mm_test_adapters
import pymmcore
from pycromanager import Core, start_headless, stop_headless
from scipy import ndimage

from acquire.simulated.config import write_config
from acquire.simulated.core import SimulatedCore
from calibration.affine import apply, compose, invert
from tests.acquire.simulated.conftest import simulated, simulated_rig

pytestmark = pytest.mark.core
PERFECT = {"faults": "perfect", "specimen": {"kind": "lung", "seed": 1}}


@contextmanager
def running(rig):
    with tempfile.TemporaryDirectory() as folder:
        adapters = mm_test_adapters.device_adapter_path()
        config = write_config(rig, Path(folder))
        start_headless(mm_app_path=adapters, config_file=str(config), python_backend=True, buffer_size_mb=32)
    try:
        yield SimulatedCore(Core(), rig)
    finally:
        stop_headless()


@pytest.fixture(scope="module")
def shared():
    """One core for all tests on the realistic rig: starting it takes a second."""
    with running(simulated_rig()) as core:
        yield core


@pytest.fixture
def core(shared):
    """The shared core, back at its start."""
    if shared.is_sequence_running():
        shared.stop_sequence_acquisition()
    shared.clear_roi()
    shared.set_auto_shutter(True)
    shared.set_exposure(8)
    shared.set_state_label("Objective", "40x/0.95 air")
    for device in ("Objective", "XY", "Z"):
        shared.wait_for_device(device)
    place(shared, 500, 500, 0)
    return shared


def place(core, x_um, y_um, z_um):
    core.set_xy_position(x_um, y_um)
    core.set_position(z_um)
    core.wait_for_device("XY")
    core.wait_for_device("Z")


def snap(core):
    """Red, green, blue of a snap."""
    core.snap_image()
    return core.get_image().view(np.uint8).reshape(80, 96, 4)[..., 2::-1].astype(float)


def residual_px(one, other, expected):
    """How far `other`, moved back by what is expected, still lies from `one`: least squares on its slopes."""
    back = ndimage.shift(other, -expected[::-1], order=3)
    inner = slice(12, -12), slice(12, -12)
    slopes = np.stack([np.gradient(one, axis=axis)[inner].ravel() for axis in (1, 0)], axis=1)
    return np.linalg.lstsq(slopes, (one - back)[inner].ravel(), rcond=None)[0]


def test_what_is_not_pixels_comes_from_the_real_core(core):
    place(core, 120, 80, -3)
    assert core.get_x_position() == pytest.approx(120, abs=0.02)
    assert core.get_position() == pytest.approx(-3)
    assert core.get_pixel_size_um() == pytest.approx(0.185)
    with pytest.raises(RuntimeError, match="103"):
        core.set_position(1000)


def test_a_frame_is_packed_as_the_real_camera_packs_it(core):
    core.snap_image()
    image = core.get_image()
    assert image.dtype == np.uint32
    assert image.shape == (80, 96)
    assert np.all(image >> 24 == 0)


def test_colours_arrive_with_red_in_the_third_byte(core):
    """The camera's gains are the largest in green and the least in blue; empty glass shows them."""
    place(core, 18_300, 500, 0)
    red, green, blue = snap(core).mean(axis=(0, 1))
    assert green > red > blue
    assert red / green == pytest.approx(0.94, abs=0.02)


def test_glass_gets_brighter_with_the_exposure(core):
    place(core, 18_300, 500, 0)
    dim = snap(core).mean()
    core.set_exposure(4)
    assert snap(core).mean() == pytest.approx(dim / 2, rel=0.01)


def test_a_closed_shutter_gives_a_dark_frame(core):
    core.set_auto_shutter(False)
    core.set_shutter_open(False)
    assert snap(core).mean() < 1


def test_a_second_snap_has_the_same_tissue_and_other_noise(core):
    one, other = snap(core), snap(core)
    assert not np.array_equal(one, other)
    assert np.abs(one - other).mean() < 4


def test_focus_blurs_and_comes_back(core):
    sharp = snap(core)
    place(core, 500, 500, 4)
    blurred = snap(core)
    assert np.diff(blurred, axis=1).std() < 0.6 * np.diff(sharp, axis=1).std()


def test_the_picture_moves_as_the_true_matrix_says(core):
    one, before = snap(core), core.last_state.pose
    place(core, 501.23, 499.31, 0)
    other, after = snap(core), core.last_state.pose
    grids = [core.scene.grid(pose, roi=(0, 0, 96, 80)) for pose in (before, after)]
    middle = np.array([47.5, 39.5])
    expected = apply(compose(invert(grids[1].matrix), grids[0].matrix), middle) - middle
    assert np.allclose(residual_px(one[..., 1], other[..., 1], expected), 0, atol=0.05)


def test_a_turret_position_without_objective_cannot_be_rendered(core):
    core.set_state("Objective", 3)
    core.wait_for_device("Objective")
    with pytest.raises(RuntimeError, match="which is none of"):
        core.snap_image()


def test_a_grey_camera_cannot_be_rendered(core):
    core.set_property("Camera", "PixelType", "8bit")
    try:
        with pytest.raises(RuntimeError, match="8bit"):
            core.snap_image()
    finally:
        core.set_property("Camera", "PixelType", "32bitRGB")


def test_a_region_of_interest_is_that_part_of_the_frame(core):
    whole = snap(core)
    core.set_roi(20, 10, 40, 30)
    core.snap_image()
    part = core.get_image().view(np.uint8).reshape(30, 40, 4)[..., 2::-1]
    assert np.abs(whole[10:40, 20:60] - part).mean() < 4


def test_a_sequence_gives_one_frame_for_each_image_number(core):
    core.start_continuous_sequence_acquisition(0)
    time.sleep(0.1)
    core.stop_sequence_acquisition()
    tags = pymmcore.Metadata()
    frames = [core.get_last_image_md(tags) for _ in range(2)]
    assert int(tags.GetSingleTag("ImageNumber").GetValue()) > 0
    assert np.array_equal(*frames)


def test_no_frame_yet_is_the_real_index_error(core):
    core.set_exposure(500)
    core.start_continuous_sequence_acquisition(0)
    with pytest.raises(IndexError):
        core.get_last_image()


def test_setting_a_region_stops_a_sequence_silently(core):
    core.start_continuous_sequence_acquisition(0)
    core.set_roi(0, 0, 40, 40)
    time.sleep(0.05)
    assert not core.is_sequence_running()


def test_the_pose_of_the_last_snap_is_kept(core):
    place(core, 510, 490, 1)
    core.snap_image()
    state = core.last_state
    assert state.pose.objective == "40x"
    assert state.read_um == pytest.approx((510, 490, 1), abs=0.03)
    assert state.exposure_ms == 8


def test_a_resumed_run_gets_the_noise_of_an_unbroken_one(core):
    rig = simulated(simulated_rig(), faults="perfect", camera={"noise": True}, specimen={"seed": 1})
    one, again = (SimulatedCore(core._core, rig) for _ in range(2))
    place(one, 600, 600, 0)
    snap(one)
    for camera in (one, again):
        place(camera, 640, 610, 0)
    assert np.array_equal(snap(one), snap(again))


def test_a_perfect_rig_shows_the_tissue_alone(core):
    perfect = SimulatedCore(core._core, simulated(simulated_rig(), **PERFECT))
    assert np.array_equal(snap(perfect), snap(perfect))


def test_both_objectives_show_the_same_place_once_their_offsets_are_taken(core):
    low = snap(core)
    mount = core.scene.mounts["100x"]
    core.set_state_label("Objective", "100x/1.40 oil")
    core.set_exposure(50)
    place(core, 500 + mount.parcentric_um[0], 500 + mount.parcentric_um[1], mount.parfocal_um)
    high = snap(core)
    middle = low[24:56, 29:67, 1]
    shrunk = high[..., 1].reshape(16, 5, 96)[:, :, :95].mean(axis=1).reshape(16, 19, 5).mean(axis=2)
    coarse = middle.reshape(16, 2, 38).mean(axis=1).reshape(16, 19, 2).mean(axis=2)
    assert np.corrcoef(shrunk.ravel(), coarse.ravel())[0, 1] > 0.9
