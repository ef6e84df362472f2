"""What is checked of a connected microscope before anything moves."""

from dataclasses import replace

import pytest

from acquire.item import passed
from acquire.open import open_microscope
from acquire.rigcheck import check_microscope
from calibration.rig import load_rig
from tests.acquire.rigs import small_rig

RIG = load_rig("demo")


def states(items):
    return {item.name: item.state for item in items}


def says(items, name):
    return next(item.says for item in items if item.name == name)


@pytest.mark.core
@pytest.mark.parametrize("rig", [RIG, small_rig()], ids=["demo", "simulated"])
def test_the_built_in_rigs_pass(rig):
    with open_microscope(rig) as microscope:
        items = check_microscope(microscope)
    assert passed(items), items


@pytest.mark.core
def test_a_check_moves_nothing():
    with open_microscope(RIG) as microscope:
        microscope.move_xy(120, 80)
        before = microscope.position_um, microscope.objective
        check_microscope(microscope)
        assert (microscope.position_um, microscope.objective) == before


@pytest.fixture
def microscope():
    with open_microscope(RIG) as opened:
        yield opened


@pytest.mark.core
def test_a_label_that_is_not_in_the_turret_fails_with_those_that_are(microscope):
    first, *others = RIG.objectives
    microscope.rig = replace(RIG, objectives=(first, *(replace(o, label=f"no {o.name}") for o in others)))
    items = check_microscope(microscope)
    assert states(items)["objective 10x"] == "pass"
    assert states(items)["objective 40x"] == "fail"
    assert "choose one of these" in says(items, "objective 40x")


@pytest.mark.core
def test_devices_that_are_not_loaded_fail_and_the_other_checks_are_made(microscope):
    microscope.rig = replace(RIG, z=replace(RIG.z, device="Zeta"))
    items = check_microscope(microscope)
    assert states(items)["focus drive"] == "fail"
    assert "'Zeta' is not loaded" in says(items, "focus drive")
    assert states(items)["frame size"] == "pass"


@pytest.mark.core
def test_a_stage_outside_the_limits_fails(microscope):
    microscope.rig = replace(RIG, limits_um=replace(RIG.limits_um, x=(500, 600)))
    items = check_microscope(microscope)
    assert (states(items)["position x"], states(items)["position y"]) == ("fail", "pass")


@pytest.mark.core
def test_a_camera_of_another_size_fails(microscope):
    microscope.core.set_roi(0, 0, 64, 32)
    items = check_microscope(microscope)
    assert states(items)["frame size"] == "fail"
    assert "64×32 pixels, but size_px says [512, 512]" in says(items, "frame size")


@pytest.mark.core
def test_another_pixel_size_than_micro_managers_is_a_warning(microscope):
    microscope.rig = replace(RIG, camera=replace(RIG.camera, pixel_um=6.5))
    items = check_microscope(microscope)
    assert states(items)["pixel size 10x"] == "warn"
    assert passed(items)
