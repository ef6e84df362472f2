"""The capture loop over the real demo core: order, resume, interruption."""

from itertools import groupby

import pytest

from acquire.errors import CameraError, LimitError, PlanError
from acquire.open import open_microscope
from acquire.planfile import parse_plan
from acquire.runfolder import create_run, open_run
from acquire.scan import Scan
from calibration.rig import dump_rig, load_rig, parse_rig

pytestmark = pytest.mark.core
RIG = load_rig("demo")


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


def test_a_camera_that_stays_dead_ends_the_run_and_what_is_stored_stays(microscope, tmp_path):
    run = create_run(tmp_path / "run", plan(), RIG, None)
    microscope.core = FailingCamera(microscope.core, failures=99, after=4)
    with pytest.raises(CameraError, match="the camera gave no frame"):
        scan(microscope, run).capture()
    assert open_run(run.path).sites() == ["0001"]
    assert list(run.journal.events())[-1]["event"] == "failed"


def test_the_axes_are_halted_when_a_device_fails(microscope, tmp_path):
    run = create_run(tmp_path / "run", plan(), RIG, None)
    microscope.core = FailingCamera(microscope.core, failures=99, after=4)
    with pytest.raises(CameraError):
        scan(microscope, run).capture()
    assert microscope.core.halted == ["Z", "XY"]


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

    def write(self, site):
        if site == self.breaks_at:
            raise KeyboardInterrupt
        self.written.append(site)
