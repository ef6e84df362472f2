"""A person's word about a rig, given to `check`: what it changes, and that it outlives programs and rig files."""

import json

import pytest
from typer.testing import CliRunner

from acquire.rigstate import open_state
from calibration.rig import load_rig
from parfocal.commands import app

pytestmark = pytest.mark.core
RIG = load_rig("simulated")


@pytest.fixture
def check():
    def call(*options):
        result = CliRunner().invoke(app, ["check", "simulated", *options, "--json"])
        found = json.loads(result.stdout.splitlines()[-1])
        return result, {item["name"]: item for item in found["items"]}

    return call


def test_a_latch_fails_the_check_until_a_person_clears_it(check):
    open_state(RIG).latch("the stage is stuck")
    result, items = check()
    assert (result.exit_code, items["latch"]["state"]) == (1, "fail")
    assert "the stage is stuck" in items["latch"]["says"]
    result, items = check("--clear-latch")
    assert (result.exit_code, items["latch"]["state"]) == (0, "pass")
    assert "it said: the stage is stuck" in result.stderr
    assert open_state(RIG).record.latch is None


def test_an_oiled_slide_is_dry_again_by_a_persons_word_only(check):
    open_state(RIG).oil_asked("S1")
    assert check()[1]["slide"]["state"] == "warn"
    assert check("--clear-latch")[1]["slide"]["state"] == "warn"
    assert check("--slide-cleaned")[1]["slide"]["says"] == "S1; cleaned"


def test_another_slide_has_the_name_it_was_given(check):
    open_state(RIG).oil_asked("S1")
    assert check("--new-slide", "S2")[1]["slide"]["says"] == "S2; dry"


def test_a_check_moves_nothing_unless_it_is_told_to_retract(check):
    assert check()[1]["position z"]["says"].startswith("0.00 µm")
    open_state(RIG).latch("the stage is stuck")
    assert check("--retract")[1]["position z"]["says"].startswith(f"{RIG.z_safe_um:.2f} µm")
