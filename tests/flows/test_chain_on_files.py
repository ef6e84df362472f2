"""The whole chain through the command line, each command on the files of the one before: what scripts rely on."""

import csv
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from acquire.truthfile import read_truth
from calibration.affine import rms_difference
from calibration.rig import dump_rig, load_rig
from parfocal.commands import app

pytestmark = [pytest.mark.core, pytest.mark.truth]
SIDE_PX = 256
"""The 100x field is then 102 pixels of the 40x, or 19 µm, wide: at 192 it shows too little tissue to be focused on."""
TISSUE_UM = (700, 600)
"""Where slide A is dense enough for so small a field."""
SEEDS = {"A": 101, "B": 202, "C": 303}
"""Slides, each with tissue of its own: three, so that training, validation and test each have one."""
STEPS = 3
PAIR_RMS_PX = 0.1
FUSED_RMS_PX = 0.3
"""Neither picture is corrected here, and the fused stack shows depths that the 40x does not."""


def answer(*arguments):
    result = CliRunner().invoke(app, [*map(str, arguments), "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout.splitlines()[-1])


def write_rig(folder, slide):
    file = folder / f"{slide}.rig.yaml"
    rig = load_rig("simulated")
    specimen = {"kind": "lung", "seed": SEEDS[slide]}
    small = replace(
        rig,
        camera=replace(rig.camera, size_px=(SIDE_PX, SIDE_PX)),
        simulated={"faults": "realistic", "specimen": specimen, "truth": "pictures"},
    )
    file.write_text(dump_rig(small))
    return file


def write_plan(folder, slide):
    file = folder / f"{slide}.plan.yaml"
    document = {
        "slide": slide,
        "sites_um": [[500, 500]],
        "objectives": ["40x", "100x"],
        "stack": {"100x": {"planes": 3, "step_um": 0.4}},
        "exposure_ms": {"40x": 8, "100x": 50},
    }
    file.write_text(yaml.safe_dump(document))
    return file


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    """What each command answered, and the folder that holds what it wrote."""
    folder = tmp_path_factory.mktemp("chain")
    rigs = {slide: write_rig(folder, slide) for slide in SEEDS}
    runs = [folder / f"run-{slide}" for slide in SEEDS]
    said = {"calibrate": answer("calibrate", "--at", *TISSUE_UM, "--rig", rigs["A"], "--out", folder / "CAL.yaml")}
    for slide, run in zip(SEEDS, runs, strict=True):
        with_calibration = ("--calibration", folder / "CAL.yaml")
        plan = write_plan(folder, slide)
        said["capture"] = answer("capture", plan, "--rig", rigs[slide], "--out", run, *with_calibration)
    said["pairs"] = answer("pairs", *runs, "--out", folder / "pairs", "--label", "plane", "--test", "C")
    said["train"] = answer("train", folder / "pairs", "--out", folder / "model", "--steps", STEPS)
    said["evaluate"] = answer("evaluate", folder / "model", folder / "pairs", "--out", folder / "evaluation")
    low, high = (next((runs[2] / "sites").glob(f"*_{name}.ome.tif")) for name in ("40x", "100x"))
    said["enhance"] = answer("enhance", low, folder / "enhanced.tif", "--model", folder / "model")
    said["fuse"] = answer("fuse", high, folder / "fused.tif")
    said["register"] = answer("register", low, folder / "fused.tif", "--factor", 2.5)
    return SimpleNamespace(folder=folder, said=said)


def test_calibrate_gives_each_quantity_with_its_interval(chain):
    said = chain.said["calibrate"]
    assert Path(said["out"]).is_file()
    for quantity in ("pixel_um", "rotation_deg", "parcentric_um", "parfocal_um"):
        assert set(said[quantity]) == {"40x", "100x"}
        assert all({"value", "interval95"} <= measured.keys() for measured in said[quantity].values())
    assert "backlash_um" in said


def test_capture_counts_the_visits_of_the_whole_run(chain):
    said = chain.said["capture"]
    assert Path(said["run"]).is_dir()
    assert (said["sites"], said["done"], said["skipped"], said["flagged"]) == (2, 2, 0, 0)
    assert said["state"] == "finished"
    assert said["seconds"] > 0


def test_pairs_puts_each_slide_in_one_split(chain):
    said = chain.said["pairs"]
    assert (said["pairs"], said["accepted"], said["rejected"]) == (3, 3, [])
    assert said["patches"] >= 3
    assert said["splits"]["test"] == ["C_0001"]
    assert sorted(said["splits"]["train"] + said["splits"]["validation"]) == ["A_0001", "B_0001"]


def test_every_pair_lies_within_a_tenth_of_a_pixel_of_the_simulators_transform(chain):
    with (chain.folder / "pairs" / "sites.csv").open(newline="") as file:
        assert [row["id"] for row in csv.DictReader(file) if float(row["true_rms_px"]) > PAIR_RMS_PX] == []


def test_train_says_how_it_stands_against_bicubic(chain):
    said = chain.said["train"]
    assert (Path(said["model"]) / "weights.safetensors").is_file()
    assert said["steps"] == STEPS
    assert said["seconds"] > 0
    assert {"psnr_db", "ssim"} <= said["validation"].keys()
    assert isinstance(said["better_than_bicubic"], bool)


def test_evaluate_scores_every_method_at_every_test_site(chain):
    said = chain.said["evaluate"]
    assert set(said["sites"]) == {"C_0001"}
    for scores in (said["methods"], said["sites"]["C_0001"]):
        assert {"bicubic", "network", "network_self_fed", "one_100x_exposure"} <= scores.keys()
        assert all({"psnr_db", "ssim"} <= score.keys() for score in scores.values())
    assert Path(said["report"]).stat().st_size > 0


def test_enhance_makes_a_frame_of_the_run_larger_by_the_ratio(chain):
    said = chain.said["enhance"]
    assert [output["shape"] for output in said["outputs"]] == [[SIDE_PX * 5 // 2, SIDE_PX * 5 // 2, 3]]
    assert Path(said["outputs"][0]["out"]).is_file()
    assert {"engine", "mode", "seconds", "novel_fraction"} <= said.keys()


def test_fuse_takes_a_stack_of_the_run(chain):
    said = chain.said["fuse"]
    assert (said["planes"], said["method"]) == (3, "forster")
    assert Path(said["out"]).is_file()
    assert Path(said["depth"]).is_file()
    assert said["seconds"] > 0


def test_register_lays_the_fused_stack_where_it_truly_is(chain):
    said = chain.said["register"]
    assert {"residual_px", "high_pass_ncc", "accepted", "reason"} <= said.keys()
    truth = read_truth(chain.folder / "run-C", "0001")
    assert rms_difference(np.array(said["matrix"]), truth.matrix, width=SIDE_PX, height=SIDE_PX) < FUSED_RMS_PX
