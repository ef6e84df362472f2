"""What every microscope must do; inherit `MicroscopeContract` and give it a `microscope` fixture."""

import threading
import time

import numpy as np
import pytest

from acquire.errors import DeviceError, HaltedError, LatchedError, LimitError, WetSlideError
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

    def test_a_restarted_camera_gives_the_same_field_at_the_same_exposure(self, microscope):
        before = microscope.snap(5)
        microscope.restart_camera()
        after = microscope.snap(5)
        assert (after.roi, after.exposure_ms, after.pixels.shape) == (
            before.roi,
            before.exposure_ms,
            before.pixels.shape,
        )

    def test_z_found_at_the_beginning_counts_as_focused_by_hand(self, microscope):
        here_um, margin_um = microscope.position_um.z, microscope.objective.near_margin_um
        microscope.move_z(microscope.rig.z.offset(here_um, 1))
        with pytest.raises(LimitError, match="nothing has moved"):
            microscope.move_z(microscope.rig.z.offset(here_um, margin_um + 1))

    def test_a_lens_that_has_turned_into_place_goes_no_nearer_before_its_focus_is_told(self, microscope):
        microscope.select_objective(microscope.rig.objectives[1].name)
        nearer_um = microscope.rig.z.offset(microscope.position_um.z, 1)
        with pytest.raises(LimitError, match="no focus of it is known"):
            microscope.move_z(nearer_um)
        assert microscope.position_um.z == pytest.approx(microscope.rig.z_safe_um, abs=TOLERANCE_UM)
        microscope.expect_focus(nearer_um)
        microscope.move_z(nearer_um)
        assert microscope.position_um.z == pytest.approx(nearer_um, abs=TOLERANCE_UM)

    def test_a_long_way_nearer_ends_in_slow_steps_from_the_margin_on(self, microscope):
        microscope.select_objective(microscope.rig.objectives[1].name)
        margin_um = microscope.objective.near_margin_um
        microscope.core = core = Wire(microscope.core)
        microscope.expect_focus(0)
        microscope.move_z(0)
        left_um = [microscope.rig.z.offset(0, 0) - z_um for z_um in core.targets_um]
        assert np.allclose(np.abs(left_um), [margin_um * step / 4 for step in (4, 3, 2, 1, 0)])
        microscope.move_z(microscope.rig.z.offset(0, -1))
        microscope.move_z(0)
        assert len(core.targets_um) == len(left_um) + 2

    def test_after_a_failed_motion_nothing_goes_nearer_and_the_nosepiece_does_not_turn(self, microscope):
        fail(microscope)
        before = microscope.position_um
        with pytest.raises(LatchedError, match=r"jammed.*--clear-latch"):
            microscope.move_z(microscope.rig.z.offset(before.z, 0.5))
        with pytest.raises(LatchedError, match="--clear-latch"):
            microscope.select_objective(microscope.rig.objectives[1].name)
        assert (microscope.position_um, microscope.objective) == (before, microscope.rig.objectives[0])

    def test_after_a_failed_motion_the_lens_can_be_brought_away_and_the_slide_looked_at(self, microscope):
        fail(microscope)
        microscope.move_z(microscope.rig.z.offset(microscope.position_um.z, -1))
        microscope.move_xy(40, 40)
        microscope.snap(5)
        microscope.stop()
        microscope.retract()
        assert microscope.position_um.z == pytest.approx(microscope.rig.z_safe_um, abs=TOLERANCE_UM)

    def test_a_person_clears_the_latch(self, microscope):
        fail(microscope)
        microscope.state.clear_latch()
        nearer_um = microscope.rig.z.offset(microscope.position_um.z, 0.5)
        microscope.move_z(nearer_um)
        assert microscope.position_um.z == pytest.approx(nearer_um, abs=TOLERANCE_UM)

    def test_a_refused_target_is_no_failed_motion(self, microscope):
        with pytest.raises(LimitError):
            microscope.move_z(microscope.rig.limits_um.z[1] + 1)
        with pytest.raises(LimitError):
            microscope.move_xy(microscope.rig.limits_um.x[1] + 1, 0)
        assert microscope.state.record.latch is None

    def test_a_dry_lens_neither_nears_an_oiled_slide_nor_moves_over_it(self, microscope):
        microscope.state.oil_asked("S1")
        before = microscope.position_um
        with pytest.raises(WetSlideError, match=r"slide S1 lies under oil.*--slide-cleaned"):
            microscope.move_z(microscope.rig.z.offset(before.z, 0.5))
        with pytest.raises(WetSlideError):
            microscope.move_xy(before.x + 10, before.y)
        assert microscope.position_um == before
        assert microscope.state.record.latch is None
        microscope.retract()
        microscope.move_xy(before.x + 10, before.y)

    def test_a_dry_lens_is_not_turned_in_over_an_oiled_slide(self, microscope):
        other = microscope.rig.objectives[1]
        microscope.select_objective(other.name)
        microscope.state.oil_asked("S1")
        with pytest.raises(WetSlideError):
            microscope.select_objective(microscope.rig.objectives[0].name)
        assert microscope.objective == other
        microscope.state.cleaned()
        microscope.select_objective(microscope.rig.objectives[0].name)

    def test_what_a_person_has_halted_raises_before_it_moves_and_sets_no_latch(self, microscope):
        microscope.move_z(2)
        before = microscope.position_um
        microscope.heed(lambda: True)
        for motion in (
            lambda: microscope.move_xy(200, 200),
            lambda: microscope.move_z(microscope.rig.z.offset(before.z, -5)),
            microscope.retract,
            lambda: microscope.select_objective(microscope.rig.objectives[1].name),
            lambda: microscope.snap(5),
        ):
            with pytest.raises(HaltedError):
                motion()
        assert microscope.position_um == before
        assert microscope.state.record.latch is None

    def test_a_stage_on_its_way_is_halted_and_its_place_is_known(self, microscope):
        microscope.move_xy(0, 0)
        questions = iter(range(1000))
        microscope.heed(lambda: next(questions) > 3)
        with pytest.raises(HaltedError):
            microscope.move_xy(9000, 0)
        assert microscope.position_um.x < 8000
        assert microscope.state.record.latch is None
        microscope.heed(lambda: False)
        microscope.move_xy(100, 0)
        assert microscope.position_um.x == pytest.approx(100, abs=TOLERANCE_UM)

    def test_a_motion_that_somebody_stops_is_neither_tried_again_nor_taken_for_a_failure(self, microscope):
        microscope.move_xy(0, 0)
        microscope.core = Wire(microscope.core, busy=microscope.stop)
        with pytest.raises(HaltedError):
            microscope.move_xy(9000, 0)
        assert microscope.position_um.x < 8000
        assert microscope.state.record.latch is None

    def test_a_long_exposure_is_left_when_a_person_halts_and_the_next_one_is_whole(self, microscope):
        halted = threading.Event()
        microscope.heed(halted.is_set)
        threading.Timer(0.1, halted.set).start()
        began_s = time.monotonic()
        with pytest.raises(HaltedError, match="exposure was left"):
            microscope.snap(1000)
        assert time.monotonic() - began_s < 0.8
        halted.clear()
        assert microscope.snap(5).exposure_ms == 5
        assert microscope.state.record.latch is None

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

    def test_closing_twice_is_allowed_and_asks_nothing_the_second_time(self, microscope):
        microscope.core = core = Wire(microscope.core)
        microscope.close()
        asked = list(core.asked)
        microscope.close()
        assert asked
        assert core.asked == asked


