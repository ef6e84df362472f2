"""One small calibration of the simulated rig against its truth."""

import re
from datetime import UTC, datetime

import pytest

from acquire.characterise import Characterise
from acquire.characterise_asides import NO_RETURNS
from acquire.errors import MicroscopeError
from acquire.open import open_microscope
from acquire.simulated.specimens.mounted import GLASS_UM
from calibration.record import rig_hash
from calibration.rig import load_rig
from tests.acquire.rigs import small_rig
from tests.acquire.simulated.conftest import STEADY

pytestmark = pytest.mark.core
NOW = datetime(2026, 11, 22, tzinfo=UTC)
NEAR_THE_GLASS_UM = (16_000.0, 500.0)
"""The stage makes 10 mm in a second: most of a calibration far from the glass would be the way there and back."""
PIXEL_SIZE_TOLERANCE = 0.005
OFFSET_TOLERANCE_UM = 0.3
FOCUS_BY_SHARPNESS_UM = 2.5
"""At 100x a section is sharp over 3.5 µm; retracted would be 280 µm away."""
PLAY_UM = {"backlash_um": (1.5, 0.8), "z_backlash_um": 0.6}
NEAR_CENTRE = {"100x": {"parcentric_um": (5.0, -4.0)}}
"""Of a field of 35 µm the realistic 16 µm would leave too little in common."""
RIG = small_rig(
    size_px=(192, 192),
    stage=STEADY | PLAY_UM,
    camera={"quarter_turns": 1, "mirrored": True},
    truth_of_rig=NEAR_CENTRE,
)


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    return tmp_path_factory.mktemp("calibration") / "core.log"


@pytest.fixture(scope="module")
def calibrated(log):
    """(calibration, true mounts, what was asked and where Z stood)."""
    asked = []
    with open_microscope(RIG) as microscope:
        microscope.log_to(log)

        def confirm(question):
            asked.append((question, microscope.position_um.z, microscope.objective.name))
            return True

        work = Characterise(microscope=microscope, confirm=confirm, progress=lambda *_step: None, sites=2)
        measured = work.calibrate(at_um=NEAR_THE_GLASS_UM, glass_um=GLASS_UM, now=NOW)
        return measured, microscope.core.scene.mounts, asked


@pytest.mark.truth
@pytest.mark.parametrize("name", ["40x", "100x"])
def test_pixel_sizes_are_the_true_ones(calibrated, name):
    measured, mounts, _ = calibrated
    truth_um = RIG.pixel_um(name) * mounts[name].scale
    assert measured.objectives[name].pixel_um.value == pytest.approx(truth_um, rel=PIXEL_SIZE_TOLERANCE)


@pytest.mark.truth
def test_the_parcentric_offset_is_the_true_one(calibrated):
    measured, mounts, _ = calibrated
    found_um = [axis.value for axis in measured.objectives["100x"].parcentric_um]
    assert found_um == pytest.approx(mounts["100x"].parcentric_um, abs=OFFSET_TOLERANCE_UM)


@pytest.mark.truth
def test_the_parfocal_offset_is_the_true_one(calibrated):
    measured, mounts, _ = calibrated
    found_um = measured.objectives["100x"].parfocal_um.value
    assert found_um == pytest.approx(mounts["100x"].parfocal_um, abs=OFFSET_TOLERANCE_UM)


@pytest.mark.truth
def test_the_play_of_the_focus_drive_is_the_true_one(calibrated):
    measured, _, _ = calibrated
    assert measured.backlash_um["z"].value == pytest.approx(PLAY_UM["z_backlash_um"], abs=0.05)


@pytest.mark.truth
def test_the_play_of_the_stage_is_the_true_one(calibrated):
    measured, _, _ = calibrated
    found_um = [measured.backlash_um[axis].value for axis in "xy"]
    assert found_um == pytest.approx(PLAY_UM["backlash_um"], abs=0.05)


@pytest.mark.truth
def test_the_gain_of_the_camera_is_the_true_one(calibrated):
    measured, _, _ = calibrated
    assert measured.camera["gain_e_per_level"].value == pytest.approx(20_000 / 255, rel=0.05)


@pytest.mark.truth
def test_a_calibration_says_of_which_rig_and_day_it_is_and_that_it_was_simulated(calibrated):
    measured, _, _ = calibrated
    assert (measured.rig_hash, measured.created, measured.simulated) == (rig_hash(RIG), NOW, True)


@pytest.mark.truth
def test_oil_is_asked_for_once_with_the_lens_retracted_and_the_dry_one_in_place(calibrated):
    _, _, asked = calibrated
    [(question, z_um, objective)] = asked
    assert "Put oil on the slide for 100x/1.40 oil" in question
    assert (z_um, objective) == (pytest.approx(RIG.z_safe_um), "40x")


@pytest.mark.truth
def test_empty_glass_is_taken_with_each_lens_at_its_focus_and_never_retracted(calibrated, log):
    _, mounts, _ = calibrated
    parfocal_um = [mounts[name].parfocal_um for name in ("40x", "40x", "100x")]  # 40x again, for the light at the end
    assert z_at_glass(log.read_text()) == pytest.approx(parfocal_um, abs=FOCUS_BY_SHARPNESS_UM)


@pytest.mark.truth
def test_a_calibration_holds_what_its_pictures_are_drawn_from_and_what_was_not_measured(calibrated):
    measured, _, _ = calibrated
    assert {"photon transfer", "linearity", "lamp", "settle x", "settle y"} <= set(measured.curves)
    assert NO_RETURNS in measured.remarks
    assert measured.rig_name == RIG.name
    assert all(0 < settle_ms < 1000 for settle_ms in measured.settle_ms.values())
    assert measured.stage_pixel_um == {}


def z_at_glass(text):
    """Z of the last focus move before each stay on the glass, in the order of the core's own log."""
    z_um, found, on_glass = None, [], False
    for line in text.splitlines():
        if move := re.search(r"absolute move of Z to position (-?[\d.]+)", line):
            z_um = float(move.group(1))
        if move := re.search(r"absolute move of XY to position \((-?[\d.]+)", line):
            arrives, on_glass = not on_glass, float(move.group(1)) > GLASS_UM[0] - 100
            if arrives and on_glass:
                found.append(z_um)
    return found


def test_a_rig_whose_pictures_never_change_cannot_be_calibrated():
    with open_microscope(load_rig("demo")) as microscope:
        work = Characterise(microscope=microscope, confirm=lambda _q: True, progress=lambda *_step: None)
        with pytest.raises(MicroscopeError, match="cannot be calibrated"):
            work.calibrate(at_um=(0, 0), glass_um=(0, 0), now=NOW)
