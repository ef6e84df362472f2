import csv
import json

import numpy as np
import pytest

from enhance.engine_torch import TorchEngine
from enhance.errors import CheckpointError, PairsError
from enhance.evaluate import evaluate
from tests.enhance.models import checkpoint
from tests.enhance.small_pairs import texture, write_pairs

SEEN = []
UNTUNED = {"nearest", "bicubic", "lanczos", "network", "network_self_fed"}
METHODS = UNTUNED | {"unsharp", "wiener", "richardson_lucy", "linear_filter"}


@pytest.fixture(scope="module")
def engine():
    """A network that does nothing but its bicubic skip, so its scores are known."""
    model = checkpoint(blocks=1)
    return TorchEngine(checkpoint(blocks=1, weights={name: np.zeros_like(w) for name, w in model.weights.items()}))


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    return write_pairs(tmp_path_factory.mktemp("data") / "PAIRS", splits=("train", "test", "test"), low_px=40)


@pytest.fixture(scope="module")
def evaluation(engine, pairs):
    return evaluate(engine, pairs, out=pairs, progress=lambda *at: SEEN.append(at))


def test_every_test_site_is_scored_by_every_method_and_by_the_100x_where_truth_is_known(evaluation):
    assert set(evaluation.sites) == {"slide1_s0", "slide2_s0"}
    for site in evaluation.sites.values():
        assert set(site.methods) == METHODS | {"label", "one_100x_exposure"}
        assert set(site.methods_other) == set(site.methods)
        assert site.against == "truth"


def test_a_network_that_is_only_its_skip_scores_what_bicubic_scores(evaluation):
    network, bicubic = evaluation.methods["network"], evaluation.methods["bicubic"]
    assert network.psnr_db == pytest.approx(bicubic.psnr_db, abs=0.01)
    assert network.ssim == pytest.approx(bicubic.ssim, abs=1e-4)


def test_the_label_and_one_exposure_score_what_their_noise_gives(evaluation):
    """Noise of sigma 1 and 4 of 255, and the rounding to 8 bits."""
    assert evaluation.methods["label"].psnr_db == pytest.approx(20 * np.log10(255 / np.hypot(1, 0.29)), abs=0.2)
    assert evaluation.methods["one_100x_exposure"].psnr_db == pytest.approx(20 * np.log10(255 / 4), abs=0.3)


def test_the_mean_is_the_mean_of_the_sites(evaluation):
    expected = np.mean([site.methods["bicubic"].psnr_db for site in evaluation.sites.values()])
    assert evaluation.methods["bicubic"].psnr_db == pytest.approx(expected)


def test_the_other_truth_gives_other_scores(evaluation):
    assert evaluation.methods_other["label"].psnr_db < evaluation.methods["label"].psnr_db - 3


def test_a_lamp_that_was_dimmer_for_the_input_and_its_label_is_no_error_of_any_method(engine, evaluation, tmp_path):
    data = write_pairs(tmp_path / "PAIRS", splits=("train", "test", "test"), low_px=40)
    for kind in ("truth", "other"):
        for path in (data / "pairs").glob(f"*_{kind}.npy"):
            np.save(path, np.rint(np.load(path) * 0.96).astype(np.uint8))
    dimmer = evaluate(engine, data)
    for name in ("bicubic", "network", "label"):
        assert dimmer.methods[name].psnr_db == pytest.approx(evaluation.methods[name].psnr_db, abs=0.35)
        assert dimmer.methods_other[name].psnr_db == pytest.approx(evaluation.methods_other[name].psnr_db, abs=0.1)


def test_without_truth_everything_is_scored_against_the_label_and_says_so(engine, tmp_path):
    data = write_pairs(tmp_path / "PAIRS", splits=("test",), truth=False, low_px=40)
    evaluation = evaluate(engine, data)
    site = evaluation.sites["slide0_s0"]
    assert site.against == "registered_100x"
    assert set(site.methods) == UNTUNED
    assert evaluation.methods_other == {}


def test_empty_sites_stand_in_the_table_and_not_in_the_mean(engine, tmp_path):
    glass = np.full((100, 100, 3), 230, dtype=np.uint8)
    pictures = [texture(100, seed=1), glass]
    data = write_pairs(tmp_path / "PAIRS", splits=("test", "test"), pictures=pictures, low_px=40)
    evaluation = evaluate(engine, data)
    assert evaluation.methods["bicubic"] == evaluation.sites["slide0_s0"].methods["bicubic"]
    assert evaluation.sites["slide1_s0"].tissue_fraction < 0.5
    assert any("1 of 2 sites" in remark for remark in evaluation.remarks)


def test_simulated_pictures_and_the_models_origin_are_said(evaluation):
    assert any("trained on simulated slides only" in remark for remark in evaluation.remarks)
    assert any("statements about the simulation" in remark for remark in evaluation.remarks)


