"""Every fault that a rig file may name, read back from pictures of the rig that has it."""

from dataclasses import replace

import numpy as np
import pytest

from acquire.open import open_microscope
from acquire.simulated.core import SimulatedCore
from acquire.simulated.drawn import faults_of
from acquire.simulated.imaging import Renderer
from acquire.simulated.scene import scene_of
from acquire.simulated.specimens.kinds import make_specimen
from acquire.simulated.specimens.specimen import Slide
from calibration.affine import apply
from calibration.errors import RigError
from tests.acquire.rigs import small_rig
from tests.acquire.simulated.conftest import simulated, simulated_rig

WHOLE = (0, 0, 96, 80)
EXPOSURE_MS = 8.0
GLASS_UM = (18_800.0, 1_000.0)
ORIENTATIONS = [(turns, mirrored) for turns in range(4) for mirrored in (False, True)]


@pytest.mark.parametrize(("turns", "mirrored"), ORIENTATIONS)
def test_the_camera_may_be_turned_and_mirrored_in_all_eight_ways(turns, mirrored):
    rig = simulated(simulated_rig(), faults="perfect", camera={"quarter_turns": turns, "mirrored": mirrored})
    steps = np.array(scene_of(rig).pose(objective="40x", stage_um=(0.0, 0.0, 0.0)).stage_um_per_px) / 0.185
    assert np.allclose(np.abs(steps).sum(axis=0), 1)
    assert np.linalg.det(steps) == pytest.approx(-1 if mirrored else 1)
    assert steps[:, 0] @ [1, 1j] == pytest.approx((-1 if mirrored else 1) * 1j**turns)


def test_a_turned_camera_shows_the_turned_field():
    grids = []
    for turns in (0, 1):
        scene = scene_of(simulated(simulated_rig(), faults="perfect", camera={"quarter_turns": turns}))
        grids.append(scene.grid(scene.pose(objective="40x", stage_um=(700.0, 500.0, 0.0)), roi=(8, 0, 80, 80)))
    renderer = Renderer(Slide(make_specimen({"seed": 1})))
    plain, turned = (renderer.render(grid, scene.lens("40x"), 0.0) for grid in grids)
    assert np.allclose(turned, np.rot90(plain, axes=(1, 0)), atol=2e-3) or np.allclose(
        turned, np.rot90(plain), atol=2e-3
    )


@pytest.mark.parametrize(("colour", "sign"), [(0, 1), (2, -1)])
def test_lateral_colour_enlarges_red_and_blue_pixels_away_from_the_axis(colour, sign):
    mount = {"40x": {"lateral_colour": [0.001, -0.001]}}
    scene = scene_of(simulated(simulated_rig(), faults="perfect", truth_of_rig=mount))
    grid = scene.grid(scene.pose(objective="40x", stage_um=(700.0, 500.0, 0.0)), roi=WHOLE)
    middle, corner = (47.5, 39.5), (95, 79)
    green, other = (apply(grid.of_colour(number), corner) - apply(grid.matrix, middle) for number in (1, colour))
    assert np.allclose(apply(grid.of_colour(colour), middle), apply(grid.matrix, middle))
    assert np.allclose(other, green * (1 + sign * 0.001))


def test_lateral_colour_has_its_axis_in_the_middle_of_the_sensor_whatever_region_is_read():
    mount = {"40x": {"lateral_colour": [0.001, 0.0]}}
    scene = scene_of(simulated(simulated_rig(), faults="perfect", truth_of_rig=mount))
    pose = scene.pose(objective="40x", stage_um=(700.0, 500.0, 0.0))
    whole, part = scene.grid(pose, roi=WHOLE), scene.grid(pose, roi=(30, 20, 40, 30))
    assert np.allclose(apply(part.of_colour(0), (5, 6)), apply(whole.of_colour(0), (35, 26)))


def test_the_hand_at_the_oil_step_shifts_and_turns_the_slide_for_good():
    told = {"oil_step": {"shift_um": [40.0, -25.0], "turn_deg": 1.5}}
    scene = scene_of(simulated(simulated_rig(), faults="perfect", **told))
    before = scene.centre_um("100x", 10_300.0, 9_800.0)
    after = scene.centre_um("100x", 10_300.0, 9_800.0, handled=True)
    turn = np.deg2rad(-1.5)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    assert np.allclose(after, rotation @ (np.array(before) - (40.0, -25.0) - 10_000.0) + 10_000.0)


def test_only_dry_lenses_suffer_from_a_wrong_cover_glass():
    scene = scene_of(simulated(simulated_rig(), faults="perfect", cover_error_um=8.0))
    assert (scene.lens("40x").cover_error_um, scene.lens("100x").cover_error_um) == (8.0, 0.0)


