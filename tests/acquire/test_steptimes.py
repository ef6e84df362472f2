"""The time of a run is foretold from the steps that were measured, its exposures known beforehand."""

import json
from dataclasses import dataclass

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from acquire.plan import StackPlan, Visit
from acquire.steptimes import ENOUGH, LATER_TURN, STEPS, UNKNOWN_S, StepTimes, Tally
from acquire.timesfile import REMEMBERED, load_times, save_times

FIRST = "40x"
seconds = st.floats(0.001, 100.0)


@dataclass
class Rig:
    """A rig in virtual time, whose steps take what they take."""

    takes_s: dict
    now_s: float = 0.0

    def clock(self):
        return self.now_s

    def captures(self, times, visits):
        began_s, objective = self.now_s, None
        for visit in visits:
            if visit.objective != objective:
                objective = visit.objective
                with times.turning(objective):
                    self.now_s += self.takes_s["turn"] * (1.0 if objective == FIRST else LATER_TURN)
            self.visits(times, visit)
        return self.now_s - began_s

    def visits(self, times, visit):
        with times.visit(visit):
            self.does(times, "place")
            for index in range(visit.stack.planes):
                self.does(times, "further" if index else "first", visit.exposure_ms / 1000)
            self.does(times, "store")
            self.now_s += self.takes_s["rest"]

    def does(self, times, step, more_s=0.0):
        with times.step(step):
            self.now_s += self.takes_s[step] + more_s


def visits(objective, count, *, planes=1, exposure_ms=8.0):
    return [
        Visit(
            site=f"{number:04d}",
            objective=objective,
            x_um=100.0 * number,
            y_um=0.0,
            z_offset_um=0.0,
            stack=StackPlan(planes=planes),
            exposure_ms=exposure_ms,
        )
        for number in range(1, count + 1)
    ]


@given(st.fixed_dictionaries(dict.fromkeys(STEPS, seconds)), st.integers(1, 9), st.floats(1, 500))
def test_what_was_measured_foretells_the_rest_of_the_pass(takes_s, planes, exposure_ms):
    rig = Rig(takes_s=takes_s)
    times = StepTimes(clock=rig.clock)
    plan = visits("100x", 40, planes=planes, exposure_ms=exposure_ms)
    rig.captures(times, plan[:4])
    foretold_s = times.left_s(plan[4:], objective="100x")
    began_s = rig.now_s
    for visit in plan[4:]:
        rig.visits(times, visit)
    assert foretold_s == pytest.approx(rig.now_s - began_s, rel=1e-6)


@given(st.fixed_dictionaries(dict.fromkeys(STEPS, seconds)))
def test_an_objective_not_yet_seen_is_foretold_from_the_others_its_own_planes_and_exposures(takes_s):
    rig = Rig(takes_s=takes_s)
    times = StepTimes(clock=rig.clock)
    rig.captures(times, visits("40x", 4, planes=3, exposure_ms=8.0))
    coming = visits("100x", 30, planes=5, exposure_ms=50.0)
    foretold_s = times.left_s(coming, objective="40x")
    assert foretold_s == pytest.approx(rig.captures(times, coming), rel=1e-6)


def test_a_run_like_one_before_is_foretold_before_it_begins(tmp_path):
    rig = Rig(takes_s={"place": 0.7, "first": 0.9, "further": 0.2, "store": 0.05, "rest": 0.03, "turn": 9.0})
    plan = [*visits("40x", 10), *visits("100x", 10, planes=5, exposure_ms=50.0)]
    first = StepTimes(clock=rig.clock)
    took_s = rig.captures(first, plan)
    save_times(tmp_path / "rig" / "times.json", first)
    assert StepTimes(before=load_times(tmp_path / "rig" / "times.json")).left_s(plan) == pytest.approx(took_s)


def test_this_run_outweighs_earlier_ones_from_its_third_visit_on():
    before = {("rest", "40x"): Tally(100.0, 500.0)}
    times = StepTimes(before=before)
    rig = Rig(takes_s=dict.fromkeys(STEPS, 1.0))
    times.clock = rig.clock
    foretold_s = []
    for visit in visits("40x", ENOUGH):
        foretold_s.append(times.seconds("rest", "40x"))
        rig.visits(times, visit)
    assert foretold_s == [5.0] * ENOUGH
    assert times.seconds("rest", "40x") == pytest.approx(1.0)


