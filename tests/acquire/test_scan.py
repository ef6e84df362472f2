"""The capture loop over the real demo core: order, resume, interruption."""

from dataclasses import replace
from itertools import groupby
from pathlib import Path

import pytest

from acquire.errors import CameraError, LimitError, MicroscopeError, PlanError
from acquire.focusing import begin_focusing
from acquire.open import open_microscope
from acquire.planfile import parse_plan
from acquire.runopen import create_run, open_run
from acquire.scan import Scan
from calibration.optics import Source
from calibration.rig import dump_rig, load_rig, parse_rig
from tests.acquire.turns import rig_with_slide, z_before_each_turn

mm_test_adapters = pytest.importorskip("mm_test_adapters")

pytestmark = pytest.mark.core
RIG = load_rig("demo")
EXPOSURES = {"10x": 5, "40x": 5, "20x": 5}


def plan(**changes):
    document = {
        "slide": "S1",
        "sites_um": [[100, 100], [300, 100]],
        "objectives": ["10x", "40x"],
        "stack": {"10x": {"planes": 3, "step_um": 1.0}, "40x": {"planes": 3, "step_um": 0.4}},
        "exposure_ms": {"10x": 5, "40x": 5},
    }
    return parse_plan(document | changes, RIG)


@pytest.fixture
def microscope():
    with open_microscope(RIG) as opened:
        yield opened


def scan(microscope, run, confirm=lambda _question: True, truth=None):
    return Scan(microscope=microscope, run=run, confirm=confirm, progress=lambda *_step: None, truth=truth)


def test_every_site_is_stored_with_every_objective(microscope, tmp_path):
    run = create_run(tmp_path / "run", plan(), RIG, None)
    result = scan(microscope, run).capture()
    assert (result.sites, result.done, result.state) == (4, 4, "finished")
    for site in ("0001", "0002"):
        for objective in ("10x", "40x"):
            assert run.read(site, objective).pixels.shape == (3, 512, 512, 3)


def test_stacks_lie_about_the_z_at_which_the_capture_began(microscope, tmp_path):
    microscope.move_z(12.0)
    run = create_run(tmp_path / "run", plan(), RIG, None)
    scan(microscope, run).capture()
    assert run.read("0002", "40x").z_um == pytest.approx((11.6, 12.0, 12.4), abs=0.05)


def test_the_turret_turns_once_between_the_passes(microscope, tmp_path):
    run = create_run(tmp_path / "run", plan(), RIG, None)
    scan(microscope, run).capture()
    order = [event["objective"] for event in run.journal.events() if event["event"] == "stored"]
    assert [name for name, _ in groupby(order)] == ["10x", "40x"]


def test_capture_resumes_at_the_first_missing_site(microscope, tmp_path):
    whole = create_run(tmp_path / "run", plan(), RIG, None)
    scan(microscope, whole).capture()
    (whole.path / "sites" / "0002_40x.ome.tif").unlink()
    before = {file.name: file.stat().st_mtime_ns for file in (whole.path / "sites").iterdir()}
    result = scan(microscope, open_run(whole.path)).capture()
    after = {file.name: file.stat().st_mtime_ns for file in (whole.path / "sites").iterdir()}
    assert result.done == 4
    assert {name for name in after if after[name] != before.get(name)} == {"0002_40x.ome.tif"}


def test_a_target_outside_the_limits_is_refused_before_anything_moves(microscope, tmp_path):
    run = create_run(tmp_path / "run", plan(sites_um=[[100, 100], [99999, 0]]), RIG, None)
    before = microscope.position_um
    with pytest.raises(LimitError, match="site 0002 with 10x"):
        scan(microscope, run).capture()
    assert microscope.position_um == before


def test_a_frame_that_does_not_come_once_is_asked_for_again(microscope, tmp_path):
    run = create_run(tmp_path / "run", plan(), RIG, None)
    microscope.core = FailingCamera(microscope.core, failures=1)
    assert scan(microscope, run).capture().done == 4
    assert [e["event"] for e in run.journal.events()].count("retried") == 1


def test_a_camera_that_stays_dead_suspends_the_run_retracted_and_what_is_stored_stays(microscope, tmp_path):
    run = create_run(tmp_path / "run", plan(), RIG, None)
    microscope.core = FailingCamera(microscope.core, failures=99, after=4)
    result = scan(microscope, run).capture()
    assert (result.state, result.done) == ("suspended", 1)
    assert "the camera gave no frame" in result.says
    assert microscope.position_um.z == pytest.approx(RIG.z_safe_um)
    assert open_run(run.path).sites() == ["0001"]
    assert list(run.journal.events())[-1]["event"] == "suspended"