class Wire:
    """A fake at the wire: a real core that notes what it is asked, and may fail or be interrupted."""

    def __init__(self, core, *, jammed=False, busy=None):
        self.core, self.jammed, self.busy = core, jammed, busy
        self.targets_um = []
        self.asked = []

    def __getattr__(self, name):
        self.asked.append(name)
        return getattr(self.core, name)

    def set_position(self, drive, z_um):
        if self.jammed:
            raise RuntimeError("the drive is jammed")
        self.targets_um.append(z_um)
        self.core.set_position(drive, z_um)

    def device_busy(self, device):
        if self.busy is not None:
            self.busy()
        return self.core.device_busy(device)


def fail(microscope):
    """Let a motion away from the slide fail, in the middle of the travel, and the drive be sound again afterwards."""
    microscope.move_z(2)
    sound, microscope.core = microscope.core, Wire(microscope.core, jammed=True)
    with pytest.raises(DeviceError, match="jammed"):
        microscope.move_z(microscope.rig.z.offset(2, -1))
    microscope.core = sound


def _wait_for(stream, count):
    frames = []
    for _ in range(200_000):
        frame = stream.latest()
        if frame is not None:
            frames.append(frame)
        if len(frames) == count:
            return frames
    pytest.fail(f"only {len(frames)} of {count} live frames arrived")
