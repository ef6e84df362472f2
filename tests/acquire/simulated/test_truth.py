import json

import numpy as np
import pytest

pytest.importorskip("pycromanager")
pytest.importorskip("mm_test_adapters")

from acquire.simulated.truth import Witness
from acquire.truthfile import read_truth
from calibration.affine import apply
from tests.acquire.simulated.conftest import simulated_rig
from tests.acquire.simulated.test_core import place, running, snap

pytestmark = pytest.mark.core
PLANES_UM = (-0.4, 0.0, 0.4)


@pytest.fixture(scope="module")
def core():
    with running(simulated_rig()) as opened:
        yield opened


@pytest.fixture
def pictures():
    return True


@pytest.fixture
def witness(core, tmp_path, pictures):
    return watch(core, tmp_path, pictures)


def watch(core, folder, pictures=True):
    return Witness(core, simulated_rig(), folder, low="40x", high="100x", fuse=fuse, pictures=pictures)


def fuse(planes):
    assert len(planes) > 1, "one plane has nothing to be fused with"
    return planes.mean(axis=0)


def capture_low(core, witness, site="s"):
    turn(core, "40x/0.95 air", 8)
    place(core, 700, 700, 0)
    frame = snap(core)
    witness.observe(site, "40x", 0)
    witness.keep(site, "40x")
    witness.write(site)
    return frame


def capture_high(core, witness, site="s", *, aside_um=(0.0, 0.0), partner=None, planes_um=PLANES_UM):
    mount = core.scene.mounts["100x"]
    turn(core, "100x/1.40 oil", 50)
    frames = []
    for number, step_um in enumerate(planes_um):
        x_um, y_um = (700 + offset + aside for offset, aside in zip(mount.parcentric_um, aside_um, strict=True))
        place(core, x_um, y_um, mount.parfocal_um + step_um)
        frames.append(snap(core))
        witness.observe(site, "100x", number)
    witness.keep(site, "100x")
    witness.write(site, partner=partner)
    return frames


def turn(core, label, exposure_ms):
    core.set_state_label("Objective", label)
    core.wait_for_device("Objective")
    core.set_exposure(exposure_ms)


def test_truth_is_written_once_both_objectives_have_been_at_a_site(core, witness, tmp_path):
    capture_low(core, witness)
    assert read_truth(tmp_path, "s") is None
    capture_high(core, witness)
    found = read_truth(tmp_path, "s")
    assert found.plane.shape == found.fused.shape == (200, 240, 3)


def test_the_truth_is_finer_than_bytes(core, witness, tmp_path):
    capture_low(core, witness)
    capture_high(core, witness)
    found = read_truth(tmp_path, "s")
    for picture in (found.plane, found.fused):
        assert picture.dtype == np.uint16
        assert (picture % 257 != 0).mean() > 0.9


def test_the_truth_of_a_single_plane_is_that_plane(core, witness, tmp_path):
    capture_low(core, witness)
    capture_high(core, witness, planes_um=(0.0,))
    found = read_truth(tmp_path, "s")
    assert found.plane.shape == (200, 240, 3)
    assert found.fused is None


def test_the_true_matrix_lays_the_centre_of_high_where_both_look(core, witness, tmp_path):
    capture_low(core, witness)
    capture_high(core, witness)
    matrix = read_truth(tmp_path, "s").matrix
    assert np.allclose(apply(matrix, (47.5, 39.5)), (47.5, 39.5), atol=0.1)
    assert np.sqrt(np.linalg.det(matrix[:, :2])) == pytest.approx(0.4, rel=0.03)


def test_the_low_frame_is_a_blurred_noisy_view_of_the_true_plane(core, witness, tmp_path):
    low = capture_low(core, witness)[..., 1]
    capture_high(core, witness)
    plane = read_truth(tmp_path, "s").plane[..., 1].astype(float)
    shrunk = plane.reshape(40, 5, 48, 5).mean(axis=(1, 3))
    halved = low.reshape(40, 2, 48, 2).mean(axis=(1, 3))
    assert np.corrcoef(shrunk.ravel(), halved.ravel())[0, 1] > 0.97


def test_a_capture_that_was_broken_off_goes_on_in_another_session(core, tmp_path):
    capture_low(core, watch(core, tmp_path))
    capture_high(core, watch(core, tmp_path))
    assert read_truth(tmp_path, "s") is not None


@pytest.mark.parametrize("pictures", [False])
def test_a_run_can_keep_its_transforms_only(core, witness, tmp_path):
    capture_low(core, witness)
    capture_high(core, witness)
    assert read_truth(tmp_path, "s").plane is None


def test_a_plane_taken_again_replaces_its_first_try(core, witness, tmp_path):
    turn(core, "40x/0.95 air", 8)
    for x_um in (600, 700):
        place(core, x_um, 700, 0)
        core.snap_image()
        witness.observe("s", "40x", 0)
    witness.keep("s", "40x")
    states = json.loads((tmp_path / "truth" / "s_40x.json").read_text(encoding="utf-8"))["states"]
    assert [round(state["pose"]["stage_um"][0]) for state in states] == [700]


def test_a_stack_kept_again_drops_the_truth_of_its_first_try(core, witness, tmp_path):
    capture_low(core, witness)
    capture_high(core, witness)
    witness.observe("s", "40x", 0)
    witness.keep("s", "40x")
    assert read_truth(tmp_path, "s") is None


def test_the_truth_of_a_field_is_on_its_partner_s_picture(core, tmp_path):
    aside_um = (15.0, -9.0)
    witness = watch(core, tmp_path, pictures=False)
    capture_low(core, witness, "0001")
    stage = np.array(core.last_state.pose.stage_um_per_px)
    capture_high(core, witness, "0001-2", aside_um=aside_um, partner="0001")
    witness = watch(core, tmp_path, pictures=False)
    capture_high(core, witness, "0001-1", partner="0001")
    middle, moved = (read_truth(tmp_path, name).matrix[:, 2] for name in ("0001-1", "0001-2"))
    assert moved - middle == pytest.approx(np.linalg.solve(stage, aside_um), abs=0.05)


def test_a_site_shot_again_drops_the_truth_of_the_fields_inside_it(core, tmp_path):
    witness = watch(core, tmp_path, pictures=False)
    capture_low(core, witness, "0001")
    capture_high(core, witness, "0001-1", partner="0001")
    capture_low(core, witness, "0001")
    assert read_truth(tmp_path, "0001-1") is None
    assert (tmp_path / "truth" / "0001-1_100x.json").is_file()
