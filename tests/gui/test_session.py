from dataclasses import replace

import pytest

from gui.develop import develop
from gui.session import Session
from gui.stream import Stream
from tests.gui.wire import FakeStream, make_frame

STATEMENT = "trained on simulated slides only"


def make_session(now_s=100.0, **more):
    stream = Stream(FakeStream().running, engine=None, corrections={}, wake=lambda: None)
    facts = {"pixel_um": {"40x": 0.185, "100x": 0.074}, "provenance": {"statement": STATEMENT}}
    return Session(stream, **(facts | more), clock=lambda: now_s)


def make_pair(**changes):
    frame = make_frame(3, **changes)
    return develop(frame, frame.pixels, corrected=False, engine=None)


def test_latency_and_age_are_counted_from_when_the_viewer_had_the_frame_whatever_its_own_clock_says():
    session = make_session(now_s=100.0)
    session.note_shown(replace(make_pair(time_s=7.0), arrived_s=99.75), (3, None))
    session.note_painted()
    assert session.readings().latency_ms == session.readings().age_ms == 250
    assert session.report().latency_ms == 250


def test_binning_makes_the_pixel_larger():
    assert make_session().pixel_um(make_pair(binning=2)) == pytest.approx(0.37)


@pytest.mark.parametrize(
    ("objective", "said"),
    [("40x", STATEMENT), ("100x", f"{STATEMENT} · trained at 0.185 µm/px, not at 0.074"), ("other", STATEMENT)],
)
def test_an_objective_that_the_network_was_not_trained_on_is_said(objective, said):
    session = make_session(trained_pixel_um=0.187)
    assert session.statement(make_pair(objective=objective)) == said.replace("0.185", "0.187")


def test_what_the_model_was_found_to_be_worth_stands_beside_its_picture():
    session = make_session(provenance={"statement": STATEMENT, "evidence": "never tested on this rig"})
    assert session.statement(make_pair()) == f"{STATEMENT} · never tested on this rig"


def test_without_a_network_nothing_is_stated():
    assert make_session(provenance=None).statement(make_pair()) == ""
