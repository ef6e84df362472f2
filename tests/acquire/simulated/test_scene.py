from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acquire.simulated.scene import scene_of
from calibration.affine import apply
from calibration.errors import RigError
from calibration.optics import ZDrive
from calibration.transfer import focus_ratio
from tests.acquire.simulated.conftest import simulated, simulated_rig

CENTRE_PX = (47.5, 39.5)
WHOLE = (0, 0, 96, 80)


def test_a_perfect_rig_has_no_fault(rig):
    scene = scene_of(simulated(rig, faults="perfect"))
    pose = scene.pose(objective="100x", stage_um=(10.0, 20.0, 0.0))
    assert pose.centre_um == (10, 20)
    assert np.allclose(pose.stage_um_per_px, 0.074 * np.eye(2))
    assert pose.depth_um == 0
    assert scene.mounts["100x"].shading == 0
    assert not scene.sensor.noise


def test_the_faults_of_a_realistic_rig_lie_where_real_ones_do(rig):
    for seed in range(30):
        mounts = scene_of(simulated(rig, seed=seed)).mounts
        turned = mounts["100x"].rotation_deg - mounts["40x"].rotation_deg
        assert 0.1 <= abs(turned) <= 0.7
        assert all(0.002 <= abs(mount.scale - 1) <= 0.013 for mount in mounts.values())
        assert 5 <= np.hypot(*mounts["100x"].parcentric_um) <= 20
        assert 1 <= abs(mounts["100x"].parfocal_um) <= 4
        assert all(0.05 <= mount.shading <= 0.08 for mount in mounts.values())


def test_the_first_objective_is_the_reference(rig):
    reference = scene_of(rig).mounts["40x"]
    assert reference.parcentric_um == (0, 0)
    assert reference.parfocal_um == 0


def test_one_seed_is_one_rig(rig):
    assert scene_of(simulated(rig, seed=3)).mounts == scene_of(simulated(rig, seed=3)).mounts
    assert scene_of(simulated(rig, seed=3)).mounts != scene_of(simulated(rig, seed=4)).mounts


@given(st.floats(-40, 40), st.floats(-30, 30), st.sampled_from(["40x", "100x"]))
@settings(deadline=None)
def test_moving_the_stage_by_s_times_an_offset_centres_what_was_seen_there(dx, dy, objective):
    scene = scene_of(simulated_rig())
    here = scene.pose(objective=objective, stage_um=(500.0, 400.0, 0.0))
    move = np.array(here.stage_um_per_px) @ (dx, dy)
    there = scene.pose(objective=objective, stage_um=(500.0 + move[0], 400.0 + move[1], 0.0))
    seen = apply(scene.grid(here, roi=WHOLE).matrix, (CENTRE_PX[0] + dx, CENTRE_PX[1] + dy))
    assert np.allclose(seen, apply(scene.grid(there, roi=WHOLE).matrix, CENTRE_PX))


def test_adding_the_parcentric_offset_keeps_the_same_point_centred(rig):
    scene = scene_of(rig)
    dx, dy = scene.mounts["100x"].parcentric_um
    low = scene.pose(objective="40x", stage_um=(500.0, 400.0, 0.0))
    high = scene.pose(objective="100x", stage_um=(500.0 + dx, 400.0 + dy, 0.0))
    assert np.allclose(low.centre_um, high.centre_um)


@pytest.mark.parametrize("toward", [1, -1])
def test_nearer_to_the_slide_focuses_deeper_whatever_the_sign_of_z(rig, toward):
    rig = replace(rig, z=ZDrive(device="Z", toward_slide=toward))
    scene = scene_of(rig)
    z_um = rig.z.offset(scene.mounts["100x"].parfocal_um, 1.5)
    assert scene.pose(objective="100x", stage_um=(0.0, 0.0, z_um)).depth_um == pytest.approx(1.5, abs=0.02)


def test_a_dry_lens_focuses_deeper_than_it_moves(rig):
    depth_um = scene_of(rig).pose(objective="40x", stage_um=(0.0, 0.0, 1.0)).depth_um
    assert depth_um == pytest.approx(focus_ratio(rig.objective("40x")))


def test_the_surface_moves_the_focus_with_it(rig):
    pose = scene_of(rig).pose(objective="40x", stage_um=(0.0, 0.0, 2.5), surface_um=2.5)
    assert pose.depth_um == pytest.approx(0)


@pytest.mark.parametrize("binning", [1, 2, 4])
def test_binning_and_a_region_keep_every_point_in_its_place(rig, binning):
    scene = scene_of(rig)
    pose = scene.pose(objective="40x", stage_um=(500.0, 400.0, 0.0))
    part = scene.grid(pose, roi=(5, 3, 8, 8), binning=binning)
    middle_px = (np.array([5 + 2, 3 + 1]) + 0.5) * binning - 0.5
    assert np.allclose(apply(part.matrix, (2, 1)), apply(scene.grid(pose, roi=WHOLE).matrix, middle_px))


def test_what_the_rig_file_says_of_an_objective_replaces_what_was_drawn(rig):
    told = {"100x": {"rotation_deg": 0.25, "parcentric_um": [3, -4]}}
    mount = scene_of(simulated(rig, truth_of_rig=told)).mounts["100x"]
    assert mount.rotation_deg == 0.25
    assert mount.parcentric_um == (3, -4)


@pytest.mark.parametrize(
    ("told", "named"),
    [
        ({"fault": "perfect"}, "simulated.fault "),
        ({"faults": "some"}, "'some'"),
        ({"seed": 1.5}, "1.5"),
        ({"truth_of_rig": {"40x": {"rotation": 1}}}, "rotation "),
        ({"truth_of_rig": {"63x": {}}}, "63x"),
        ({"camera": {"fullwell": 1}}, "fullwell"),
        ({"camera": 5}, "simulated.camera"),
    ],
)
def test_a_word_that_is_not_known_is_refused_by_name(rig, told, named):
    with pytest.raises(RigError, match=named):
        scene_of(simulated(rig, **told))
