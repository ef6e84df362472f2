"""What every microscope must do; inherit `MicroscopeContract` and give it a `microscope` fixture."""

import numpy as np
import pytest

from acquire.errors import LimitError
from acquire.micromanager import MicroManagerMicroscope
from calibration.errors import RigError

TOLERANCE_UM = 0.5


class MicroscopeContract:
    """Tests of `acquire.microscope.Microscope`; the fixture `microscope` is fresh for each test."""

    def test_it_stands_where_it_was_sent(self, microscope: MicroManagerMicroscope):
        microscope.move_xy(120, 80)
        microscope.move_z(-3)
        assert np.allclose(microscope.position_um, (120, 80, -3), atol=TOLERANCE_UM)

    @pytest.mark.parametrize("axis", ["x", "y"])
    def test_a_stage_target_outside_the_limits_is_refused_and_nothing_moves(self, microscope, axis):
        before = microscope.position_um
        target = {"x": 10.0, "y": 10.0} | {axis: getattr(microscope.rig.limits_um, axis)[1] + 1}
        with pytest.raises(LimitError, match="nothing has moved"):
            microscope.move_xy(target["x"], target["y"])
        assert microscope.position_um == before

    def test_a_focus_target_outside_the_limits_is_refused_and_nothing_moves(self, microscope):
        before = microscope.position_um
        with pytest.raises(LimitError, match="limits_um"):
            microscope.move_z(microscope.rig.limits_um.z[1] + 1)
        assert microscope.position_um == before

    def test_z_may_not_pass_the_expected_focus_by_more_than_the_near_margin(self, microscope):
        far_um = microscope.rig.z_safe_um
        microscope.expect_focus(far_um)
        margin_um = microscope.objective.near_margin_um
        with pytest.raises(LimitError, match="near_margin_um"):
            microscope.move_z(microscope.rig.z.offset(far_um, margin_um + 1))

    def test_retracting_takes_z_to_z_safe_and_moves_nothing_else(self, microscope):
        microscope.move_z(2)
        before = microscope.position_um
        microscope.retract()
        after = microscope.position_um
        assert after.z == pytest.approx(microscope.rig.z_safe_um, abs=TOLERANCE_UM)
        assert (after.x, after.y) == (before.x, before.y)
        assert microscope.objective == microscope.rig.objectives[0]

    def test_retracting_leaves_a_lens_that_is_farther_still_where_it_is(self, microscope):
        farther_um = microscope.rig.z.offset(microscope.rig.z_safe_um, -5)
        microscope.move_z(farther_um)
        microscope.retract()
        assert microscope.position_um.z == pytest.approx(farther_um, abs=TOLERANCE_UM)

    def test_turning_leaves_z_retracted_and_the_objective_in_place(self, microscope):
        for objective in reversed(microscope.rig.objectives):
            microscope.select_objective(objective.name)
            assert microscope.objective == objective
        assert microscope.position_um.z == pytest.approx(microscope.rig.z_safe_um, abs=TOLERANCE_UM)

    def test_selecting_the_objective_in_place_moves_nothing(self, microscope):
        microscope.move_z(2)
        microscope.select_objective(microscope.objective.name)
        assert microscope.position_um.z == pytest.approx(2, abs=TOLERANCE_UM)

    def test_an_unknown_objective_is_refused_with_the_known_ones(self, microscope):
        with pytest.raises(RigError, match="choose one of these"):
            microscope.select_objective("63x")

    def test_a_frame_carries_its_colours_and_how_it_was_taken(self, microscope):
        frame = microscope.snap(10)
        columns, rows = microscope.rig.camera.size_px
        assert frame.pixels.shape == (rows, columns, 3)
        assert not frame.pixels.flags.writeable
        assert (frame.objective, frame.exposure_ms) == (microscope.objective.name, 10)
        assert frame.position == microscope.position_um

    def test_a_frame_says_which_part_of_the_sensor_it_shows(self, microscope):
        columns, rows = microscope.rig.camera.size_px
        assert microscope.snap(5).roi == (0, 0, columns, rows)
        microscope.core.set_roi(8, 4, 24, 16)
        frame = microscope.snap(5)
        assert frame.roi == (8, 4, 24, 16)
        assert frame.pixels.shape == (16, 24, 3)

    def test_frame_numbers_never_repeat(self, microscope):
        numbers = [microscope.snap(5).number for _ in range(3)]
        assert len(set(numbers)) == len(numbers)

    def test_live_gives_new_frames_and_stops_at_the_end(self, microscope):
        with microscope.live(5) as stream:
            frames = _wait_for(stream, 2)
            assert microscope.core.is_sequence_running()
        assert not microscope.core.is_sequence_running()
        assert frames[0].number < frames[1].number

    def test_live_goes_on_after_the_camera_stopped_silently(self, microscope):
        with microscope.live(5) as stream:
            _wait_for(stream, 1)
            microscope.core.stop_sequence_acquisition()
            assert _wait_for(stream, 1)

    def test_closing_twice_is_allowed(self, microscope):
        microscope.close()
        microscope.close()


def _wait_for(stream, count):
    frames = []
    for _ in range(200_000):
        frame = stream.latest()
        if frame is not None:
            frames.append(frame)
        if len(frames) == count:
            return frames
    pytest.fail(f"only {len(frames)} of {count} live frames arrived")