def test_a_rig_never_measured_is_guessed():
    assert {step: StepTimes().seconds(step, "40x") for step in STEPS} == UNKNOWN_S


def test_on_a_rig_never_measured_the_sweeps_of_the_autofocus_tell_how_long_a_further_plane_takes():
    rig = Rig(takes_s={})
    times = StepTimes(clock=rig.clock)
    with times.turning("40x", exposure_ms=8.0):
        for planes in (7, 7, 7):
            rig.now_s += 3.0  # the stage moves to another site
            for _ in range(planes):
                times.plane()
                rig.now_s += 0.030 + 0.008
    assert times.seconds("further", "100x") == pytest.approx(0.030)
    times.plane()
    rig.now_s += 99.0
    times.plane()
    assert times.seconds("further", "100x") == pytest.approx(0.030)


def test_a_visit_that_failed_teaches_nothing():
    times = StepTimes()

    def fails():
        with times.visit(visits("40x", 1)[0]), times.step("place"):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert times.now == {}


def test_a_step_outside_a_visit_teaches_nothing():
    times = StepTimes()
    with times.step("place"):
        pass
    assert times.now == {}


@given(
    st.dictionaries(
        st.tuples(st.sampled_from(STEPS), st.sampled_from(["40x", "100x"])),
        st.builds(Tally, count=st.floats(1, 1000), total_s=st.floats(0, 1e5)),
    )
)
def test_times_written_and_read_are_the_same_and_older_ones_weigh_no_more_than_so_much(tmp_path_factory, tallies):
    path = tmp_path_factory.mktemp("state") / "times.json"
    save_times(path, StepTimes(before=tallies))
    read = load_times(path)
    assert read.keys() == tallies.keys()
    for key, tally in tallies.items():
        assert read[key].mean_s == pytest.approx(tally.mean_s)
        assert read[key].count == pytest.approx(min(tally.count, REMEMBERED))


@given(st.binary(max_size=50))
@example(b"[1, 2]")
@example(b'"place"')
@example(b'{"place": [1]}')
def test_a_file_that_cannot_be_read_is_as_good_as_none(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("state") / "times.json"
    path.write_bytes(content)
    assert load_times(path) == {}


@pytest.mark.parametrize("pair", [[0, 1.0], [1, -1.0], [1], ["1", 1], [1, float("inf")], None])
def test_numbers_that_cannot_be_meant_are_passed_over(tmp_path, pair):
    path = tmp_path / "times.json"
    path.write_text(json.dumps({"place": {"40x": pair}}))
    assert load_times(path) == {}


def test_stacks_taken_twice_are_foretold_as_often_as_they_were():
    rig = Rig(takes_s=dict.fromkeys(STEPS, 1.0))
    times = StepTimes(clock=rig.clock)
    plan = visits("100x", 60, planes=5)

    def capture(some):
        began_s = rig.now_s
        for number, visit in enumerate(some):
            with times.visit(visit):
                for _ in range(2 if number % 2 else 1):
                    rig.does(times, "place")
                    for index in range(5):
                        rig.does(times, "further" if index else "first", visit.exposure_ms / 1000)
                rig.does(times, "store")
        return rig.now_s - began_s

    capture(plan[:20])
    foretold_s = times.left_s(plan[20:], objective="100x")
    assert foretold_s == pytest.approx(capture(plan[20:]), rel=0.01)


def test_planes_beside_a_stack_of_one_are_counted_with_the_rest():
    rig = Rig(takes_s=dict.fromkeys(STEPS, 1.0))
    times = StepTimes(clock=rig.clock)
    (visit,) = visits("40x", 1)
    with times.visit(visit):
        rig.does(times, "first", visit.exposure_ms / 1000)
        rig.does(times, "further", visit.exposure_ms / 1000)
    assert times.visit_s(visit) == pytest.approx(
        rig.now_s + times.seconds("place", "40x") + times.seconds("store", "40x")
    )
