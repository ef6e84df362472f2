"""The lamp over one pass: a microscope of plain numbers whose light is turned by hand, and a run on disk."""

from collections import deque
from functools import partial

import pytest

from acquire import lampround
from acquire.background import LampCheck
from acquire.errors import SuspendedError
from acquire.lampround import MOST_ROUNDS, LampRound
from acquire.runopen import create_run, open_run
from tests.acquire.loop_parts import GREY, RIG, PlainMicroscope, plan

SITES, EVERY = 5, 2
GLASS_UM = [900.0, 900.0]
BRIGHTER = round(GREY * 1.05)


class Pass:
    """A pass that is made as the capture loop makes it, on a clock that only waiting moves."""

    def __init__(self, folder, **planned):
        self.run = create_run(folder / "run", plan(sites=SITES, **planned), RIG, None)
        self.microscope = PlainMicroscope()
        self.queue = deque(self.run.plan.visits(RIG))
        self.made, self.waited_s, self.settled = [], 0.0, 0
        self.lamp = LampRound(
            microscope=self.microscope, run=self.run, queue=self.queue, settle=self.settle, sleep=self.sleep
        )

    def clock(self):
        return self.waited_s

    def sleep(self, seconds):
        self.waited_s += seconds

    def settle(self):
        self.settled += 1

    def go(self, *, grey_after=None):
        """Make all visits; `grey_after` turns the lamp once so many are made."""
        grey_after = dict(grey_after or {})
        self.lamp.begin()
        while self.queue:
            self.lamp.look()
            visit = self.queue.popleft()
            self.made.append(visit.site)
            self.run.write(visit.site, visit.objective, [self.microscope.snap(visit.exposure_ms)])
            self.microscope.grey = grey_after.pop(len(self.made), self.microscope.grey)
            self.lamp.took(visit)
            if not self.queue:
                self.lamp.finish(visit)


@pytest.fixture
def lit(tmp_path, monkeypatch):
    one = Pass(tmp_path, background_um=GLASS_UM, background_every=EVERY)
    monkeypatch.setattr(lampround, "LampCheck", partial(LampCheck, clock=one.clock))
    return one


def again(run):
    return [event["site"] for event in run.journal.events() if event["event"] == "set_aside"]


def test_a_plan_without_empty_glass_is_never_looked_at(tmp_path):
    one = Pass(tmp_path)
    one.go(grey_after={1: BRIGHTER})
    assert one.microscope.moves == []
    assert one.made == ["0001", "0002", "0003", "0004", "0005"]


def test_in_steady_light_every_site_is_made_once(lit):
    lit.go()
    assert lit.made == ["0001", "0002", "0003", "0004", "0005"]
    assert again(lit.run) == []
    readings = [event for event in lit.run.journal.events() if event["event"] == "lamp"]
    assert len(readings) == 1 + 3  # at the beginning, after two, after four, at the end


def test_the_pass_begins_when_the_light_is_steady(lit):
    sound, levels = lit.microscope.snap, iter([GREY - 20] * 4 + [GREY - 10] * 4)

    def warming(exposure_ms):
        lit.microscope.grey = next(levels, GREY)
        return sound(exposure_ms)

    lit.microscope.snap = warming
    lit.lamp.begin()
    assert lit.microscope.grey == GREY
    assert lit.waited_s >= 2.0


def test_sites_taken_in_other_light_are_made_again_before_the_next_and_only_these(lit):
    lit.go(grey_after={3: BRIGHTER})
    assert lit.made == ["0001", "0002", "0003", "0004", "0003", "0004", "0005"]
    assert sorted(again(lit.run)) == ["0003", "0004"]


def test_the_light_is_looked_at_once_more_after_the_last_site(lit):
    lit.go(grey_after={5: BRIGHTER})
    assert lit.made[-2:] == ["0005", "0005"]


def test_nothing_is_set_aside_that_is_not_on_disk_yet(lit):
    lit.go(grey_after={3: BRIGHTER})
    assert lit.settled == 1


def test_the_run_holds_every_site_and_what_was_set_aside_is_kept(lit):
    lit.go(grey_after={3: BRIGHTER})
    assert open_run(lit.run.path).sites() == ["0001", "0002", "0003", "0004", "0005"]
    assert {lit.run.read(site, "10x").pixels.max() for site in ("0003", "0004", "0005")} == {BRIGHTER}
    assert len(list((lit.run.path / "set_aside").iterdir())) == 2


def test_after_a_change_the_light_is_compared_with_the_new_one(lit):
    lit.go(grey_after={3: BRIGHTER})
    last = [event for event in lit.run.journal.events() if event["event"] == "lamp"][-1]
    assert last["steady"]


def test_a_lamp_that_changes_again_and_again_waits_for_a_person(lit):
    turns = {number: GREY if number % 4 else BRIGHTER for number in range(2, 20, 2)}
    with pytest.raises(SuspendedError, match=f"for the {MOST_ROUNDS + 1}th time"):
        lit.go(grey_after=turns)
    assert len(again(lit.run)) <= EVERY * MOST_ROUNDS
