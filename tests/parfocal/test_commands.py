"""The command line is a contract: names, keys, exit codes, and one sentence for bad input."""

import json
from importlib import metadata

import cv2
import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from calibration import record
from calibration.rig import dump_rig, load_rig
from parfocal.commands import COMMANDS, app
from tests.enhance.small_run import small_calibration

PLAN = {
    "slide": "S1",
    "sites_um": [[100, 100], [300, 100]],
    "objectives": ["10x", "40x"],
    "stack": {"10x": {"planes": 3, "step_um": 1.0}, "40x": {"planes": 3, "step_um": 0.4}},
    "exposure_ms": {"10x": 5, "40x": 5},
}


@pytest.fixture
def run():
    def call(*arguments):
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return call


@pytest.fixture
def plan(tmp_path):
    def write(**changes):
        file = tmp_path / "plan.yaml"
        file.write_text(yaml.safe_dump(PLAN | changes))
        return file

    return write


@pytest.fixture
def text_file(tmp_path):
    file = tmp_path / "letter.png"
    file.write_text("dear colleague")
    return file


def one_sentence(result):
    """The failure as people see it; fails the test when it is more than a sentence, or a traceback."""
    assert result.exit_code == 1, result.output
    assert "Traceback" not in result.output
    lines = [line for line in result.stderr.splitlines() if line.strip()]
    assert lines[-1].startswith("parfocal: ")
    assert len([line for line in lines if line.startswith("parfocal: ")]) == 1
    return lines[-1]


