"""A run whose stage and focus count from power on: once a person has focused it goes on in its own coordinates."""

from dataclasses import replace

import pytest

from acquire.control import Control
from acquire.errors import PlanError, SlideLostError
from acquire.open import open_microscope
from acquire.planfile import parse_plan
from acquire.runopen import create_run, open_run
from acquire.scan import Scan
from tests.acquire.rigs import small_rig

pytestmark = pytest.mark.core
LUNG = {"faults": "perfect", "specimen": {"kind": "lung", "seed": 1}, "truth": "transforms"}
CORNER_UM, STEP_UM = (3000.0, 1000.0), 30.0
SITES = 4
STORED = 2
"""Sites before the power cut."""
AWAY_UM = (137.0, -220.0, 31.0)
"""What the devices read afterwards where they read 0 before."""


class Shifted:
    """A fake at the wire: the devices after a power cut, their zero elsewhere."""

    def __init__(self, core, away_um):
        self._core, self._away_um = core, away_um

    def __getattr__(self, name):
        return getattr(self._core, name)

    def get_x_position(self, *stage):
        return self._core.get_x_position(*stage) + self._away_um[0]

    def get_y_position(self, *stage):
        return self._core.get_y_position(*stage) + self._away_um[1]

    def set_xy_position(self, *target):
        *stage, x_um, y_um = target
        self._core.set_xy_position(*stage, x_um - self._away_um[0], y_um - self._away_um[1])

    def get_position(self, *drive):
        return self._core.get_position(*drive) + self._away_um[2]

    def set_position(self, *target):
        *drive, z_um = target
        self._core.set_position(*drive, z_um - self._away_um[2])


def dying_rig(*, side_px=192, reference=None):
    rig = small_rig(size_px=(side_px, side_px), **LUNG)
    return replace(rig, reference=reference or {"xy": "power_on", "z": "power_on"})