def test_the_axes_are_halted_when_the_plan_says_abort(microscope, tmp_path):
    run = create_run(tmp_path / "run", plan(policies={"camera": "abort"}), RIG, None)
    microscope.core = FailingCamera(microscope.core, failures=99, after=4)
    with pytest.raises(CameraError, match="the camera gave no frame"):
        scan(microscope, run).capture()
    assert microscope.core.halted == ["Z", "XY"]
    assert "failed" in [event["event"] for event in run.journal.events()]


def test_a_site_that_the_plan_skips_is_left_out_and_made_by_the_next_capture(microscope, tmp_path):
    run = create_run(tmp_path / "run", plan(policies={"camera": "skip"}), RIG, None)
    microscope.core = FailingCamera(microscope.core, failures=6, after=4)
    result = scan(microscope, run).capture()
    assert (result.state, result.done, result.skipped) == ("finished", 3, 1)
    again = scan(microscope, open_run(run.path)).capture()
    assert (again.done, again.skipped) == (4, 0)


def test_a_truth_whose_writing_was_broken_off_is_written_by_the_same_capture(microscope, tmp_path):
    run = create_run(tmp_path / "run", plan(), RIG, None)
    assert scan(microscope, run, truth=Notes(breaks_at="0002")).capture().state == "paused"
    notes = Notes()
    assert scan(microscope, open_run(run.path), truth=notes).capture().done == 4
    assert notes.written == ["0001", "0002"]
    assert notes.kept == []


def test_no_lens_goes_nearer_than_its_margin_past_where_it_captured(microscope, tmp_path):
    microscope.move_z(-50.0)
    run = create_run(tmp_path / "run", plan(), RIG, None)
    scan(microscope, run).capture()
    with pytest.raises(LimitError, match="near_margin_um of 40x"):
        microscope.move_z(RIG.z.offset(-50.0, RIG.objective("40x").near_margin_um + 1))


@pytest.fixture
def oil_rig():
    text = dump_rig(RIG)
    assert "na: 0.6\n    immersion: air" in text
    return parse_rig(text.replace("na: 0.6\n    immersion: air", "na: 0.6\n    immersion: oil"), name="demo")


def test_oil_is_asked_for_with_the_lens_retracted_and_the_run_waits(oil_rig, tmp_path):
    with open_microscope(oil_rig) as microscope:
        heights = []
        run = create_run(tmp_path / "run", plan(), oil_rig, None)
        result = scan(microscope, run, confirm=lambda _q: heights.append(microscope.position_um.z) or False).capture()
        assert heights == [pytest.approx(RIG.z_safe_um)]
        assert (result.state, result.done) == ("paused", 2)
        assert scan(microscope, open_run(run.path)).capture().state == "finished"


def test_a_dry_lens_is_refused_over_a_slide_that_was_oiled(oil_rig, tmp_path):
    with open_microscope(oil_rig) as microscope:
        run = create_run(tmp_path / "run", plan(), oil_rig, None)
        scan(microscope, run).capture()
        (run.path / "sites" / "0001_10x.ome.tif").unlink()
        with pytest.raises(PlanError, match="10x is dry and slide S1 lies under oil"):
            scan(microscope, open_run(run.path)).capture()


def test_oil_that_was_asked_for_and_never_answered_counts_as_oil(oil_rig, tmp_path):
    with open_microscope(oil_rig) as microscope:
        run = create_run(tmp_path / "run", plan(), oil_rig, None)
        with pytest.raises(Killed):
            scan(microscope, run, confirm=killed).capture()
        (run.path / "sites" / "0001_10x.ome.tif").unlink()
        with pytest.raises(PlanError, match="10x is dry and slide S1 lies under oil"):
            scan(microscope, open_run(run.path)).capture()


def test_oil_that_was_asked_for_and_never_answered_is_asked_for_again(oil_rig, tmp_path):
    with open_microscope(oil_rig) as microscope:
        run = create_run(tmp_path / "run", plan(), oil_rig, None)
        with pytest.raises(Killed):
            scan(microscope, run, confirm=killed).capture()
        questions = []
        scan(microscope, open_run(run.path), confirm=lambda question: questions.append(question) or True).capture()
        assert len(questions) == 1


def test_a_slide_whose_oil_was_refused_is_dry(oil_rig, tmp_path):
    with open_microscope(oil_rig) as microscope:
        run = create_run(tmp_path / "run", plan(), oil_rig, None)
        scan(microscope, run, confirm=lambda _question: False).capture()
        (run.path / "sites" / "0001_10x.ome.tif").unlink()
        result = scan(microscope, open_run(run.path), confirm=lambda _question: False).capture()
        assert (result.state, result.done) == ("paused", 2)


def test_the_oil_step_is_on_disk_before_the_person_is_asked(oil_rig, tmp_path):
    with open_microscope(oil_rig) as microscope:
        run = create_run(tmp_path / "run", plan(), oil_rig, None)
        seen = []
        scan(microscope, run, confirm=lambda _q: seen.append(list(run.journal.events())[-1]["event"]) or True).capture()
        assert seen == ["oil_asked"]


