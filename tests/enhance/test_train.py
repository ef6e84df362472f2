import csv
import signal
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load_file

from enhance.checkpoint import load
from enhance.errors import PairsError, TrainingError
from enhance.networks import build_network
from enhance.open import open_engine
from enhance.recipes import FAST, PAPER
from enhance.train import train
from enhance.trainingset import open_training_set
from enhance.validation import choose_validation
from tests.enhance.small_pairs import write_pairs

TINY = replace(FAST, batch=1, crop_px=8, warm_up_steps=2)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    return write_pairs(tmp_path_factory.mktemp("data") / "PAIRS", low_px=32)


def test_thirty_steps_raise_the_validation_score_above_where_it_began_and_above_bicubic(tmp_path):
    scores = []
    data = write_pairs(tmp_path / "PAIRS")
    learner = replace(FAST, batch=2, crop_px=20, warm_up_steps=5)
    result = train(
        data,
        tmp_path / "model",
        recipe=learner,
        steps=30,
        validate_every=10,
        progress=lambda p: scores.append(p.validation),
    )
    early, *_, late = (score for score in scores if score)
    assert late["psnr_db"] > early["psnr_db"] + 0.2
    assert late["ssim"] > early["ssim"]
    assert result.finished
    assert result.steps == 30
    assert result.better_than_bicubic


def test_a_run_that_was_stopped_and_started_again_equals_an_unbroken_one_bit_by_bit(pairs, tmp_path):
    unbroken = train(pairs, tmp_path / "unbroken", recipe=TINY, steps=9, validate_every=4)
    stopped = train(pairs, tmp_path / "broken", recipe=TINY, steps=9, validate_every=4, stop=after(6))
    resumed = train(pairs, tmp_path / "broken", recipe=TINY, steps=9, validate_every=4)
    assert (stopped.finished, stopped.steps, resumed.finished, resumed.steps) == (False, 6, True, 9)
    one, other = (load_file(tmp_path / name / "training.safetensors") for name in ("unbroken", "broken"))
    assert one.keys() == other.keys()
    assert all(np.array_equal(one[name], other[name]) for name in one)
    assert load(resumed.model).weights_sha256 == load(unbroken.model).weights_sha256
    assert losses(tmp_path / "unbroken") == losses(tmp_path / "broken")


def test_a_run_killed_between_two_states_repeats_the_steps_it_lost(pairs, tmp_path):
    train(pairs, tmp_path / "unbroken", recipe=TINY, steps=9, validate_every=4)
    with pytest.raises(RuntimeError, match="killed"):
        train(pairs, tmp_path / "killed", recipe=TINY, steps=9, validate_every=4, progress=dying_at(6))
    train(pairs, tmp_path / "killed", recipe=TINY, steps=9, validate_every=4)
    assert losses(tmp_path / "killed") == losses(tmp_path / "unbroken")
    assert load(tmp_path / "killed").weights_sha256 == load(tmp_path / "unbroken").weights_sha256


def test_the_first_ctrl_c_ends_the_step_and_leaves_a_model_and_a_state(pairs, tmp_path):
    result = train(
        pairs, tmp_path, recipe=TINY, steps=9, progress=lambda p: p.step == 2 and signal.raise_signal(signal.SIGINT)
    )
    assert not result.finished
    assert result.steps == 2
    assert load(tmp_path).steps == 2
    assert (tmp_path / "training.safetensors").exists()


def test_a_finished_training_asked_for_again_is_answered_at_once(pairs, tmp_path):
    first = train(pairs, tmp_path, recipe=TINY, steps=2)
    steps = []
    again = train(pairs, tmp_path, recipe=TINY, steps=2, progress=steps.append)
    assert steps == []
    assert again == first


def test_a_budget_in_minutes_ends_when_the_clock_says_so(pairs, tmp_path):
    seconds = iter(range(0, 10_000, 10))
    result = train(pairs, tmp_path, recipe=TINY, minutes=1, clock=lambda: next(seconds))
    assert result.finished
    assert result.steps == 6
    assert result.seconds == 60


def test_the_model_says_what_it_was_trained_on(pairs, tmp_path):
    result = train(pairs, tmp_path, recipe=TINY, steps=2)
    model = load(result.model)
    assert (model.recipe, model.ratio, model.corrected, model.simulated_only) == ("fast", (5, 2), True, True)
    assert model.data_sha256 == "1" * 64
    assert dict(model.pixel_um) == {"low": 0.185, "high": 0.074}
    assert model.scores == {"network": dict(result.validation), "bicubic": dict(result.bicubic)}
    assert open_engine(result.model).enhance(np.zeros((9, 7, 3), dtype=np.uint8)).shape == (23, 18, 3)


