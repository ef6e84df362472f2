"""Whatever is planned, fails or is killed, the lens does not come near the slide when it must not.

Fifty nights here; `python -m benchmarks.safety` lives through a thousand.
"""

import pytest

from acquire import safety, turret
from acquire.simulated.failures import Failures
from tests.acquire.rigs import small_rig
from tests.flows.night import night
from tests.flows.stand import RULES, SIDE_PX, Stand, real_core

pytestmark = pytest.mark.core
NIGHTS = 25
"""On each side of the slide."""
EMPTY = {"specimen": {"kind": "empty"}, "faults": "perfect", "size_px": (SIDE_PX, SIDE_PX)}
BOTH_SIGNS = pytest.mark.parametrize("toward", [1, -1])


@pytest.fixture(scope="module")
def real():
    with real_core() as core:
        yield core


@BOTH_SIGNS
def test_no_rule_is_broken_in_any_night(real, tmp_path, toward):
    nights = [night(real, folder(tmp_path, number), number, toward) for number in range(NIGHTS)]
    assert [broken for one in nights for broken in one.broken] == []
    assert sum(len(one.struck) for one in nights) > NIGHTS / 2
    assert {"finished", "killed"} < {end for one in nights for end in one.ends}


@pytest.mark.parametrize(
    ("module", "rule", "broken"),
    [(turret, "retract", "turned while near"), (safety, "check_z", "outside limits or margin")],
)
def test_a_night_shows_when_a_rule_is_taken_away(real, tmp_path, monkeypatch, module, rule, broken):
    monkeypatch.setattr(module, rule, lambda *_, **__: None)
    seen = (night(real, folder(tmp_path, number), number, 1).broken for number in range(NIGHTS))
    assert any(broken in {name for name, _ in one} for one in seen)


def folder(parent, number):
    path = parent / f"{number}"
    path.mkdir()
    return path


class TestTheJudgeAtTheWire:
    """What would be seen if a program did what none may."""

    @pytest.fixture(params=[1, -1])
    def stand(self, request, real, tmp_path):
        return Stand(real, small_rig(toward=request.param, **EMPTY), tmp_path / "state.json")

    @pytest.fixture
    def core(self, stand):
        return stand.program(Failures()).core

    def test_a_turn_with_the_lens_near_is_seen(self, stand, core):
        core.set_property("Objective", "Label", "100x/1.40 oil")
        assert broken(stand) == {RULES[0]}

    def test_a_target_past_the_limits_or_the_margin_is_seen(self, stand, core):
        core.set_position("Z", stand.rig.z.offset(0, 61))
        assert broken(stand) == {RULES[1]}
        stand.truth.broken.clear()
        core.set_xy_position("XY", -1.0, 0.0)
        assert broken(stand) == {RULES[1]}

    def test_a_move_nearer_after_a_failure_is_seen_and_one_farther_is_none(self, stand, core):
        stand.truth.failed = True
        core.set_position("Z", stand.rig.z.offset(0, -1))
        assert broken(stand) == set()
        core.set_position("Z", stand.rig.z.offset(0, -0.5))
        assert broken(stand) == {RULES[2]}

    def test_a_dry_lens_that_nears_oil_is_seen_however_it_came_there(self, stand, core):
        stand.truth.wet = True
        core.set_position("Z", stand.rig.z.offset(0, 1))
        core.set_xy_position("XY", 510.0, 510.0)
        assert [rule for rule, _ in stand.truth.broken] == [RULES[3]] * 2


def broken(stand):
    return {rule for rule, _ in stand.truth.broken}
