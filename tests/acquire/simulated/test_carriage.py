"""Where the stage truly carries the slide, as laws of its play, and as the pictures of a simulated rig show it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquire.open import open_microscope
from acquire.simulated.carriage import Carriage, Play
from acquire.simulated.faults import Stage
from tests.acquire.rigs import small_rig

travel = st.lists(st.floats(-50, 50), min_size=1, max_size=20)


@given(st.floats(0, 5), travel)
def test_what_is_carried_never_lags_by_more_than_half_the_play(width, moves):
    play = Play(width)
    for target in moves:
        assert abs(play.follow(target) - target) <= width / 2 + 1e-9


@given(st.floats(0.1, 5), travel)
def test_after_a_long_move_from_below_what_came_before_is_forgotten(width, moves):
    play = Play(width)
    for target in moves:
        play.follow(target)
    play.follow(-100.0)
    assert play.follow(10.0) == pytest.approx(10.0 - width / 2)


def test_a_change_of_direction_loses_the_whole_play():
    play = Play(2.0)
    play.follow(-10.0)
    forward = play.follow(10.0)
    assert play.follow(8.0) == pytest.approx(forward)
    assert play.follow(7.0) == pytest.approx(forward - 1.0)


def test_each_arrival_at_a_place_rests_with_its_own_error_and_the_same_in_every_session():
    sessions = []
    for _ in range(2):
        carriage = Carriage(stage=Stage(noise_um=0.3), seed=5)
        found = []
        for _ in range(400):
            carriage.leaves()
            found.append(carriage.carries_to((100.0, 200.0, 0.0), 0.0))
        sessions.append(found)
    assert sessions[0] == sessions[1]
    assert np.std(sessions[0], axis=0)[:2] == pytest.approx([0.3, 0.3], abs=0.04)


def test_at_rest_the_error_stays():
    carriage = Carriage(stage=Stage(noise_um=0.3), seed=5)
    assert carriage.carries_to((1.0, 2.0, 3.0), 0.0) == carriage.carries_to((1.0, 2.0, 3.0), 0.0)


def test_the_slide_drifts_with_time():
    carriage = Carriage(stage=Stage(drift_um_per_h=(1.0, -2.0, 3.0)), seed=1)
    assert carriage.carries_to((0.0, 0.0, 0.0), 1800.0) == pytest.approx((-0.5, 1.0, -1.5), abs=0.011)


def test_the_motor_rests_and_reads_at_multiples_of_its_step():
    carriage = Carriage(stage=Stage(step_um=0.25), seed=1)
    assert [carriage.stepped(x) for x in (0.1, 0.2, 99.9)] == pytest.approx([0.0, 0.25, 100.0])


@pytest.mark.core
def test_a_rig_with_play_looks_beside_its_target_after_a_change_of_direction():
    stage = {"backlash_um": [3.0, 0.0], "noise_um": 0, "step_um": 0, "z_backlash_um": 0, "drift_um_per_h": [0, 0, 0]}
    with open_microscope(small_rig(size_px=(48, 48), stage=stage)) as microscope:
        seen = []
        for before_um in (450, 550):
            microscope.move_xy(before_um, 500)
            microscope.move_xy(500, 500)
            microscope.snap(5)
            seen.append(microscope.core.last_state.pose.stage_um[0])
        assert seen[1] - seen[0] == pytest.approx(3.0, abs=0.03)


@pytest.mark.core
@pytest.mark.parametrize("toward", [1, -1])
def test_a_focus_drive_with_play_focuses_elsewhere_when_it_comes_from_the_other_side(toward):
    stage = {"backlash_um": [0, 0], "noise_um": 0, "step_um": 0, "z_backlash_um": 1.0, "drift_um_per_h": [0, 0, 0]}
    with open_microscope(small_rig(toward=toward, size_px=(48, 48), stage=stage)) as microscope:
        microscope.move_xy(500, 500)
        depths = []
        for before_um in (-10, 10):
            microscope.move_z(before_um)
            microscope.move_z(0)
            microscope.snap(5)
            depths.append(microscope.core.last_state.pose.depth_um)
        assert abs(depths[1] - depths[0]) == pytest.approx(1.88, abs=0.03)
