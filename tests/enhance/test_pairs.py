"""Training sets from runs of made-up fields whose transforms, light and focus are known."""

import csv
import shutil
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import yaml

from acquire.runopen import open_run
from calibration.affine import rms_difference
from calibration.flatfield import correct_finely
from calibration.register import covered_window
from enhance.errors import PairsError
from enhance.pairs import build_pairs
from enhance.split import SPLITS
from enhance.trainingset import open_training_set
from tests.enhance.small_run import FUSED_MARK, SIDE_PX, capture, correction, true_matrix, truth_picture

SEEDS = {"A_0001": 1, "A_0003": 3, "B_0001": 11}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    first = capture(folder / "a", "A", {"0001": 1, "0002": 2, "0003": 3}, swapped=("0002",), truth="transforms")
    second = capture(folder / "b", "B", {"0001": 11, "0002": 12}, unfinished=("0002",), truth="pictures")
    return [first.path, second.path]


@pytest.fixture(scope="module")
def built(runs, tmp_path_factory):
    out = tmp_path_factory.mktemp("sets") / "pairs"
    return out, build_pairs(runs, out)


def sites(out: Path) -> dict[str, dict[str, str]]:
    with (out / "sites.csv").open(newline="", encoding="utf-8") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def matrix(row: dict[str, str]) -> np.ndarray:
    return np.array(row["matrix"].split(), dtype=float).reshape(2, 3)


def card(out: Path) -> dict:
    return yaml.safe_load((out / "card.yaml").read_text(encoding="utf-8"))