def test_the_history_has_one_row_a_step_and_scores_where_there_was_a_validation(pairs, tmp_path):
    train(pairs, tmp_path, recipe=TINY, steps=5, validate_every=2)
    with (tmp_path / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows] == [1, 2, 3, 4, 5]
    assert [bool(row["validation_ssim"]) for row in rows] == [False, True, False, True, True]
    assert all(float(row["loss"]) > 0 and row["seconds"] for row in rows)


def test_the_model_kept_is_the_best_by_ssim_not_the_last(pairs, tmp_path):
    scores = []
    spoilt = replace(TINY, learning_rate=0.5, clip_norm=float("inf"))  # too large to learn, small enough to go on
    result = train(
        pairs, tmp_path, recipe=spoilt, steps=4, validate_every=1, progress=lambda p: scores.append(p.validation)
    )
    assert result.validation == max(scores, key=lambda score: score["ssim"])
    assert load(tmp_path).steps == 1 + [s["ssim"] for s in scores].index(result.validation["ssim"])


def test_the_papers_recipe_trains_on_the_stored_patches(pairs, tmp_path):
    result = train(pairs, tmp_path, recipe=replace(PAPER, batch=2), steps=1)
    model = load(result.model)
    assert (model.architecture.padding, model.architecture.skip) == ("zero", "none")


def test_a_model_worse_than_bicubic_is_called_so(pairs, tmp_path):
    result = train(pairs, tmp_path, recipe=replace(PAPER, batch=1), steps=1)
    assert not result.better_than_bicubic
    assert "not better than the bicubic enlargement" in result.remarks[0]


def test_a_model_is_chosen_by_as_many_sites_as_the_recipe_says(tmp_path):
    data = write_pairs(tmp_path / "PAIRS", splits=("train", *["validation"] * 6), low_px=32)
    asked = {}
    for sites in (1, 6):
        recipe = replace(TINY, chosen_by=sites)
        asked[sites] = train(data, tmp_path / str(sites), recipe=recipe, steps=1).bicubic["psnr_db"]
    every = [choose_validation(open_training_set(data), border_px=35, most=n).of_bicubic().psnr_db for n in (1, 6)]
    assert list(asked.values()) == every
    assert every[0] != every[1]


def test_without_validation_sites_the_score_is_called_flattering(tmp_path):
    data = write_pairs(tmp_path / "PAIRS", splits=("train", "train"), low_px=32)
    result = train(data, tmp_path / "model", recipe=TINY, steps=1)
    assert any("no validation sites" in remark for remark in result.remarks)


@pytest.mark.parametrize("change", [{"seed": 5}, {"recipe": replace(TINY, learning_rate=1e-4)}])
def test_a_folder_that_holds_another_training_is_refused(pairs, tmp_path, change):
    train(pairs, tmp_path, recipe=TINY, steps=1)
    with pytest.raises(TrainingError, match=f"a training with another {next(iter(change))}"):
        train(pairs, tmp_path, **({"recipe": TINY, "steps": 2} | change))


def test_starting_anew_writes_over_another_training_when_told_to(pairs, tmp_path):
    train(pairs, tmp_path, recipe=TINY, steps=3)
    result = train(pairs, tmp_path, recipe=TINY, steps=1, seed=5, resume=False)
    assert result.steps == 1
    assert len(losses(tmp_path)) == 1


def test_a_damaged_state_is_refused(pairs, tmp_path):
    train(pairs, tmp_path, recipe=TINY, steps=1)
    state = tmp_path / "training.safetensors"
    state.write_bytes(state.read_bytes()[:-100])
    with pytest.raises(TrainingError, match="damaged"):
        train(pairs, tmp_path, recipe=TINY, steps=2)


def test_a_model_without_its_state_is_not_written_over(pairs, tmp_path):
    train(pairs, tmp_path, recipe=TINY, steps=1)
    (tmp_path / "training.safetensors").unlink()
    with pytest.raises(TrainingError, match="choose another folder"):
        train(pairs, tmp_path, recipe=TINY, steps=2)


def test_a_loss_that_is_no_number_ends_training_in_words(pairs, tmp_path):
    wild = replace(TINY, learning_rate=1e30, clip_norm=float("inf"), warm_up_steps=0)
    with pytest.raises(TrainingError, match="diverged"):
        train(pairs, tmp_path, recipe=wild, steps=9)


def test_an_unknown_recipe_is_refused_with_those_there_are(pairs, tmp_path):
    with pytest.raises(TrainingError, match="'fast', 'paper'"):
        train(pairs, tmp_path, recipe="magic", steps=1)


@pytest.mark.parametrize("device", ["cuda:99", "abacus"])
def test_a_device_that_cannot_be_used_is_refused(pairs, tmp_path, device):
    with pytest.raises(TrainingError, match=f"device '{device}', which cannot be used here"):
        train(pairs, tmp_path, recipe=TINY, steps=1, device=device)


def test_a_missing_training_set_is_refused(tmp_path):
    with pytest.raises(PairsError, match="run `parfocal pairs` first"):
        train(tmp_path / "nothing", tmp_path / "model")


