"""The parts of a calibration by themselves: where it goes, how deep it looks, and that it leaves the shutter alone."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquire.autofocus import approach_xy
from acquire.characterise_focus import REACH_UM, focus_surface, section_focus, stack_offsets_um
from acquire.characterise_light import closed_shutter, dark_frames
from acquire.characterise_stage import LARGEST_STEP, approach_from_above, ring_um
from acquire.errors import LimitError
from acquire.open import open_microscope
from calibration.rig import load_rig
from calibration.transfer import focus_ratio
from tests.acquire.rigs import small_rig

RIG = load_rig("simulated")
places = st.tuples(st.floats(-5000, 5000), st.floats(-5000, 5000))


@given(places, st.integers(8, 64))
def test_neighbours_on_the_ring_overlap_and_its_middle_is_the_place_asked_for(centre, count):
    ring = np.array(ring_um(RIG, centre, count))
    steps = np.linalg.norm(ring - np.roll(ring, 1, axis=0), axis=1)
    assert steps.max() <= LARGEST_STEP * min(RIG.field_um("40x")) * (1 + 1e-9)
    np.testing.assert_allclose(ring.mean(axis=0), centre, atol=1e-6)


@given(st.tuples(*[st.floats(-0.01, 0.01)] * 2), st.floats(-50, 50), places)
def test_the_focus_of_a_tilted_slide_is_known_everywhere_from_three_places(slope, z_um, place):
    def plane(x, y):
        return slope[0] * x + slope[1] * y + z_um

    known = [(0.0, 0.0), (200.0, 0.0), (0.0, 200.0), (150.0, 90.0)]
    surface = focus_surface(known, [plane(*at) for at in known])
    assert surface(place) == pytest.approx(plane(*place), abs=1e-6)


def test_two_places_give_a_level_focus():
    assert focus_surface([(0, 0), (9, 9)], [1.0, 2.0])((500, 500)) == pytest.approx(1.5)


@pytest.mark.parametrize("objective", RIG.objectives, ids=lambda o: o.name)
def test_a_stack_reaches_as_deep_on_either_side_through_every_lens(objective):
    offsets = np.array(stack_offsets_um(objective))
    np.testing.assert_allclose(offsets, -offsets[::-1])
    assert np.all(np.diff(offsets) > 0)
    assert offsets[-1] * focus_ratio(objective) == pytest.approx(REACH_UM)


@pytest.mark.core
@pytest.mark.parametrize("automatic", [True, False])
def test_dark_frames_are_dark_and_leave_the_shutter_as_it_was(automatic):
    with open_microscope(small_rig()) as microscope:
        core = microscope.core
        core.set_auto_shutter(automatic)
        core.set_shutter_open(not automatic)
        before = core.get_auto_shutter(), core.get_shutter_open()
        levels = [float(np.median(frame.pixels)) for frame in dark_frames(microscope, microscope.objective)]
        assert levels
        assert max(levels) <= 1
        assert (core.get_auto_shutter(), core.get_shutter_open()) == before
        assert float(np.median(microscope.snap(8).pixels)) > 30  # tissue in the light


@pytest.mark.core
def test_the_shutter_is_as_it_was_when_the_camera_fails_in_the_dark():
    with open_microscope(small_rig()) as microscope:

        def fail():
            with closed_shutter(microscope):
                raise RuntimeError("the camera failed")

        with pytest.raises(RuntimeError, match="the camera failed"):
            fail()
        assert microscope.core.get_auto_shutter()


@pytest.mark.core
def test_an_approach_from_above_ends_at_its_target_and_never_outside_the_limits():
    with open_microscope(small_rig()) as microscope:
        high = microscope.rig.limits_um.x[1]
        approach_from_above(microscope, high - 1, 500)
        assert math.dist(microscope.position_um[:2], (high - 1, 500)) < 0.1
        with pytest.raises(LimitError):
            approach_from_above(microscope, high + 1, 500)


@pytest.mark.core
@pytest.mark.truth
@pytest.mark.parametrize("off_um", [-2.0, 2.0])
def test_a_section_is_found_though_the_first_stack_holds_only_a_part_of_it(off_um):
    with open_microscope(small_rig(size_px=(192, 192))) as microscope:
        approach_xy(microscope, 800, 800)
        true_um = microscope.position_um.z
        found = section_focus(microscope, true_um + off_um, exposure_ms=8)
        assert found.z_um == pytest.approx(true_um, abs=0.2)
