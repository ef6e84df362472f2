"""The gate of a pair while capturing: stacks at known depths and places of the simulated rig."""

from dataclasses import replace

import numpy as np
import pytest

from acquire.autofocus import approach_z
from acquire.pairgate import PairGate
from acquire.runopen import create_run
from tests.acquire.moved_slide import grid_um, moved_slide

pytestmark = pytest.mark.core
SITES_UM = grid_um(2, 1, step_um=120.0)
STEP_UM = 0.4
MORE_LEVELS = 16


@pytest.fixture(scope="module")
def slide(tmp_path_factory):
    with moved_slide(tmp_path_factory.mktemp("pairs") / "run", SITES_UM) as moved:
        yield moved


def stack(slide, visit, *, off_um=0.0, beside_um=0.0):
    microscope, z_um = slide.microscope, slide.focus(visit) + off_um
    microscope.move_xy(visit.x_um + beside_um, visit.y_um)
    microscope.expect_focus(z_um)
    depths = [z_um + offset_um for offset_um in visit.stack.offsets_um()]
    approach_z(microscope, depths[0])
    planes = []
    for depth_um in depths:
        microscope.move_z(depth_um)
        planes.append(microscope.snap(visit.exposure_ms))
    return planes


@pytest.mark.truth
def test_a_stack_about_the_focus_passes_and_its_middle_matches(slide):
    verdict = PairGate(run=slide.run).judge(slide.visits[0], stack(slide, slide.visits[0]))
    assert verdict.passed, verdict.reason
    assert verdict.plane == 2
    assert verdict.z_um == pytest.approx(slide.focus(slide.visits[0]), abs=0.2)
    assert verdict.shift_um == pytest.approx((0.0, 0.0), abs=0.1)


@pytest.mark.truth
@pytest.mark.parametrize("sign", [1, -1])
def test_a_stack_whose_match_lies_at_an_end_is_refused_and_the_better_depth_is_told(slide, sign):
    visit = slide.visits[0]
    verdict = PairGate(run=slide.run).judge(visit, stack(slide, visit, off_um=sign * 2 * STEP_UM))
    assert not verdict.passed
    assert "an end of a stack is no focus" in verdict.reason
    assert verdict.z_um == pytest.approx(slide.focus(visit), abs=STEP_UM)


@pytest.mark.truth
def test_a_field_beside_its_place_says_how_far(slide):
    visit = slide.visits[0]
    verdict = PairGate(run=slide.run).judge(visit, stack(slide, visit, beside_um=6.0))
    assert verdict.passed, verdict.reason
    assert verdict.shift_um == pytest.approx((0.0, 0.0), abs=0.1)  # it was read back there, and is seen there


def test_another_field_is_refused_in_words(slide):
    planes = stack(slide, slide.visits[1])
    verdict = PairGate(run=slide.run).judge(slide.visits[0], planes)
    assert not verdict.passed
    assert "does not show its place in the 40x picture" in verdict.reason
    assert verdict.shift_um is None


def test_without_a_calibration_the_gate_is_open_and_says_so(slide, tmp_path):
    bare = create_run(tmp_path / "run", slide.run.plan, slide.run.rig, None)
    verdict = PairGate(run=bare).judge(slide.visits[0], stack(slide, slide.visits[0]))
    assert verdict.passed
    assert verdict.reason.startswith("not judged")


def test_the_first_objective_is_not_judged(slide):
    visit = next(v for v in slide.run.plan.visits(slide.run.rig) if v.objective == "40x")
    assert PairGate(run=slide.run).judge(visit, []).passed


def test_frames_of_more_bits_are_judged_at_their_own_white_level(slide):
    planes = [
        replace(frame, pixels=frame.pixels.astype(np.uint16) * MORE_LEVELS, white_level=frame.white_level * MORE_LEVELS)
        for frame in stack(slide, slide.visits[0])
    ]
    verdict = PairGate(run=slide.run).judge(slide.visits[0], planes)
    assert verdict.passed, verdict.reason
    assert verdict.plane == 2