def plan_of(rig, **changes):
    x_um, y_um = CORNER_UM
    document = {
        "slide": "S1",
        "sites_um": [[x_um + STEP_UM * (n % 2), y_um + STEP_UM * (n // 2)] for n in range(SITES)],
        "objectives": ["40x"],
        "exposure_ms": {"40x": 8},
        "stack": {"40x": {"planes": 3, "step_um": 0.6}},
    }
    return parse_plan(document | changes, rig)


class Where:
    """Shown each stack: where the stage and the focus truly stood, whatever the devices read."""

    def __init__(self, microscope, *, control=None, after=0):
        self._microscope, self._control, self._after = microscope, control, after
        self.seen = {}

    def __call__(self, visit, _planes):
        x_um, y_um, z_um = self._microscope.core.true_um()
        self.seen[visit.site] = (x_um - visit.x_um, y_um - visit.y_um, z_um)
        if self._control is not None and len(self.seen) == self._after:
            self._control.stop()


def begun(rig, folder, **changes):
    """Capture until the power cut; return where it was truly made."""
    control = Control()
    with open_microscope(rig) as microscope:
        run = create_run(folder / "run", plan_of(rig, **changes), rig, None)
        where = Where(microscope, control=control, after=STORED)
        scan(microscope, run, where, control=control).capture()
    assert len(open_run(folder / "run").stored) == STORED
    return where.seen


def scan(microscope, run, seen, *, confirm=lambda _question: True, **told):
    return Scan(microscope=microscope, run=run, confirm=confirm, progress=lambda *_: None, seen=seen, **told)


def after_cut(microscope, away_um=AWAY_UM, *, hand_um=(0.0, 0.0, 0.0), site=STORED - 1):
    """Let the devices count from elsewhere, and a person bring the last site into view and focus it, nearly."""
    x_um, y_um = CORNER_UM
    core = microscope.core
    microscope.core = Shifted(core, away_um)
    microscope.move_xy(
        x_um + STEP_UM * (site % 2) + away_um[0] + hand_um[0], y_um + STEP_UM * (site // 2) + away_um[1] + hand_um[1]
    )
    microscope.expect_focus(away_um[2] + hand_um[2])
    microscope.move_z(away_um[2] + hand_um[2])


def went_on(rig, folder, *, away_um=AWAY_UM, hand_um=(0.0, 0.0, 0.0), **told):
    with open_microscope(rig) as microscope:
        after_cut(microscope, away_um, hand_um=hand_um)
        run, where = open_run(folder / "run"), Where(microscope)
        result = scan(microscope, run, where, **told).capture()
        return result, where.seen, run


def events(run, name):
    return [event for event in run.journal.events() if event["event"] == name]


@pytest.mark.truth
@pytest.mark.parametrize("hand_um", [(4.0, -3.0, 1.5), (60.0, -45.0, -2.0)])
def test_the_run_goes_on_where_it_was_once_a_person_has_focused(tmp_path, hand_um):
    """The second hand is two fields aside: the place is searched for."""
    rig = dying_rig()
    before = begun(rig, tmp_path)
    result, seen, run = went_on(rig, tmp_path, hand_um=hand_um, refocused=True)
    assert (result.state, result.done) == ("finished", SITES)
    told = events(run, "reregistered")[0]
    assert told["shift_um"] == pytest.approx(AWAY_UM, abs=1.0)
    for off in seen.values():
        assert off[:2] == pytest.approx((0.0, 0.0), abs=0.5)
        assert off[2] == pytest.approx(next(iter(before.values()))[2], abs=1.0)
    stored = run.stored["0004", "40x"]["position_um"]
    assert stored[:2] == pytest.approx((CORNER_UM[0] + STEP_UM, CORNER_UM[1] + STEP_UM), abs=1.0)


def test_nobody_goes_on_before_a_person_has_said_that_it_is_focused(tmp_path):
    rig, asked = dying_rig(), []
    begun(rig, tmp_path)
    with pytest.raises(PlanError, match=r"counts xy and z from power on.*bring site 0002 into view.*--refocused"):
        went_on(rig, tmp_path, confirm=lambda question: bool(asked.append(question)))
    assert "0002_40x.ome.tif" in asked[0]
    assert len(open_run(tmp_path / "run").stored) == STORED


def test_where_the_person_says_so_when_asked_it_goes_on(tmp_path):
    rig = dying_rig()
    begun(rig, tmp_path)
    result, _, _ = went_on(rig, tmp_path)
    assert result.state == "finished"


def test_a_focus_that_has_lost_its_zero_alone_leaves_the_stage_as_it_is(tmp_path):
    rig = dying_rig(reference={"xy": "homed", "z": "power_on"})
    begun(rig, tmp_path)
    _, _, run = went_on(rig, tmp_path, away_um=(0.0, 0.0, 31.0), hand_um=(7.0, 5.0, 1.0), refocused=True)
    told = events(run, "reregistered")[0]
    assert told["shift_um"][:2] == [0.0, 0.0]
    assert told["shift_um"][2] == pytest.approx(31.0, abs=1.0)
    assert len(run.stored) == SITES


def test_another_slide_is_no_place_of_the_run(tmp_path):
    rig = dying_rig(reference={"xy": "homed", "z": "power_on"})
    begun(rig, tmp_path)
    other = replace(rig, simulated=dict(rig.simulated) | {"specimen": {"kind": "lung", "seed": 7}})
    with pytest.raises(SlideLostError, match="no place that 40x captured was found"):
        went_on(other, tmp_path, away_um=(0.0, 0.0, 31.0), refocused=True)
    assert len(open_run(tmp_path / "run").stored) == STORED


@pytest.mark.truth
def test_in_the_pass_under_oil_the_oil_lens_is_focused_and_no_dry_one_comes_over_the_slide(tmp_path):
    rig, control, asked = dying_rig(), Control(), []
    changes = {
        "objectives": ["40x", "100x"],
        "exposure_ms": {"40x": 8, "100x": 50},
        "stack": {"100x": {"planes": 5, "step_um": 0.4}},
    }
    with open_microscope(rig) as microscope:
        run = create_run(tmp_path / "run", plan_of(rig, **changes), rig, None)

        def seen(visit, _planes):
            if (visit.site, visit.objective) == ("0002", "100x"):
                control.stop()

        scan(microscope, run, seen, control=control).capture()
    with open_microscope(rig) as microscope:
        hand_um = open_run(tmp_path / "run").read("0002", "100x")
        microscope.select_objective("100x")
        after_cut(microscope, hand_um=(2.0, 1.0, hand_um.z_um[2] + 0.5))
        run = open_run(tmp_path / "run")
        result = scan(
            microscope, run, lambda *_: None, confirm=lambda question: bool(asked.append(question)) or True
        ).capture()
        assert microscope.objective.name == "100x"
    assert (result.state, result.done) == ("finished", 2 * SITES)
    assert len(asked) == 1
    assert "turn to 100x, bring site 0002 into view" in asked[0]
    assert events(run, "reregistered")[0]["shift_um"] == pytest.approx(AWAY_UM, abs=1.5)


@pytest.mark.parametrize("away_z_um", [-281.0, -100.0])
def test_a_lens_that_would_not_be_retracted_as_far_as_before_is_not_turned(tmp_path, away_z_um):
    """The power came back with the lens near the slide: 0 is where it stood, and `z_safe_um` nearer than it was."""
    rig = dying_rig()
    rig = replace(rig, limits_um=replace(rig.limits_um, z=(-400.0, 100.0)))
    begun(rig, tmp_path)
    with open_microscope(rig) as microscope:
        after_cut(microscope, (0.0, 0.0, away_z_um))
        moves, core = [], microscope.core
        core.set_state_label = lambda *turned: moves.append(turned)
        with pytest.raises(PlanError, match=r"z_safe_um -280 lies .* turning nosepiece could touch the slide"):
            scan(microscope, open_run(tmp_path / "run"), lambda *_: None, refocused=True).capture()
        assert moves == []
        assert microscope.position_um.z == pytest.approx(away_z_um, abs=0.1)