def test_a_focus_found_by_hand_in_oil_is_kept_though_the_oil_step_retracts(oil_rig, tmp_path):
    with open_microscope(oil_rig) as microscope:
        microscope.move_z(12.0)
        run = create_run(tmp_path / "run", plan(objectives=["40x"]), oil_rig, None)
        scan(microscope, run).capture()
        assert run.read("0001", "40x").z_um == pytest.approx((11.6, 12.0, 12.4), abs=0.05)


@pytest.mark.parametrize("axis", ["xy", "z"])
def test_a_run_is_not_resumed_where_positions_die_with_the_power(tmp_path, axis):
    rig = replace(RIG, reference=dict(RIG.reference) | {axis: "power_on"})
    with open_microscope(rig) as microscope:
        run = create_run(tmp_path / "run", plan(), rig, None)
        scan(microscope, run).capture()
        (run.path / "sites" / "0002_40x.ome.tif").unlink()
        before = microscope.position_um
        with pytest.raises(PlanError, match=f"counts {axis} from power on.*new folder"):
            scan(microscope, open_run(run.path)).capture()
        assert microscope.position_um == before


def test_a_finished_run_is_finished_wherever_its_positions_come_from(tmp_path):
    rig = replace(RIG, reference={"xy": "power_on", "z": "power_on"})
    with open_microscope(rig) as microscope:
        run = create_run(tmp_path / "run", plan(), rig, None)
        scan(microscope, run).capture()
        assert scan(microscope, open_run(run.path)).capture().state == "finished"


@pytest.fixture
def real_rig():
    """A rig of a person's own, for all the program knows: the demo devices as an installed Micro-Manager."""
    adapters = Path(mm_test_adapters.device_adapter_path())
    own = Source(kind="in_process", mm_dir=str(adapters), config=str(adapters / "MMConfig_demo.cfg"))
    noisy = replace(
        RIG.camera, lock=dict(RIG.camera.lock) | {"Mode": "Artificial Waves"}
    )  # no two frames alike, as on a stand
    return replace(RIG, name="own", source=own, camera=noisy)


def test_a_focus_found_by_hand_with_another_objective_is_refused(real_rig, tmp_path):
    with open_microscope(real_rig) as microscope:
        run = create_run(tmp_path / "run", plan(objectives=["40x"]), real_rig, None)
        before = microscope.position_um
        with pytest.raises(MicroscopeError, match="turn to 40x, focus by hand, start again"):
            scan(microscope, run).capture()
        assert (microscope.position_um, microscope.objective.name) == (before, "10x")


def test_a_run_whose_focus_is_known_goes_on_with_any_objective_in_place(real_rig, tmp_path):
    with open_microscope(real_rig) as microscope:
        run = create_run(tmp_path / "run", plan(focus={"method": "as_positions"}), real_rig, None)
        scan(microscope, run).capture()
        assert microscope.objective.name == "40x"
        assert begin_focusing(microscope, open_run(run.path)).surface([]).points == 0


class Killed(BaseException):
    """What ends a program while a question stands on the screen."""


def killed(_question):
    raise Killed


class FailingCamera:
    """A fake at the wire: a real core whose camera fails a number of times after some good frames."""

    def __init__(self, core, *, failures, after=0):
        self.core, self.failures, self.after = core, failures, after
        self.halted = []

    def __getattr__(self, name):
        return getattr(self.core, name)

    def snap_image(self):
        self.after -= 1
        if self.after < 0 < self.failures:
            self.failures -= 1
            raise RuntimeError("camera unplugged")
        self.core.snap_image()

    def stop(self, device):
        self.halted.append(device)
        self.core.stop(device)


class Notes:
    """A keeper of truth that can be broken off."""

    def __init__(self, breaks_at=None):
        self.breaks_at = breaks_at
        self.kept, self.written = [], []

    def observe(self, site, objective, index):
        pass

    def keep(self, site, objective):
        self.kept.append((site, objective))

    def write(self, site, *, partner=None):
        assert partner == site
        if site == self.breaks_at:
            raise KeyboardInterrupt
        self.written.append(site)


@pytest.mark.parametrize("toward", [1, -1])
def test_a_whole_capture_turns_the_turret_only_with_z_at_z_safe(tmp_path, toward):
    rig = rig_with_slide(toward)
    with open_microscope(rig) as microscope:
        run = create_run(tmp_path / "run", plan(objectives=["10x", "40x", "20x"], exposure_ms=EXPOSURES), rig, None)
        microscope.log_to(tmp_path / "core.log")
        assert scan(microscope, run).capture().state == "finished"
    assert z_before_each_turn((tmp_path / "core.log").read_text()) == [rig.z_safe_um] * 2
