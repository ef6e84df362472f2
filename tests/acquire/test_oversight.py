"""What is told of a running capture, with the clock and the disk in hand."""

import json

import pytest

from acquire.errors import CameraError, StoreError
from acquire.oversight import COUNTS_EVERY_S, Oversight
from acquire.runopen import create_run
from acquire.steptimes import StepTimes
from tests.acquire.loop_parts import RIG, PlainMicroscope, plan

SITES = 3


class Seconds:
    """A clock that goes when it is told."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Seconds()


@pytest.fixture
def told():
    return []


@pytest.fixture
def oversight(tmp_path, clock, told):
    run = create_run(tmp_path / "run", plan(sites=SITES), RIG, None)
    visits = list(run.plan.visits(RIG))
    return Oversight(run=run, visits=visits, progress=lambda *step: told.append(step), times=StepTimes(clock=clock))


def heart(oversight):
    return json.loads((oversight.run.path / "heartbeat.json").read_text())


def events(oversight):
    return list(oversight.run.journal.events())


def make(oversight, clock, number, *, seconds):
    """Make a visit that takes so long."""
    visit, microscope = oversight.visits[number], PlainMicroscope()
    with oversight.visit(visit), oversight.times.visit(visit):
        with oversight.call("move", "place"):
            clock.now += seconds
        oversight.run.write(visit.site, visit.objective, [microscope.snap(visit.exposure_ms)] * 3)
    oversight.stored(visit)


def test_an_event_inside_a_visit_says_of_which(oversight):
    with oversight.visit(oversight.visits[1]):
        oversight.note("retried", says="no frame")
    oversight.note("finished")
    inside, after = events(oversight)
    assert (inside["site"], inside["objective"], inside["says"]) == ("0002", "10x", "no frame")
    assert "site" not in after


def test_an_event_that_names_its_site_itself_is_believed(oversight):
    with oversight.visit(oversight.visits[1]):
        oversight.note("trouble", site="0001", objective="10x")
    assert events(oversight)[0]["site"] == "0001"


def test_what_a_full_disk_kept_out_of_the_journal_comes_in_order_once_there_is_room(oversight, monkeypatch):
    journal = type(oversight.run.journal)
    sound = journal.append

    def full(*_arguments, **_event):
        raise StoreError("no space left on device")

    monkeypatch.setattr(journal, "append", full)
    oversight.note("first")
    oversight.note("second")
    assert events(oversight) == []
    monkeypatch.setattr(journal, "append", sound)
    oversight.note("third")
    assert [event["event"] for event in events(oversight)] == ["first", "second", "third"]


def test_events_are_timed_when_they_happen(oversight):
    oversight.note("first")
    oversight.note("second")
    first, second = (event["time_s"] for event in events(oversight))
    assert first <= second


def test_the_heart_tells_site_count_and_state(oversight):
    with oversight.visit(oversight.visits[2]):
        beat = heart(oversight)
    assert (beat["state"], beat["site"], beat["done"], beat["visits"]) == ("capturing", "0003", 0, SITES)


def test_nothing_is_promised_before_anything_was_measured(oversight):
    assert oversight.left_s() is None
    oversight.says("capturing")
    assert heart(oversight)["eta_s"] is None


def test_the_time_left_is_that_of_the_visits_not_stored(oversight, clock):
    make(oversight, clock, 0, seconds=10.0)
    one_s = oversight.times.visit_s(oversight.visits[1])
    turn_s = oversight.times.seconds("turn", "10x")
    assert oversight.left_s() == pytest.approx(2 * one_s + turn_s)
    assert one_s > 10.0


def test_between_two_countings_the_time_left_runs_down_with_the_clock(oversight, clock):
    make(oversight, clock, 0, seconds=10.0)
    before = oversight.left_s()
    clock.now += COUNTS_EVERY_S / 2
    assert oversight.left_s() == pytest.approx(before - COUNTS_EVERY_S / 2)


def test_the_time_left_is_counted_anew_after_a_while_and_is_never_negative(oversight, clock):
    make(oversight, clock, 0, seconds=10.0)
    before = oversight.left_s()
    clock.now += 100 * COUNTS_EVERY_S
    assert oversight.left_s() == pytest.approx(before)
    for number in (1, 2):
        make(oversight, clock, number, seconds=10.0)
    clock.now += 100 * COUNTS_EVERY_S
    assert oversight.left_s() == 0.0


def test_a_run_that_is_over_promises_no_end(oversight, clock):
    make(oversight, clock, 0, seconds=10.0)
    oversight.says("aborted", "the lens")
    assert heart(oversight)["eta_s"] is None
    assert heart(oversight)["says"] == "the lens"


def test_progress_counts_what_is_stored_and_says_how_long_the_rest_takes(oversight, clock, told):
    make(oversight, clock, 0, seconds=100.0)
    done, visits, says = told[0]
    assert (done, visits) == (1, SITES)
    assert says.startswith("site 0001 with 10x, ")
    assert says.endswith(" min left")


def test_a_call_that_does_not_come_back_is_journalled_and_the_heart_says_so(oversight):
    watched = oversight.dog.watching("snap", "site 0001 with 10x", allowed_s=-1.0)
    with watched:
        oversight.dog.look()
        assert heart(oversight)["state"] == "stalled"
        assert "snap" in heart(oversight)["says"]
    assert [event["event"] for event in events(oversight)] == ["stalled", "came_back"]


def fails(oversight, clock, *, seconds):
    with oversight.times.visit(oversight.visits[0]), oversight.call("move", "place"):
        clock.now += seconds
        raise CameraError("no frame")


def test_a_step_is_measured_and_one_that_fails_is_not(oversight, clock):
    with pytest.raises(CameraError):
        fails(oversight, clock, seconds=99.0)
    assert oversight.times.now == {}
    with oversight.times.visit(oversight.visits[0]), oversight.call("move", "place"):
        clock.now += 3.0
    assert oversight.times.seconds("place", "10x") == pytest.approx(3.0)


def test_its_watch_ends_with_it(oversight):
    with oversight:
        thread = oversight.dog._thread
        assert thread.is_alive()
    assert not thread.is_alive()
