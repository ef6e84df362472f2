"""A later objective beside the first: the maps between their pictures, by law, for any turn, mirror and motion."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquire.fieldview import FieldView
from acquire.frame import Frame, Position
from acquire.pairview import PairView, pair_view
from acquire.planfile import parse_plan
from acquire.runopen import create_run
from calibration.recognise import Likeness
from calibration.rigid import Rigid, rotation
from tests.acquire.rigs import small_rig

SIZE_PX = (96, 80)
offsets = st.tuples(st.floats(-30, 30), st.floats(-30, 30))
places = st.tuples(st.floats(-5000, 5000), st.floats(-5000, 5000))
motions = st.builds(Rigid, shift_um=places, turn_deg=st.floats(-5, 5), pivot_um=places)


def steps(pixel_um, turn_deg, quarters, mirrored):
    """S of a camera that is turned by quarters and mirrored, on an objective that turns by a little."""
    quarter = np.linalg.matrix_power(np.array([[0, -1], [1, 0]]), quarters)
    matrix = pixel_um * rotation(turn_deg) @ quarter @ np.diag([-1 if mirrored else 1, 1])
    return tuple(tuple(float(v) for v in row) for row in matrix)


@st.composite
def views(draw):
    quarters, mirrored = draw(st.integers(0, 3)), draw(st.booleans())
    low, high = (
        FieldView(
            stage_um_per_px=steps(pixel_um, draw(st.floats(-1, 1)), quarters, mirrored),
            parcentric_um=draw(offsets),
            size_px=SIZE_PX,
        )
        for pixel_um in (0.185, 0.074)
    )
    return PairView(run=None, calibration=None, objective="100x", low=low, high=high, factor=Fraction(5, 2))


def frame(x_um, y_um):
    return Frame(
        pixels=np.zeros((SIZE_PX[1], SIZE_PX[0], 3), np.uint8),
        objective="100x",
        position=Position(x_um, y_um, 0.0),
        exposure_ms=50.0,
        black_level=0.0,
        white_level=255.0,
        number=1,
        time_s=0.0,
    )


@given(views(), places, offsets, motions)
def test_a_frame_is_expected_where_the_stage_says_it_shows_the_slide(view, low_um, beside_um, moved):
    taken = frame(*(np.array(low_um) + beside_um))
    matrix = view.expected(taken, np.array(low_um), moved)
    assert view.seen_um(matrix, np.array(low_um)) == pytest.approx(view.slide_um(taken, moved), abs=1e-6)


@given(views(), places, motions)
def test_the_turn_of_the_slide_is_read_back_from_the_map(view, low_um, moved):
    matrix = view.expected(frame(*low_um), np.array(low_um), moved)
    assert view.turn_deg(matrix) == pytest.approx(moved.turn_deg, abs=1e-6)


@given(views(), places, offsets, motions)
def test_a_recognised_look_is_laid_where_it_was_recognised(view, low_um, offset_px, moved):
    likeness = Likeness(ncc=1.0, offset_px=offset_px, turn_deg=0.0)
    matrix = view.laid(likeness, moved)
    expected_um = view.low_slide_um(offset_px, np.array(low_um))
    assert view.seen_um(matrix, np.array(low_um)) == pytest.approx(expected_um, abs=1e-6)


def test_there_is_nothing_to_compare_without_a_calibration(tmp_path):
    rig = small_rig()
    document = {"slide": "S1", "sites_um": [[0, 0]], "objectives": ["40x"], "exposure_ms": {"40x": 8}}
    assert pair_view(create_run(tmp_path / "run", parse_plan(document, rig), rig, None), "40x") is None
