"""The lamp: empty glass of the simulated rig while its lamp warms up, on a clock of the test's own."""

from dataclasses import dataclass

import pytest

from acquire.background import LARGEST_CHANGE, LampCheck
from acquire.errors import DeviceError
from acquire.open import open_microscope
from acquire.planfile import parse_plan
from acquire.runopen import create_run
from acquire.simulated.standing import StandingClock
from tests.acquire.rigs import small_rig

pytestmark = pytest.mark.core
GLASS_UM = (500.0, 500.0)
WARM_UP_S = 60.0


@dataclass
class Clock:
    """Time that passes only when somebody waits."""

    now_s: float

    def __call__(self):
        return self.now_s

    def sleep(self, seconds):
        self.now_s += seconds


@dataclass
class Lit:
    """A lamp check and its clock."""

    check: LampCheck
    clock: Clock
    visit: object
    run: object


@pytest.fixture
def lit(tmp_path):
    """A lamp that lacks a third of its light when the core is loaded, and no noise."""
    rig = small_rig(
        size_px=(32, 32),
        specimen={"kind": "empty"},
        lamp={"warm_up": 0.3, "warm_up_s": WARM_UP_S, "flicker": 0.0},
    )
    document = {"slide": "S1", "sites_um": [[500, 500], [600, 500]], "objectives": ["40x"], "exposure_ms": {"40x": 8}}
    run = create_run(tmp_path / "run", parse_plan(document, rig), rig, None)
    with open_microscope(rig) as microscope:
        core = microscope.core._core
        clock = Clock(core._began_s)
        core._clock = StandingClock(clock)
        check = LampCheck(microscope=microscope, run=run, place_um=GLASS_UM, every=2, clock=clock, sleep=clock.sleep)
        yield Lit(check=check, clock=clock, visit=next(iter(run.plan.visits(rig))), run=run)


def missing(lit):
    """Share of the light that is missing still."""
    return 0.3 * 2.718281828 ** (-(lit.clock.now_s - lit.check.microscope.core._core._began_s) / WARM_UP_S)


@pytest.mark.truth
def test_the_first_site_waits_until_the_light_changes_by_less_than_a_hundredth_in_a_second(lit):
    reading = lit.check.begin(lit.visit)
    assert reading.steady
    assert missing(lit) / WARM_UP_S <= 1.1 * LARGEST_CHANGE


def test_a_lamp_that_never_gets_steady_is_told_in_words(lit, monkeypatch):
    monkeypatch.setattr("acquire.background.LONGEST_WAIT_S", 5.0)
    monkeypatch.setattr("acquire.background.LARGEST_CHANGE", -1.0)
    with pytest.raises(DeviceError, match="check lamp and shutter"):
        lit.check.begin(lit.visit)


def test_a_steady_lamp_asks_for_nothing_again(lit):
    lit.clock.sleep(20 * WARM_UP_S)
    lit.check.begin(lit.visit)
    lit.check.took(lit.visit)
    lit.clock.sleep(WARM_UP_S)
    reading = lit.check.check(lit.visit)
    assert reading.steady
    assert reading.again == ()
    assert reading.change < LARGEST_CHANGE / 2


@pytest.mark.truth
def test_what_was_taken_while_the_light_moved_is_named_to_be_taken_again(lit):
    lit.check.begin(lit.visit)
    before = missing(lit)
    lit.check.took(lit.visit)
    lit.clock.sleep(10 * WARM_UP_S)
    reading = lit.check.check(lit.visit)
    assert not reading.steady
    assert reading.again == (lit.visit,)
    assert reading.change == pytest.approx(before / (1 - before), rel=0.1)


def test_after_a_good_check_only_later_sites_are_taken_again(lit):
    lit.clock.sleep(5 * WARM_UP_S)
    lit.check.begin(lit.visit)
    lit.check.took(lit.visit)
    assert lit.check.check(lit.visit).steady
    assert lit.check.check(lit.visit).again == ()


def test_a_check_is_due_after_so_many_sites(lit):
    assert not lit.check.due
    for _ in range(2):
        lit.check.took(lit.visit)
    assert lit.check.due


def test_readings_are_journalled(lit):
    lit.check.begin(lit.visit)
    event = list(lit.run.journal.events())[-1]
    assert (event["event"], event["steady"], event["again"]) == ("lamp", True, [])
    assert len(event["light"]) == 3


def test_the_lens_keeps_its_depth(lit):
    before = lit.check.microscope.position_um.z
    lit.check.begin(lit.visit)
    assert lit.check.microscope.position_um == pytest.approx((*GLASS_UM, before), abs=0.05)
