"""Software autofocus on the simulated rig, whose focus is known."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from acquire.autofocus import _Sweep, autofocus, hand_focus_um
from acquire.open import open_microscope
from calibration.rig import load_rig
from tests.acquire.rigs import small_rig

pytestmark = pytest.mark.core
TISSUE_UM = (500.0, 500.0)
EXPOSURE_MS = 8.0
TOLERANCE_UM = 0.4
BOTH_SIGNS = pytest.mark.parametrize("toward", [1, -1])


class Recording:
    """A fake at the wire: a real core that keeps the targets of its focus drive."""

    def __init__(self, core):
        self.core = core
        self.targets_um = []

    def __getattr__(self, name):
        return getattr(self.core, name)

    def set_position(self, device, z_um):
        self.targets_um.append(z_um)
        self.core.set_position(device, z_um)


def mid_section_um(microscope):
    return microscope.core.renderer.slide.specimen.surface_um(*TISSUE_UM)


@BOTH_SIGNS
def test_the_middle_of_the_section_is_found_from_either_side(toward):
    with open_microscope(small_rig(toward=toward)) as microscope:
        microscope.move_xy(*TISSUE_UM)
        truth_um = mid_section_um(microscope)
        for off_um in (-2.5, 2.5):
            focus = autofocus(microscope, around_um=truth_um + off_um, exposure_ms=EXPOSURE_MS)
            assert focus.z_um == pytest.approx(truth_um, abs=TOLERANCE_UM)
            assert microscope.position_um.z == pytest.approx(focus.z_um, abs=0.01)


@BOTH_SIGNS
def test_a_focus_beyond_the_end_of_the_sweep_is_reached(toward):
    with open_microscope(small_rig(toward=toward)) as microscope:
        microscope.move_xy(*TISSUE_UM)
        truth_um = mid_section_um(microscope)
        focus = autofocus(microscope, around_um=truth_um - toward * 6.0, exposure_ms=EXPOSURE_MS)
        assert focus.z_um == pytest.approx(truth_um, abs=TOLERANCE_UM)


@BOTH_SIGNS
def test_no_plane_lies_nearer_than_the_near_margin_past_the_expected_focus(toward):
    """The section lies 6 µm nearer than expected and the margin is 3 µm."""
    rig = small_rig(toward=toward)
    first, *others = rig.objectives
    rig = replace(rig, objectives=(replace(first, near_margin_um=3.0), *others))
    with open_microscope(rig) as microscope:
        microscope.move_xy(*TISSUE_UM)
        around_um = mid_section_um(microscope) - toward * 6.0
        microscope.core = core = Recording(microscope.core)
        focus = autofocus(microscope, around_um=around_um, exposure_ms=EXPOSURE_MS)
        assert max(toward * (z_um - around_um) for z_um in core.targets_um) <= 3.0
        assert (focus.z_um, core.targets_um[-1]) == (None, around_um)
        assert "near_margin_um" in focus.reason


@BOTH_SIGNS
def test_every_plane_is_approached_from_the_far_side(toward):
    with open_microscope(small_rig(toward=toward)) as microscope:
        microscope.move_xy(*TISSUE_UM)
        microscope.core = core = Recording(microscope.core)
        focus = autofocus(microscope, around_um=0.0, exposure_ms=EXPOSURE_MS)
        approach_um, final_um = core.targets_um[-2:]
        assert final_um == focus.z_um
        assert toward * (final_um - approach_um) > 0


@pytest.mark.parametrize(
    "rig",
    [load_rig("demo"), small_rig(specimen={"kind": "empty"})],
    ids=["the same picture everywhere", "noise on empty glass"],
)
@pytest.mark.parametrize("around_um", [-2.0, 3.0])
def test_a_flat_picture_gives_no_focus_but_a_reason_and_leaves_z_where_it_was(rig, around_um):
    with open_microscope(rig) as microscope:
        focus = autofocus(microscope, around_um=around_um, exposure_ms=EXPOSURE_MS)
        assert focus.z_um is None
        assert focus.reason
        assert microscope.position_um.z == pytest.approx(around_um, abs=0.01)


def test_a_focus_by_hand_counts_whatever_is_in_place_where_nobody_can_focus_by_hand():
    with open_microscope(small_rig()) as microscope:
        microscope.move_z(1.5)
        assert hand_focus_um(microscope, "100x") == pytest.approx(1.5)


TOOTHED_PLATEAU = {
    -5: 0.03,
    -4: 0.09,
    -3: 0.32,
    -2: 0.19,
    -1: 0.35,
    0: 0.26,
    1: 0.20,
    2: 0.34,
    3: 0.14,
    4: 0.13,
    5: 0.05,
}
"""Sharpness in steps of 0.5 µm through 100x/1.4 with a tooth at either edge of the section, as simulated."""


def sweep_of(rig, scores):
    return _Sweep(microscope=SimpleNamespace(rig=rig), centre_um=10.0, step_um=0.5, exposure_ms=50.0, scores=scores)


@BOTH_SIGNS
def test_the_focus_of_a_plateau_with_teeth_at_its_edges_lies_between_them(toward):
    sweep = sweep_of(small_rig(toward=toward), TOOTHED_PLATEAU)
    assert sweep._peak().at_edge
    assert toward * (sweep._plateau_um() - 10.0) == pytest.approx(-0.25, abs=0.15)


@pytest.mark.parametrize("last", [-1, 2])
def test_a_plateau_whose_end_was_not_passed_is_no_focus(last):
    seen = {index: score for index, score in TOOTHED_PLATEAU.items() if index <= last}
    assert sweep_of(small_rig(), seen)._plateau_um() is None
