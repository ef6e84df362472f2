"""The run folder: the store contract, and what a crash leaves behind."""

import json
from dataclasses import replace

import numpy as np
import ome_types
import pytest
import tifffile
import yaml

from acquire.errors import StoreError
from acquire.frame import Frame, Position
from acquire.journal import Journal
from acquire.planfile import parse_plan
from acquire.runopen import create_run, open_run
from calibration import record
from calibration.rig import load_rig
from tests.calibration.test_record import calibration
from tests.contracts.store import StoreContract

RIG = load_rig("simulated")
PLAN = parse_plan(
    {
        "slide": "S1",
        "sites_um": [[0, 0], [100, 0]],
        "objectives": ["40x", "100x"],
        "stack": {"100x": {"planes": 3, "step_um": 0.4}},
        "exposure_ms": {"40x": 8, "100x": 50},
    },
    RIG,
)


def planes(count=3, value=7, dtype=np.uint8):
    pixels = np.full((20, 30, 3), value, dtype)
    return [
        Frame(
            pixels=pixels + np.array([0, 1, 2 + i], dtype),
            objective="100x",
            position=Position(1.0, 2.0, 0.4 * i),
            exposure_ms=50,
            black_level=0,
            white_level=255 if dtype == np.uint8 else 4095,
            number=i,
            time_s=0.0,
            simulated=True,
        )
        for i in range(count)
    ]


class TestRunFolder(StoreContract):
    @pytest.fixture
    def store(self, tmp_path):
        return create_run(tmp_path / "run", PLAN, RIG, None)

    @pytest.fixture
    def reopened(self, store):
        return lambda: open_run(store.path)

    @pytest.fixture
    def planes(self):
        return planes()


@pytest.fixture
def run(tmp_path):
    return create_run(tmp_path / "run", PLAN, RIG, None)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("count", [1, 3])
def test_a_stack_is_an_rgb_ome_tiff_that_others_read(run, count, dtype):
    run.write("0001", "100x", planes(count, dtype=dtype))
    file = run.path / "sites" / "0001_100x.ome.tif"
    with tifffile.TiffFile(file) as tiff:
        assert tiff.is_ome
        assert tiff.series[0].axes == ("ZYXS" if count > 1 else "YXS")
        assert tiff.pages[0].photometric == tifffile.PHOTOMETRIC.RGB
    image = ome_types.from_tiff(file).images[0]
    assert image.pixels.size_z == count
    assert image.pixels.physical_size_x == pytest.approx(0.074)
    assert [plane.position_z for plane in image.pixels.planes][-1] == pytest.approx(0.4 * (count - 1))
    assert "imulated" in image.description


def test_a_file_without_its_journal_line_counts_as_missing_and_is_written_again(run):
    run.write("0001", "100x", planes())
    (run.path / "journal.jsonl").unlink()
    again = open_run(run.path)
    assert not again.has("0001", "100x")
    again.write("0001", "100x", planes(value=9))
    assert open_run(run.path).read("0001", "100x").pixels[0, 0, 0, 0] == 9


def test_a_file_that_differs_from_its_hash_counts_as_missing(run):
    run.write("0001", "100x", planes())
    file = run.path / "sites" / "0001_100x.ome.tif"
    file.write_bytes(file.read_bytes()[:-10])
    assert not open_run(run.path).has("0001", "100x")


def test_reading_a_stack_that_was_changed_since_is_refused(run):
    run.write("0001", "100x", planes())
    file = run.path / "sites" / "0001_100x.ome.tif"
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(StoreError, match="not what the journal recorded"):
        run.read("0001", "100x")


def test_a_folder_with_a_run_of_another_plan_is_refused(run):
    with pytest.raises(StoreError, match="another plan"):
        create_run(run.path, replace(PLAN, slide="S2"), RIG, None)


def test_a_folder_with_other_files_is_refused_and_left_alone(tmp_path):
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(StoreError, match="not empty"):
        create_run(tmp_path, PLAN, RIG, None)
    assert [p.name for p in tmp_path.iterdir()] == ["letter.txt"]


def test_a_beginning_that_was_broken_off_is_begun_again(tmp_path):
    (tmp_path / "sites").mkdir()
    for name in ("calibration.npz", "calibration.yaml.part", "run.yaml.part"):
        (tmp_path / name).write_text("half")
    create_run(tmp_path, PLAN, RIG, None)
    assert open_run(tmp_path).plan == PLAN


def test_stacks_without_a_header_are_left_alone(run):
    run.write("0001", "100x", planes())
    (run.path / "run.yaml").unlink()
    with pytest.raises(StoreError, match="not empty"):
        create_run(run.path, PLAN, RIG, None)


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(StoreError, match="holds no run"):
        open_run(tmp_path)


def test_a_journal_line_cut_short_by_a_crash_is_passed_over_and_the_next_one_whole(tmp_path):
    journal = Journal(tmp_path / "journal.jsonl")
    journal.append(event="one")
    with journal.path.open("a") as file:
        file.write('{"event": "tw')
    journal.append(event="three")
    assert [e["event"] for e in journal.events()] == ["one", "three"]
    assert json.loads(journal.path.read_text().splitlines()[-1]) == {"event": "three"}


def test_a_run_opened_again_has_the_plan_and_the_rig_it_was_begun_with(run):
    again = create_run(run.path, PLAN, RIG, None)
    assert (again.plan, again.rig) == (PLAN, RIG)
    assert [objective.name for objective in again.rig.objectives] == ["40x", "100x"]


def calibrated_run(folder, **changes):
    return create_run(folder, PLAN, RIG, calibration(**changes))


def test_a_run_holds_the_hash_of_its_calibration(tmp_path):
    calibrated_run(tmp_path)
    header = yaml.safe_load((tmp_path / "run.yaml").read_text(encoding="utf-8"))
    assert header["calibration_sha256"] == calibration().digest == open_run(tmp_path).calibration.digest


def test_a_run_whose_calibration_was_exchanged_is_refused(tmp_path):
    calibrated_run(tmp_path)
    record.save(calibration(residuals={"camera_stage_um": 0.5}), tmp_path / "calibration.yaml")
    with pytest.raises(StoreError, match="is not the one"):
        open_run(tmp_path)


def test_a_run_is_not_resumed_with_another_calibration_of_the_same_moment(tmp_path):
    calibrated_run(tmp_path)
    with pytest.raises(StoreError, match="another calibration"):
        calibrated_run(tmp_path, residuals={"camera_stage_um": 0.5})
    assert calibrated_run(tmp_path).calibration is not None
