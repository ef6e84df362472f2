from dataclasses import replace

import pytest

pytest.importorskip("mm_test_adapters")

from acquire.simulated.config import write_config
from calibration.errors import RigError
from calibration.optics import ZDrive


def lines(rig, folder):
    return write_config(rig, folder).read_text(encoding="utf-8").splitlines()


def test_the_turret_holds_the_objectives_of_the_rig_and_no_others(rig, tmp_path):
    labels = [line for line in lines(rig, tmp_path) if line.startswith("Label,Objective,")]
    assert labels == ["Label,Objective,0,40x/0.95 air", "Label,Objective,1,100x/1.40 oil"]


def test_pixel_sizes_are_the_nominal_ones(rig, tmp_path):
    assert "PixelSize_um,100x,0.074" in lines(rig, tmp_path)


@pytest.mark.parametrize("toward", [1, -1])
def test_the_focus_direction_is_what_the_rig_file_says(rig, tmp_path, toward):
    told = lines(replace(rig, z=ZDrive(device="Z", toward_slide=toward)), tmp_path)
    assert [line for line in told if line.startswith("FocusDirection")] == [f"FocusDirection,Z,{toward}"]


def test_devices_bear_the_names_of_the_rig_file(rig, tmp_path):
    renamed = replace(rig, nosepiece="Turret", z=ZDrive(device="Focus", toward_slide=1))
    told = lines(renamed, tmp_path)
    assert "Device,Turret,DemoCamera,DObjective" in told
    assert "Device,Focus,DemoCamera,DStage" in told
    assert "Parent,Focus,DHub" in told
    assert "Property,Core,Focus,Focus" in told
    assert not [line for line in told if ",Objective," in line]


def test_more_objectives_than_the_turret_holds_are_refused(rig, tmp_path):
    crowd = tuple(replace(rig.objectives[0], name=f"o{n}", label=f"o{n}") for n in range(7))
    with pytest.raises(RigError, match="7 objectives"):
        write_config(replace(rig, objectives=crowd), tmp_path)
