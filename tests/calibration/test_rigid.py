"""A shift and a turn: inverse and fit, by law."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.errors import MeasurementError
from calibration.rigid import Rigid

places = st.tuples(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4))
motions = st.builds(Rigid, shift_um=places, turn_deg=st.floats(-180, 180), pivot_um=places)
FAR = np.array([[0.0, 0.0], [2000.0, 0.0], [0.0, 1500.0], [2000.0, 1500.0]])


@given(motions, st.lists(places, min_size=1, max_size=5))
def test_undoing_takes_points_back_to_where_they_lay(motion, points):
    assert motion.undo(motion.apply(points)) == pytest.approx(np.array(points), abs=1e-6)


@given(motions, places, places)
def test_distances_stay_what_they_were(motion, one, other):
    moved = motion.apply([one, other])
    assert np.hypot(*(moved[1] - moved[0])) == pytest.approx(np.hypot(*np.subtract(other, one)), abs=1e-6)


@given(st.builds(Rigid, shift_um=places, turn_deg=st.floats(-20, 20), pivot_um=places))
def test_the_fit_finds_the_motion_from_places_and_turns_without_error(motion):
    found = Rigid.fitted(FAR, motion.apply(FAR), [motion.turn_deg] * len(FAR))
    assert found.apply(FAR) == pytest.approx(motion.apply(FAR), abs=1e-5)
    assert found.turn_deg == pytest.approx(motion.turn_deg, abs=1e-6)


def test_one_place_alone_takes_the_turn_that_its_picture_shows():
    found = Rigid.fitted([[100.0, 50.0]], [[130.0, 60.0]], [1.5])
    assert found.turn_deg == 1.5
    assert found.apply([100.0, 50.0]) == pytest.approx([130.0, 60.0])


def test_places_far_apart_know_the_turn_better_than_their_pictures():
    motion = Rigid(shift_um=(10.0, 20.0), turn_deg=1.0)
    found = Rigid.fitted(FAR, motion.apply(FAR), [1.2] * len(FAR))
    assert found.turn_deg == pytest.approx(1.0, abs=0.02)


def test_neighbours_with_the_scatter_of_a_stage_leave_the_turn_to_their_pictures():
    near, scatter = FAR / 500, np.array([[0.5, -0.4], [-0.6, 0.5], [0.4, 0.6], [-0.3, -0.7]])
    assert Rigid.fitted(near, near + scatter, [1.5] * len(FAR)).turn_deg == pytest.approx(1.5, abs=0.2)


@pytest.mark.parametrize(("points", "seen", "turns"), [([], [], []), ([[0, 0]], [[1, 1], [2, 2]], [0.0])])
def test_lists_that_do_not_belong_together_are_refused(points, seen, turns):
    with pytest.raises(MeasurementError, match="give one of each for every place"):
        Rigid.fitted(points, seen, turns)
