"""What outlives a run: slide, latch and foci of a rig, whole on disk before the act, and read with suspicion."""

import json
import os
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquire.errors import StateError
from acquire.rigrecord import Latch, Record, VerifiedFocus, read_record, write_record
from acquire.rigstate import RigState, open_state, rig_key, state_folder
from calibration.optics import Source
from calibration.rig import load_rig

RIG = load_rig("simulated")
WETS = st.sampled_from(["dry", "oiled", "cleaned"])
NUMBERS = st.floats(-1e6, 1e6)
RECORDS = st.builds(
    Record,
    slide=st.text(max_size=8),
    wet=WETS,
    before_oil=WETS,
    doubt=st.booleans(),
    latch=st.none() | st.builds(Latch, reason=st.text(max_size=20), time_s=NUMBERS),
    foci=st.dictionaries(
        st.text(min_size=1, max_size=4), st.builds(VerifiedFocus, z_um=NUMBERS, time_s=NUMBERS), max_size=2
    ),
    open=st.booleans(),
)
ACTS = (
    lambda state: state.oil_asked("S"),
    lambda state: state.oiled(),
    lambda state: state.oil_refused(),
    lambda state: state.opened(),
    lambda state: state.closed(),
    lambda state: state.latch("why"),
    lambda state: state.clear_latch(),
    lambda state: state.confirmed_dry(),
    lambda state: state.named("T"),
    lambda state: state.verified_focus("40x", 1.0),
)
"""All acts but the two by which a person says that nothing wet lies on the slide."""


@pytest.fixture
def state(tmp_path):
    return RigState(tmp_path / "rig.json", clock=lambda: 12.5)


def again(state):
    """What another program finds."""
    return RigState(state.path)


@given(RECORDS)
def test_a_record_is_read_as_it_was_written(tmp_path_factory, record):
    path = tmp_path_factory.mktemp("record") / "rig.json"
    write_record(path, record)
    assert read_record(path) == record


def test_a_rig_that_nobody_has_used_is_dry_and_not_latched(state):
    assert state.record == Record()


@pytest.mark.parametrize("damage", [b"", b"{", b'{"wet": "damp"}', b"[]", b'{"slide": 3}', b"\xff\xfe"])
def test_a_damaged_file_counts_as_oiled_and_latched_and_says_which(state, damage):
    state.path.write_bytes(damage)
    assert (state.record.lies_wet, state.record.wet) == (True, "oiled")
    assert str(state.path) in state.record.latch.reason


def test_a_person_mends_a_damaged_file(state):
    state.path.write_bytes(b"{")
    state.cleaned()
    state.clear_latch()
    assert (again(state).record.lies_wet, again(state).record.latch) == (False, None)


def test_a_file_cut_short_never_takes_the_place_of_the_whole_one(state, monkeypatch):
    state.oil_asked("S1")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StateError, match="nothing is done before it is"):
        state.cleaned()
    assert again(state).record.wet == "oiled"


def test_a_latch_that_cannot_be_written_holds_in_this_program_and_says_so(state, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    state.latch("the stage did not move")
    assert state.record.latch.reason.startswith("the stage did not move; and the state of the rig could not be written")
    monkeypatch.undo()
    state.clear_latch()
    assert state.record.latch is None


def test_the_slide_counts_as_oiled_from_the_question_on(state):
    state.oil_asked("S1")
    assert (again(state).record.wet, again(state).record.slide) == ("oiled", "S1")


@pytest.mark.parametrize("before", ["dry", "cleaned", "oiled"])
def test_oil_that_was_refused_leaves_the_slide_as_it_was(state, before):
    write_record(state.path, Record(wet=before))
    state.oil_asked("S1")
    state.oil_refused()
    assert again(state).record.wet == before


@given(st.lists(st.sampled_from(range(len(ACTS))), max_size=12))
def test_nothing_but_a_persons_word_makes_an_oiled_slide_dry(numbers):
    state = RigState()
    state.oil_asked("S")
    state.oiled()
    for number in numbers:
        ACTS[number](state)
        assert state.record.lies_wet
    state.cleaned()
    assert not state.record.lies_wet


def test_a_session_that_was_not_closed_leaves_the_slide_in_doubt_until_a_person_has_looked(state):
    state.opened()
    other = again(state)
    other.opened()
    other.closed()
    third = again(state)
    third.opened()
    assert third.record.lies_wet
    third.confirmed_dry()
    assert not again(state).record.lies_wet


def test_a_closed_session_leaves_no_doubt(state):
    state.opened()
    state.closed()
    again(state).opened()
    assert not state.record.lies_wet


def test_a_rig_without_immersion_lenses_cannot_have_been_oiled_meanwhile(state):
    state.opened(wets=False)
    again(state).opened(wets=False)
    assert not state.record.lies_wet


def test_that_an_oiled_slide_is_dry_takes_more_than_that_nothing_happened(state):
    state.oil_asked("S1")
    state.opened()
    again(state).opened()
    state.confirmed_dry()
    assert state.record.wet == "oiled"


def test_the_first_failure_is_the_one_that_is_told(state):
    state.latch("the stage did not move")
    state.latch("and then everything else failed")
    assert again(state).record.latch == Latch(reason="the stage did not move", time_s=12.5)


def test_another_program_can_clear_the_latch_while_this_one_waits(state):
    state.latch("the stage did not move")
    again(state).clear_latch()
    assert state.record.latch is None


def test_another_slide_is_dry_and_its_foci_are_not_known(state):
    state.oil_asked("S1")
    state.verified_focus("100x", 3.0)
    state.new_slide("S2")
    assert (state.record.wet, state.record.slide, state.record.foci) == ("dry", "S2", {})


def test_foci_are_kept_for_each_objective(state):
    state.verified_focus("40x", 1.0)
    state.verified_focus("100x", 3.0)
    state.verified_focus("40x", 1.5)
    assert {name: focus.z_um for name, focus in again(state).record.foci.items()} == {"40x": 1.5, "100x": 3.0}


def test_the_file_can_be_read_by_people(state):
    state.latch("the stage did not move")
    assert json.loads(state.path.read_text())["latch"]["reason"] == "the stage did not move"


def test_a_rig_is_its_microscope_whatever_its_file_is_called():
    own = replace(RIG, source=Source(kind="in_process", mm_dir="/mm", config="/mm/stand.cfg"))
    assert rig_key(own) == rig_key(replace(own, name="copy"))
    assert rig_key(own) != rig_key(replace(own, source=replace(own.source, config="/mm/other.cfg")))
    assert rig_key(replace(RIG, name="a/b")) == "simulated-a_b"
    assert rig_key(RIG) != rig_key(replace(RIG, name="other"))


def test_the_state_lies_where_the_environment_says(tmp_path, monkeypatch):
    monkeypatch.setenv("PARFOCAL_STATE_DIR", str(tmp_path / "here"))
    open_state(RIG).latch("why")
    assert state_folder() == tmp_path / "here"
    assert [file.name for file in state_folder().iterdir()] == ["simulated-simulated.json"]


def test_without_a_word_in_the_environment_it_lies_in_the_users_own_folder(monkeypatch):
    monkeypatch.delenv("PARFOCAL_STATE_DIR")
    assert "parfocal" in str(state_folder())