def test_what_is_written_reads_back_as_what_was_returned(evaluation, pairs):
    read = json.loads((pairs / "evaluation.json").read_text())
    assert read == json.loads(json.dumps(evaluation.as_dict()))
    assert read["methods"]["network"]["psnr_db"] == evaluation.methods["network"].psnr_db
    with (pairs / "evaluation.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * 2 * len(evaluation.methods)


def test_a_perfect_score_is_written_as_none_since_json_has_no_infinity(engine, tmp_path):
    data = write_pairs(tmp_path / "PAIRS", splits=("test",), low_px=40)
    cells = texture(20, seed=1)  # the same mean in both sizes, so that the truth's light is the input's
    for kind, side in (("low", 2), ("truth", 5), ("high", 5)):
        np.save(data / "pairs" / f"slide0_s0_{kind}.npy", cells.repeat(side, axis=0).repeat(side, axis=1))
    evaluation = evaluate(engine, data, out=tmp_path)
    assert evaluation.methods["label"].psnr_db == np.inf
    assert json.loads((tmp_path / "evaluation.json").read_text())["methods"]["label"]["psnr_db"] is None


def test_progress_says_what_is_tuned_and_which_site_is_scored(evaluation):
    tuned = ["tuning unsharp", "tuning wiener", "tuning richardson_lucy", "tuning linear_filter"]
    said = [*tuned, "slide1_s0", "slide2_s0", ""]
    assert [(done, 6, says) for done, says in enumerate(said)] == SEEN


def test_without_training_sites_nothing_is_tuned_and_that_is_said(engine, tmp_path):
    evaluation = evaluate(engine, write_pairs(tmp_path / "PAIRS", splits=("test",), low_px=40))
    assert set(evaluation.methods) == UNTUNED | {"label", "one_100x_exposure"}
    assert any("nothing could be tuned" in remark for remark in evaluation.remarks)


def test_each_method_states_its_parameters(evaluation):
    stated = evaluation.as_dict()["parameters"]
    assert set(stated) == METHODS
    assert {"sigma_px", "amount"} <= set(stated["unsharp"])
    assert "signed kernel" in stated["richardson_lucy"]["says"]
    assert stated["linear_filter"]["phases"] == 25


def test_the_registered_frames_can_be_asked_for_where_the_truth_is_known(engine, pairs):
    evaluation = evaluate(engine, pairs, against="frames")
    assert {site.against for site in evaluation.sites.values()} == {"registered_100x"}
    assert set(evaluation.methods) == METHODS


def test_a_rival_is_scored_and_compared_like_every_other_method(engine, pairs):
    evaluation = evaluate(engine, pairs, rivals={"twin": engine})
    assert evaluation.methods["twin"] == evaluation.methods["network"]
    assert evaluation.paired["twin"]["psnr_db"].won == 0
    assert evaluation.paired["twin"]["psnr_db"].of == 2


def test_a_rival_of_another_ratio_is_refused_by_its_name(engine, pairs):
    with pytest.raises(CheckpointError, match="the model twin enlarges by 2/1"):
        evaluate(engine, pairs, rivals={"twin": TorchEngine(checkpoint(ratio=(2, 1)))})


@pytest.mark.parametrize("name", ["bicubic", "linear_filter", "network", "network_self_fed", "label"])
def test_a_rival_under_the_name_of_another_method_is_refused(engine, pairs, name):
    with pytest.raises(PairsError, match=f"the rival {name} has the name of another method"):
        evaluate(engine, pairs, rivals={name: engine})


def test_training_sites_without_tissue_are_refused_in_words(engine, tmp_path):
    glass = np.full((100, 100, 3), 230, dtype=np.uint8)
    data = write_pairs(tmp_path / "PAIRS", splits=("train", "test"), pictures=[glass, texture(100, seed=1)], low_px=40)
    with pytest.raises(PairsError, match="none of them shows tissue"):
        evaluate(engine, data)


def test_the_network_is_paired_with_each_other_method_over_the_counted_sites(evaluation):
    paired = evaluation.paired
    assert set(paired) == set(evaluation.methods) - {"network"}
    assert (paired["nearest"]["psnr_db"].won, paired["nearest"]["psnr_db"].of) == (2, 2)
    assert any("no paired test can give a p below 0.5" in remark for remark in evaluation.remarks)


def test_one_exposure_holds_detail_that_no_enlargement_has(evaluation):
    exposure, bicubic = evaluation.methods["one_100x_exposure"], evaluation.methods["bicubic"]
    assert exposure.frc_um < bicubic.frc_um
    assert exposure.correlation["green"]["extrapolated"] > bicubic.correlation["green"]["extrapolated"]
    assert exposure.worst_decile_db < exposure.psnr_db


def test_scores_on_other_than_test_sites_are_said_to_flatter(engine, pairs):
    assert any("scores flatter" in remark for remark in evaluate(engine, pairs, split="train").remarks)


def test_a_model_of_another_ratio_is_refused(pairs):
    with pytest.raises(CheckpointError, match="enlarges by 2/1 and the pairs have the ratio 5/2"):
        evaluate(TorchEngine(checkpoint(ratio=(2, 1))), pairs)


def test_a_split_without_sites_is_refused(engine, pairs):
    with pytest.raises(PairsError, match="no accepted validation sites"):
        evaluate(engine, pairs, split="validation")