def test_a_perfect_rig_has_no_fault_and_a_realistic_one_has_all_of_a_real_one():
    perfect, real = (faults_of(simulated(simulated_rig(), faults=kind)) for kind in ("perfect", "realistic"))
    assert perfect.stage == replace(perfect.stage, backlash_um=(0, 0), noise_um=0, drift_um_per_h=(0, 0, 0))
    assert (perfect.lamp.warm_up, perfect.sensor.noise, perfect.sensor.dead) == (0, False, 0)
    assert min(real.stage.backlash_um) >= 0.5
    assert real.stage.noise_um == pytest.approx(0.3)
    assert real.lamp.warm_up > 0
    assert real.sensor.dead > 0


@pytest.mark.parametrize(
    ("told", "named"),
    [
        ({"stage": {"backlash": 1}}, "simulated.stage.backlash"),
        ({"camera": {"bits": 9}}, "simulated.camera.bits"),
        ({"lamp": {"flicker": "much"}}, "simulated.lamp.flicker"),
        ({"cover_error_um": "thick"}, "cover_error_um"),
        ({"oil_step": 3}, "simulated.oil_step"),
    ],
)
def test_a_fault_that_cannot_be_meant_is_refused_by_name(told, named):
    with pytest.raises(RigError, match=named):
        faults_of(simulated(simulated_rig(), **told))


@pytest.mark.core
@pytest.mark.parametrize(("bits", "dtype"), [(8, np.uint8), (12, np.uint16)])
def test_a_frame_of_more_bits_comes_in_sixteen_with_the_white_level_of_its_bits(bits, dtype):
    with open_microscope(small_rig(size_px=(48, 32), camera={"bits": bits})) as microscope:
        microscope.move_xy(*GLASS_UM)
        frame = microscope.snap(EXPOSURE_MS)
    assert (frame.pixels.dtype, frame.white_level) == (dtype, 2**bits - 1)
    assert frame.pixels[..., 1].mean() / frame.white_level == pytest.approx(0.82, abs=0.04)


@pytest.mark.core
@pytest.mark.parametrize("pattern", ["RGGB", "GBRG"])
@pytest.mark.parametrize("bits", [8, 12])
def test_a_bayer_camera_gives_the_colours_of_an_rgb_one_in_every_region(pattern, bits):
    seen = {}
    for bayer in ("none", pattern):
        rig = small_rig(size_px=(64, 48), camera={"noise": False, "bits": bits, "dead": 0.0})
        with open_microscope(replace(rig, camera=replace(rig.camera, bayer=bayer))) as microscope:
            microscope.move_xy(700, 500)
            microscope.core.set_roi(5, 3, 40, 30)
            frame = microscope.snap(EXPOSURE_MS)
            seen[bayer] = frame.pixels.astype(float) / frame.white_level
    difference = (seen[pattern] - seen["none"])[4:-4, 4:-4]
    assert np.abs(difference.mean(axis=(0, 1))).max() < 0.01
    assert np.sqrt(np.mean(difference**2)) < 0.06


@pytest.mark.core
def test_stuck_pixels_are_where_the_truth_says():
    with open_microscope(small_rig(size_px=(64, 48), camera={"dead": 0.01})) as microscope:
        microscope.move_xy(*GLASS_UM)
        pixels = microscope.snap(EXPOSURE_MS).pixels[..., 1]
    stuck = (pixels == 0) | (pixels == 255)
    assert 10 < stuck.sum() < 60


@pytest.mark.core
def test_the_lamp_warms_up_as_told():
    seconds = [0.0]
    rig = small_rig(size_px=(48, 32), lamp={"warm_up": 0.2, "warm_up_s": 100.0, "flicker": 0})
    with open_microscope(rig) as microscope:
        core = SimulatedCore(microscope.core._core._core, rig, clock=lambda: seconds[0])
        microscope.move_xy(*GLASS_UM)
        core.set_exposure(EXPOSURE_MS / 2)
        seen = []
        for seconds[0] in (0.0, 100.0, 1000.0):
            core.snap_image()
            seen.append(core.get_image().view(np.uint8).reshape(32, 48, 4)[..., 1].mean())
    assert np.array(seen) / seen[-1] == pytest.approx([0.8, 1 - 0.2 / np.e, 1.0], abs=0.01)


@pytest.mark.core
@pytest.mark.parametrize("toward", [1, -1])
def test_a_fine_drive_takes_small_steps_and_the_coarse_one_large_ones(toward):
    rig = small_rig(toward=toward, size_px=(48, 32))
    with open_microscope(replace(rig, z=replace(rig.z, fine="Piezo"))) as microscope:
        microscope.move_z(toward * 5.0)
        core = microscope.core
        assert (core.get_position("Z"), core.get_position("Piezo")) == pytest.approx((0.0, toward * 5.0))
        microscope.snap(EXPOSURE_MS)
        assert core.last_state.pose.stage_um[2] == pytest.approx(toward * 5.0)
        microscope.select_objective("100x")
        assert microscope.position_um.z == pytest.approx(rig.z_safe_um)
        assert core.get_position("Piezo") == pytest.approx(0.0)
