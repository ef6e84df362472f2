"""What a check says of latch, slide and foci, and what a person's word changes."""

import pytest

from acquire.rigrecord import Latch, Record
from acquire.rigstate import RigState
from acquire.statecheck import say_so, state_items


def items(record):
    return {item.name: item for item in state_items(record)}


def test_a_rig_that_nobody_has_used_passes():
    assert {item.state for item in state_items(Record())} == {"pass"}


def test_a_latch_fails_with_its_reason_its_time_and_how_it_is_cleared():
    item = items(Record(latch=Latch(reason="the stage is stuck", time_s=0.0)))["latch"]
    assert item.state == "fail"
    for words in ("the stage is stuck", "--clear-latch", "since 1970-01-01 00:00 UTC"):
        assert words in item.says


@pytest.mark.parametrize(
    ("record", "says"),
    [
        (Record(slide="S1", wet="oiled"), "S1; under oil"),
        (Record(doubt=True), "nobody has named it; perhaps under oil"),
    ],
)
def test_a_slide_that_counts_as_wet_warns_with_what_to_say(record, says):
    item = items(record)["slide"]
    assert item.state == "warn"
    assert says in item.says
    assert "--slide-cleaned" in item.says


def test_the_last_focus_of_each_objective_is_shown():
    state = RigState(clock=lambda: 60.0)
    state.verified_focus("100x", 3.456)
    assert "3.46 µm on this slide, 1970-01-01 00:01 UTC" in items(state.record)["last focus 100x"].says


@pytest.fixture
def troubled():
    state = RigState()
    state.oil_asked("S1")
    state.latch("the stage is stuck")
    return state


def test_a_persons_word_changes_only_what_it_is_about(troubled):
    assert say_so(troubled) == []
    assert "it said: the stage is stuck" in say_so(troubled, clear_latch=True)[0]
    assert (troubled.record.latch, troubled.record.wet) == (None, "oiled")
    say_so(troubled, slide_cleaned=True)
    assert troubled.record.wet == "cleaned"


def test_another_slide_is_dry_and_clears_no_latch(troubled):
    say_so(troubled, new_slide="S2")
    assert (troubled.record.slide, troubled.record.lies_wet) == ("S2", False)
    assert troubled.record.latch is not None
    assert say_so(RigState(), clear_latch=True) == ["No latch was set."]