def answer(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_and_has_json_and_debug(run, name):
    result = run(name, "--help")
    assert result.exit_code == 0
    assert "--json" in result.output
    assert "--debug" in result.output


def test_an_unknown_command_is_a_usage_error(run):
    assert run("sharpen").exit_code == 2


def test_a_missing_rig_file_is_said(run):
    assert "there is no rig file nowhere.yaml" in one_sentence(run("check", "nowhere.yaml"))


def test_a_failure_is_one_json_object_too(run):
    result = run("check", "nowhere.yaml", "--json")
    assert result.exit_code == 1
    assert "nowhere.yaml" in json.loads(result.stdout.splitlines()[-1])["error"]


def test_debug_shows_the_traceback(run):
    assert "Traceback" in run("check", "nowhere.yaml", "--debug").output


def test_an_unknown_objective_in_the_plan_is_said_with_those_there_are(run, plan, tmp_path):
    file = plan(objectives=["10x", "63x"])
    said = one_sentence(run("capture", file, "--rig", "demo", "--out", tmp_path / "run"))
    assert "'63x' is not in rig 'demo'" in said
    assert "'40x'" in said


@pytest.mark.core
def test_a_label_that_the_turret_does_not_have_fails_the_check(run, tmp_path):
    rig = tmp_path / "rig.yaml"
    rig.write_text(dump_rig(load_rig("demo")).replace("Nikon 20X Plan Fluor ELWD", "Nikon 20X"))
    result = run("check", rig, "--json")
    assert result.exit_code == 1
    items = json.loads(result.stdout.splitlines()[-1])["items"]
    failed = [item for item in items if item["state"] == "fail"]
    assert [item["name"] for item in failed] == ["objective 20x"]
    assert "'Nikon 20X' is not in the turret" in failed[0]["says"]


@pytest.mark.core
@pytest.mark.parametrize(("old", "new"), [("device: Z", "device: ZDrive"), ("nosepiece: Objective", "nosepiece: Nose")])
def test_a_device_that_is_not_loaded_is_said_with_those_there_are(run, plan, tmp_path, old, new):
    rig = tmp_path / "rig.yaml"
    text = dump_rig(load_rig("demo"))
    assert old in text
    rig.write_text(text.replace(old, new))
    items = json.loads(run("check", rig, "--json").stdout.splitlines()[-1])["items"]
    said = [item["says"] for item in items if item["state"] == "fail"]
    assert "is not loaded; there are ['DHub'" in said[0]
    assert "could not be read" in one_sentence(run("capture", plan(), "--rig", rig, "--out", tmp_path / "run"))


@pytest.mark.core
def test_a_nosepiece_turned_by_hand_is_refused(run, tmp_path):
    rig = tmp_path / "rig.yaml"
    rig.write_text(dump_rig(load_rig("demo")).replace("nosepiece: Objective", "nosepiece: manual"))
    assert "turned by hand, which is not driven yet" in one_sentence(run("check", rig))


@pytest.mark.core
def test_a_specimen_that_there_is_not_is_said_as_it_stands_in_the_rig_file(run, tmp_path):
    rig = tmp_path / "rig.yaml"
    rig.write_text(dump_rig(load_rig("simulated")).replace("kind: lung", "kind: liver"))
    assert one_sentence(run("check", rig)).startswith("parfocal: simulated.specimen.kind is 'liver'")


@pytest.mark.parametrize("command", ["live", "capture"])
def test_a_screenshot_that_is_no_png_is_refused_before_a_microscope_is_opened(
    run, plan, tmp_path, monkeypatch, command
):
    def opened(*_asked):
        pytest.fail("a microscope was opened")

    for module in ("live_command", "capturing"):
        monkeypatch.setattr(f"parfocal.{module}.open_microscope", opened)
    given = ("capture", plan(), "--out", tmp_path / "run", "--view") if command == "capture" else ("live",)
    said = one_sentence(run(*given, "--rig", "demo", "--screenshot", tmp_path / "shot.jpg"))
    assert said.endswith("was to be called shot.jpg: name it shot.png")
    assert not (tmp_path / "run").exists()


def test_a_plan_outside_the_limits_is_refused_and_no_run_is_begun(run, plan, tmp_path):
    file = plan(sites_um=[[100, 100], [999999, 0]])
    said = one_sentence(run("capture", file, "--rig", "demo", "--out", tmp_path / "run"))
    assert "site 0002 with 10x: x 999999.00 µm is outside limits_um" in said
    assert not (tmp_path / "run").exists()


def test_a_text_file_is_not_a_picture(run, text_file, tmp_path):
    assert "letter.png is not a picture" in one_sentence(run("register", text_file, text_file))
    assert "letter.png" in one_sentence(run("fuse", text_file, tmp_path / "out.tif"))
    assert not (tmp_path / "out.tif").exists()


@pytest.mark.core
def test_check_of_the_demo_rig_passes_and_moves_nothing(run):
    found = answer(run("check", "demo", "--json"))
    assert found["passed"]
    assert {"name", "state", "says"} == set(found["items"][0])


@pytest.mark.core
def test_capture_on_the_demo_rig_stores_rgb_stacks(run, plan, tmp_path):
    found = answer(run("capture", plan(), "--rig", "demo", "--out", tmp_path / "run", "--json"))
    assert (found["sites"], found["done"], found["skipped"], found["flagged"]) == (4, 4, 0, 0)
    assert found["state"] == "finished"
    assert (tmp_path / "run" / "log.txt").stat().st_size > 0


@pytest.mark.core
def test_a_run_of_the_demo_rig_has_nothing_to_pair(run, plan, tmp_path):
    answer(run("capture", plan(sites_um=[[100, 100]]), "--rig", "demo", "--out", tmp_path / "run", "--json"))
    said = one_sentence(run("pairs", tmp_path / "run", "--out", tmp_path / "pairs"))
    assert "do not depend on the objective: there is nothing to pair" in said
    assert not (tmp_path / "pairs").exists()


def test_a_plan_is_drawn_and_checked(run, plan, tmp_path):
    picture = tmp_path / "map.png"
    found = answer(run("plan", plan(), "--rig", "demo", "--picture", picture, "--json"))
    assert found["passed"]
    assert cv2.imread(str(picture)).std() > 5


def test_a_map_of_a_kind_that_there_is_not_is_refused(run, plan, tmp_path):
    said = one_sentence(run("plan", plan(), "--rig", "demo", "--picture", tmp_path / "map.xyz"))
    assert "map.xyz cannot hold a map" in said


def test_a_calibration_that_could_not_be_written_is_not_begun(run, tmp_path):
    assert "cannot hold a calibration" in one_sentence(run("calibrate", "--rig", "simulated", "--out", tmp_path))


def test_a_full_demo_is_not_mixed_with_a_quick_one(run, tmp_path):
    (tmp_path / "rigs").mkdir()
    (tmp_path / "rigs" / "S-train.yaml").write_text("of another size")
    assert "name another folder with --out" in one_sentence(run("demo", "--out", tmp_path))


def test_what_is_said_keeps_its_brackets_and_is_not_broken(run, tmp_path):
    folder = tmp_path / "[red]" / ("long" * 20)
    folder.mkdir(parents=True)
    stack = tmp_path / "stack"
    stack.mkdir()
    for number in range(2):
        cv2.imwrite(str(stack / f"{number}.png"), np.full((20, 20, 3), 99, np.uint8))
    assert str(folder / "out.tif") in run("fuse", stack, folder / "out.tif").stdout


def test_uneven_exposures_are_warned_of(run, plan):
    found = answer(run("plan", plan(), "--rig", "demo", "--json"))
    assert [item["state"] for item in found["items"] if item["name"] == "light"] == ["warn"]


def test_register_finds_a_known_shift(run, tmp_path):
    rng = np.random.default_rng(0)
    fine = cv2.GaussianBlur(rng.uniform(0, 255, (900, 900, 3)).astype(np.float32), (0, 0), 3)
    fine = cv2.normalize(fine, None, 20, 235, cv2.NORM_MINMAX)
    low = cv2.resize(cv2.GaussianBlur(fine, (0, 0), 1.2), (360, 360), interpolation=cv2.INTER_AREA)
    for name, picture in (("low.png", low), ("high.png", fine[200:700, 250:750])):
        cv2.imwrite(str(tmp_path / name), np.rint(picture).astype(np.uint8))
    found = answer(run("register", tmp_path / "low.png", tmp_path / "high.png", "--factor", 2.5, "--json"))
    assert found["accepted"]
    assert found["matrix"][0][2] == pytest.approx((250 + 0.5) / 2.5 - 0.5, abs=0.05)
    assert found["matrix"][1][2] == pytest.approx((200 + 0.5) / 2.5 - 0.5, abs=0.05)


def test_pictures_that_do_not_fit_are_not_accepted_but_no_failure(run, tmp_path):
    rng = np.random.default_rng(0)
    for name in ("low.png", "high.png"):
        cv2.imwrite(str(tmp_path / name), rng.integers(0, 255, (200, 200, 3), dtype=np.uint8))
    found = answer(run("register", tmp_path / "low.png", tmp_path / "high.png", "--json"))
    assert not found["accepted"]
    assert found["reason"]


def test_the_version_can_be_cited(run):
    result = run("--version")
    assert (result.exit_code, result.output.strip()) == (0, f"Parfocal {metadata.version('parfocal')}")


@pytest.mark.parametrize(
    ("objective", "says"), [((), "no --objective was given"), (("--objective", "20x"), "--objective 20x is none of it")]
)
def test_enhance_asks_through_which_lens_raw_frames_were_taken(run, tmp_path, objective, says):
    record.save(small_calibration(load_rig("simulated")), tmp_path / "cal.yaml")
    cv2.imwrite(str(tmp_path / "in.png"), np.zeros((20, 20, 3), np.uint8))
    calibrated = ("--calibration", tmp_path / "cal.yaml")
    result = run("enhance", tmp_path / "in.png", tmp_path / "out.tif", "--model", "shipped", *calibrated, *objective)
    assert f"knows the flat fields of 40x, 100x, and {says}" in one_sentence(result)