def contents(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_every_site_is_accepted_or_rejected_with_a_reason(built):
    _, result = built
    reasons = {rejected["site"]: rejected["reason"] for rejected in result.rejected}
    assert (result.pairs, result.accepted) == (5, 3)
    assert "not found" in reasons["A_0002"]
    assert "no picture with 100x" in reasons["B_0002"]


def test_accepted_transforms_are_the_true_ones_to_a_twentieth_of_a_pixel(built):
    rows = sites(built[0])
    for name in SEEDS:
        assert rms_difference(matrix(rows[name]), true_matrix(), width=SIDE_PX, height=SIDE_PX) < 0.05


def test_the_low_picture_is_corrected_and_cut_and_never_resampled(built, runs):
    raw = open_run(runs[0]).read("0001", "40x").pixels[0]
    whole = correct_finely(raw, correction(0), white_level=255)
    window = covered_window(matrix(sites(built[0])["A_0001"]), whole.shape, whole.shape, Fraction(5, 2))
    expected = whole[window.row : window.row + window.rows, window.column : window.column + window.columns]
    assert np.array_equal(np.load(built[0] / "pairs" / "A_0001_low.npy"), expected)


def test_the_label_lies_on_the_low_grid_and_shows_the_truth(built):
    for name, seed in SEEDS.items():
        label = np.load(built[0] / "pairs" / f"{name}_high.npy")
        window = covered_window(matrix(sites(built[0])[name]), (SIDE_PX,) * 2, (SIDE_PX,) * 2, Fraction(5, 2))
        top, left, rows, columns = (int(side * 2.5) for side in window)
        truth = truth_picture(seed)[top : top + rows, left : left + columns]
        error = label.astype(float) - truth
        assert label.shape == truth.shape
        assert np.sqrt(np.mean(error**2)) < 4.0  # one grey level of noise; half a pixel off gives 13


def test_the_distance_from_the_true_transform_stands_in_the_table(built):
    rows = sites(built[0])
    for name in SEEDS:
        expected = rms_difference(matrix(rows[name]), true_matrix(), width=SIDE_PX, height=SIDE_PX)
        assert float(rows[name]["true_rms_px"]) == pytest.approx(expected, abs=1e-4)
    assert rows["A_0002"]["true_rms_px"] == ""


@pytest.mark.parametrize("label", ["fused", "plane"])
def test_truth_of_the_label_s_kind_is_cut_to_the_label_s_window(runs, tmp_path, label):
    build_pairs(runs, tmp_path / "pairs", label=label)
    window = covered_window(matrix(sites(tmp_path / "pairs")["B_0001"]), (SIDE_PX,) * 2, (SIDE_PX,) * 2, Fraction(5, 2))
    top, left, rows, columns = (int(side * 2.5) for side in window)
    plane, fused = (
        picture[top : top + rows, left : left + columns].astype(np.uint16) * 257
        for picture in (truth_picture(11), FUSED_MARK - truth_picture(11))
    )
    names = ("truth", "other") if label == "plane" else ("other", "truth")
    kept = [np.load(tmp_path / "pairs" / "pairs" / f"B_0001_{name}.npy") for name in names]
    assert np.array_equal(kept[0], plane)
    assert np.array_equal(kept[1], fused)


def test_one_exposure_is_kept_beside_the_truth_with_its_noise(built):
    exposure, truth = (
        np.load(built[0] / "pairs" / f"B_0001_{kind}.npy") / white for kind, white in (("exposure", 1), ("other", 257))
    )
    assert 1.0 < np.sqrt(np.mean((exposure - truth) ** 2)) < 4.0
    assert not (built[0] / "pairs" / "A_0001_exposure.npy").exists()


def test_accepted_pairs_alone_have_files(built):
    names = {file.name.rsplit("_", 1)[0] for file in (built[0] / "pairs").iterdir()}
    assert names == set(SEEDS)


def test_every_accepted_pair_is_in_exactly_one_split_and_slides_test_whole(built):
    _, result = built
    assert sorted(name for split in SPLITS for name in result.splits[split]) == sorted(SEEDS)
    assert result.splits["test"] == ["B_0001"]


def test_training_reads_what_was_written(built):
    out, result = built
    read = open_training_set(out)
    assert {site.id for site in read.sites} == set(SEEDS)
    assert sum(len(read.patches(split)[0]) for split in SPLITS) == result.patches
    assert read.card.corrected
    assert read.card.simulated
    assert read.card.ratio == (5, 2)


def test_the_index_names_the_place_of_every_patch(built):
    out, result = built
    with (out / "index.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == result.patches
    for row in rows:
        pair = np.load(out / "pairs" / f"{row['slide']}_{row['site']}_high.npy")
        patch = np.load(out / "patches" / f"{row['split']}_high.npy")[int(row["number"])]
        top, left = int(int(row["row"]) * 2.5), int(int(row["column"]) * 2.5)
        assert np.array_equal(patch, pair[top : top + 150, left : left + 150])


def test_the_same_command_again_makes_the_same_set(built, runs, tmp_path):
    out = tmp_path / "pairs"
    shutil.copytree(built[0], out)
    (out / "pairs" / "left_over_low.npy").touch()
    again = build_pairs(list(runs), out)
    assert again == built[1]
    assert contents(out) == contents(built[0])
    assert [path.name for path in tmp_path.iterdir()] == ["pairs"]


def test_a_set_stays_as_it_was_when_the_next_cannot_be_made(built, runs, tmp_path):
    out = tmp_path / "pairs"
    shutil.copytree(built[0], out)
    with pytest.raises(PairsError, match="split 'train'"):
        build_pairs(runs, out, test_slides=["A"], validation_slides=["B"])
    assert contents(out) == contents(built[0])
    assert [path.name for path in tmp_path.iterdir()] == ["pairs"]


def test_a_folder_of_other_files_is_never_replaced(runs, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(PairsError, match="is no training set"):
        build_pairs(runs, tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_the_hash_follows_the_pictures(built, runs, tmp_path):
    build_pairs(runs, tmp_path / "planes", label="plane")
    assert card(tmp_path / "planes")["data_sha256"] != card(built[0])["data_sha256"]
    assert card(tmp_path / "planes")["label"] == "plane"


def test_progress_counts_the_sites(runs, tmp_path):
    told = []
    build_pairs(runs, tmp_path / "pairs", progress=lambda done, total, says: told.append((done, total, says)))
    assert [(done, total) for done, total, _ in told] == [(i, 5) for i in range(1, 6)]
    assert told[1][2] == "A_0002 rejected"


def test_runs_without_a_calibration_give_an_uncorrected_set_that_says_so(tmp_path):
    runs = [capture(tmp_path / s, s, {"0001": i, "0002": i + 20}, calibrated=False).path for i, s in enumerate("AB")]
    build_pairs(runs, tmp_path / "pairs")
    raw = open_run(runs[0]).read("0001", "40x").pixels[0]
    low = np.load(tmp_path / "pairs" / "pairs" / "A_0001_low.npy")
    assert card(tmp_path / "pairs")["corrected"] is False
    assert low.shape[0] in range(90, 110)
    assert any(np.array_equal(low[0, 0], pixel) for pixel in raw.reshape(-1, 3))


def test_two_runs_of_one_slide_keep_their_sites_apart_by_name(tmp_path):
    runs = [capture(tmp_path / name, "A", {"0001": i}).path for i, name in enumerate(("mon", "tue"))]
    runs.append(capture(tmp_path / "b", "B", {"0001": 9}).path)
    result = build_pairs(runs, tmp_path / "pairs", split="site")
    assert sorted(name for names in result.splits.values() for name in names) == ["A_mon-0001", "A_tue-0001", "B_0001"]


def test_one_plane_cannot_be_a_fused_label(tmp_path):
    run = capture(tmp_path / "a", "A", {"0001": 1, "0002": 2}, planes=1)
    with pytest.raises(PairsError, match="none of 2 pairs was accepted: 2× 100x has one plane"):
        build_pairs([run.path], tmp_path / "pairs")
    assert not (tmp_path / "pairs").exists()


def test_reasons_are_counted_when_nothing_is_accepted(tmp_path):
    run = capture(tmp_path / "a", "A", {"0001": 1, "0002": 2}, swapped=("0001",), unfinished=("0002",))
    with pytest.raises(PairsError, match=r"none of 2 pairs .*1× HIGH was not found.*1× it has no picture with 100x"):
        build_pairs([run.path], tmp_path / "pairs")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"label": "sharpest"}, "label 'sharpest'"),
        ({"split": "slide"}, "split 'slide'"),
        ({"test_slides": ["Z"]}, "slides \\['Z'\\] are in none of the runs"),
    ],
)
def test_a_request_that_cannot_be_met_is_refused_before_the_work(runs, tmp_path, options, says):
    with pytest.raises(PairsError, match=says):
        build_pairs(runs, tmp_path / "pairs", progress=lambda *_: pytest.fail("work began"), **options)


def test_a_run_given_twice_is_refused(runs, tmp_path):
    with pytest.raises(PairsError, match="given twice"):
        build_pairs([*runs, runs[0]], tmp_path / "pairs")
    with pytest.raises(PairsError, match="no run was given"):
        build_pairs([], tmp_path / "pairs")