def test_patience_ends_training_when_validations_bring_nothing_better_and_that_is_said(pairs, tmp_path):
    spoilt = replace(TINY, learning_rate=0.5, clip_norm=float("inf"))  # too large to learn, small enough to go on
    result = train(pairs, tmp_path, recipe=spoilt, steps=40, validate_every=1, patience=2)
    assert result.finished
    assert result.steps == load(tmp_path).steps + 2 < 40
    assert any("before its budget" in remark for remark in result.remarks)
    again = train(pairs, tmp_path, recipe=spoilt, steps=40, validate_every=1, patience=2)
    assert again.steps == result.steps


@pytest.mark.parametrize("decay", [0.0, 0.2])
def test_a_rate_that_never_falls_is_not_said_to_fall_later(pairs, tmp_path, decay):
    spoilt = replace(TINY, learning_rate=0.5, clip_norm=float("inf"), decay=decay)
    result = train(pairs, tmp_path, recipe=spoilt, steps=40, validate_every=1, patience=2)
    assert ("the rate had not fallen" in result.remarks[-1]) == (decay > 0)


def test_patience_that_ends_with_the_budget_did_not_end_it_early(pairs, tmp_path):
    spoilt = replace(TINY, learning_rate=0.5, clip_norm=float("inf"), decay=0.0)
    early = train(pairs, tmp_path / "early", recipe=spoilt, steps=40, validate_every=1, patience=2)
    whole = train(pairs, tmp_path / "whole", recipe=spoilt, steps=early.steps, validate_every=1, patience=2)
    assert early.steps == whole.steps == load(whole.model).steps + 2
    assert any("before its budget" in remark for remark in early.remarks)
    assert not any("before its budget" in remark for remark in whole.remarks)


def test_a_training_that_ran_out_of_patience_goes_on_without_one(pairs, tmp_path):
    spoilt = replace(TINY, learning_rate=0.5, clip_norm=float("inf"))
    early = train(pairs, tmp_path, recipe=spoilt, steps=12, validate_every=1, patience=1)
    assert early.steps < 12
    assert train(pairs, tmp_path, recipe=spoilt, steps=12, validate_every=1).steps == 12


@pytest.mark.parametrize("network", ["srcnn", "espcn", "edsr"])
def test_a_rival_is_trained_by_the_same_code_into_a_model_that_opens(pairs, tmp_path, network):
    result = train(pairs, tmp_path, recipe=TINY, steps=2, network=network)
    assert load(result.model).architecture.kind == network
    assert open_engine(result.model).enhance(np.zeros((9, 7, 3), dtype=np.uint8)).shape == (23, 18, 3)


def test_an_unknown_network_is_refused_with_those_there_are(pairs, tmp_path):
    with pytest.raises(TrainingError, match="'rivenson', 'srcnn', 'espcn', 'edsr'"):
        train(pairs, tmp_path, recipe=TINY, steps=1, network="magic")


def test_with_a_running_mean_the_model_holds_the_mean_and_the_state_the_weights(pairs, tmp_path):
    result = train(pairs, tmp_path, recipe=replace(TINY, ema=0.5, optimiser="adam"), steps=1)
    state, model = load_file(tmp_path / "training.safetensors"), load(result.model).weights
    begun = build_network(load(result.model).architecture, seed=0, tail_scale=0.1, entry_gain=4.0).state_dict()
    for name, mean in model.items():
        expected = (begun[name].numpy() + state[f"weights/{name}"]) / 2
        assert np.allclose(mean, expected, atol=1e-7)
        assert np.array_equal(state[f"average/{name}"], mean)
        assert not np.array_equal(state[f"weights/{name}"], mean)


def after(steps):
    """True from the (steps + 1)-th question on: it is asked once before every step."""
    asked = iter(range(1_000))
    return lambda: next(asked) >= steps


def dying_at(step):
    def die(progress):
        if progress.step == step:
            raise RuntimeError("killed")

    return die


def losses(folder):
    with (folder / "history.csv").open() as file:
        return [row["loss"] for row in csv.DictReader(file)]


@pytest.mark.parametrize("place", ["", "card.yaml"])
def test_no_model_is_written_into_a_training_set_or_over_a_file(pairs, place):
    with pytest.raises(TrainingError, match="name another folder for the model"):
        train(pairs, pairs / place, steps=1)


@pytest.mark.parametrize("budget", [{"steps": 0}, {"minutes": 0.0}])
def test_a_training_of_no_length_is_refused(pairs, tmp_path, budget):
    with pytest.raises(TrainingError, match="ask for more than 0"):
        train(pairs, tmp_path / "model", **budget)


def test_parts_that_the_late_batches_cannot_fill_are_refused_before_the_first_step(pairs, tmp_path):
    with pytest.raises(TrainingError, match="batches of 2 pictures in 4 parts"):
        train(pairs, tmp_path / "model", recipe=replace(FAST, batch=4, late_batch=2), parts=4, steps=5)
