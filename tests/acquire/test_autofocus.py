"""Software autofocus on the simulated rig, whose focus is known."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from acquire.autofocus import _Sweep, autofocus, hand_focus_um
from acquire.measure import Measure, coarse_edges
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


class BrokenError(Exception):
    pass


def test_an_autofocus_is_left_before_the_plane_at_which_it_is_broken_off():
    planes = iter([None, None, BrokenError()])

    def between():
        wish = next(planes)
        if wish is not None:
            raise wish

    with open_microscope(small_rig()) as microscope:
        microscope.move_xy(*TISSUE_UM)
        taken = microscope.snap(EXPOSURE_MS).number
        with pytest.raises(BrokenError):
            autofocus(microscope, around_um=0.0, exposure_ms=EXPOSURE_MS, between=between)
        assert microscope.snap(EXPOSURE_MS).number == taken + 2 + 1


@BOTH_SIGNS
def test_coarse_edges_find_the_section_from_farther_away(toward):
    rig = small_rig(toward=toward)
    with open_microscope(rig) as microscope:
        microscope.move_xy(*TISSUE_UM)
        truth_um = mid_section_um(microscope)
        focus = autofocus(
            microscope,
            around_um=truth_um - toward * 3.0,
            exposure_ms=EXPOSURE_MS,
            measure=coarse_edges(rig, microscope.objective.name),
        )
        assert focus.z_um == pytest.approx(truth_um, abs=TOLERANCE_UM)


def test_the_top_is_sought_among_the_planes_near_the_highest_only():
    """A curve that leans: steep on one side of its top, with a long tail on the other."""
    z_um = [0.4 * index for index in range(9)]
    scores = [1 - 0.05 * (z - 1.2) ** 2 if z < 2.2 else 0.99 for z in z_um]
    measure = Measure(score=float, flattest=0.0, near_um=0.9)
    assert measure.top(z_um, scores).z_um == pytest.approx(1.2, abs=1e-6)
    assert Measure(score=float, flattest=0.0).top(z_um, scores).z_um != pytest.approx(1.2, abs=0.1)
