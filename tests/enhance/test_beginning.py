"""A training that begins with the weights of a model instead of random ones."""

from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load_file
from typer.testing import CliRunner

from enhance.beginning import check_same
from enhance.checkpoint import load
from enhance.errors import TrainingError
from enhance.networks import standard_architecture
from enhance.open import load_model
from enhance.recipes import FAST
from enhance.train import train
from enhance.world import World
from parfocal.commands import app
from tests.enhance.models import checkpoint
from tests.enhance.small_pairs import write_pairs

STILL = replace(FAST, batch=1, crop_px=8, learning_rate=0.0)
MOVING = replace(STILL, learning_rate=1e-3, warm_up_steps=2, ema=0.5)
OURS = standard_architecture("rivenson", ratio=(5, 2), padding="reflect", skip="bicubic")


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    return write_pairs(tmp_path_factory.mktemp("data") / "PAIRS", low_px=32)


@pytest.fixture(scope="module")
def known():
    return checkpoint(width=OURS.width, blocks=OURS.blocks, growth=OURS.growth, seed=5)


@pytest.mark.parametrize("ema", [0.0, 0.5])
def test_at_a_rate_of_nothing_the_model_is_the_one_it_began_with(pairs, known, tmp_path, ema):
    train(pairs, tmp_path, recipe=replace(STILL, ema=ema), steps=2, begin=known)
    assert load(tmp_path).weights_sha256 == known.weights_sha256


def test_what_it_began_with_stays_with_the_model(pairs, known, tmp_path):
    train(pairs, tmp_path, recipe=MOVING, steps=2, begin=known)  # at the first, SOAP only looks
    trained = load(tmp_path)
    assert trained.recipe == f"fast, begun with the weights {known.weights_sha256[:12]}"
    assert all(np.abs(weight - known.weights[name]).max() < 0.01 for name, weight in trained.weights.items())
    assert trained.weights_sha256 != known.weights_sha256


def test_it_goes_on_where_it_stopped_and_not_at_the_beginning_again(pairs, known, tmp_path):
    for name, all_steps in (("broken", (2, 4)), ("unbroken", (4,))):
        for steps in all_steps:
            train(pairs, tmp_path / name, recipe=replace(MOVING, decay=0.0), steps=steps, begin=known, validate_every=9)
    one, other = (load_file(tmp_path / name / "training.safetensors") for name in ("broken", "unbroken"))
    assert all(np.array_equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("first", [True, False])
def test_a_training_with_another_beginning_is_another_training(pairs, known, tmp_path, first):
    beginnings = (known, None) if first else (None, known)
    train(pairs, tmp_path, recipe=STILL, steps=1, begin=beginnings[0])
    with pytest.raises(TrainingError, match="another beginning"):
        train(pairs, tmp_path, recipe=STILL, steps=2, begin=beginnings[1])


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({"width": 4, "blocks": 2}, "has width 4 and not 32, blocks 2 and not 5"),
        ({"ratio": (3, 1)}, r"has ratio \(3, 1\) and not \(5, 2\)"),
        ({"padding": "zero", "skip": "none"}, "has padding zero and not reflect, skip none and not bicubic"),
    ],
)
def test_a_model_of_another_network_is_refused_in_words_before_anything_is_written(pairs, tmp_path, other, says):
    begin = checkpoint(**{"width": OURS.width, "blocks": OURS.blocks, "growth": OURS.growth} | other)
    with pytest.raises(TrainingError, match=says):
        train(pairs, tmp_path / "model", recipe=STILL, steps=1, begin=begin)
    assert not (tmp_path / "model").exists()


def test_a_model_that_began_with_captured_slides_has_not_seen_simulated_ones_only(pairs, known, tmp_path):
    assert load(_begun(pairs, known, tmp_path / "simulated")).simulated_only
    assert not load(_begun(pairs, replace(known, simulated_only=False), tmp_path / "captured")).simulated_only


def test_the_slides_of_both_are_not_held_out_any_more(pairs, known, tmp_path):
    trained = load(_begun(pairs, replace(known, slides=("slide0", "slide9")), tmp_path))
    assert trained.slides == ("slide0", "slide1", "slide2", "slide9")  # slide3 only tests


def test_processes_that_begin_with_different_weights_are_refused_in_words(known):
    check_same(known, Leading(int(known.weights_sha256[:12], 16)))
    for begin, theirs in ((known, 7), (None, 7), (known, -1)):
        with pytest.raises(TrainingError, match="do not all begin with the same weights"):
            check_same(begin, Leading(theirs))


def test_a_training_asks_the_other_processes_what_they_begin_with(pairs, known, tmp_path, monkeypatch):
    monkeypatch.setattr("enhance.train.joined_world", lambda _device: nullcontext(LedElsewhere()))
    with pytest.raises(TrainingError, match="do not all begin with the same weights"):
        train(pairs, tmp_path / "model", recipe=STILL, steps=1, begin=known)
    assert not (tmp_path / "model").exists()


def test_the_shipped_weights_may_be_taught_on(tmp_path):
    pairs = write_pairs(tmp_path / "PAIRS")
    arguments = ["train", str(pairs), "--out", str(tmp_path / "model"), "--steps", "1", "--begin", "shipped"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert load(tmp_path / "model").recipe.endswith(load_model("shipped").weights_sha256[:12])


class LedElsewhere(World):
    """A fake world whose first process always has another number."""

    def leaders(self, value):
        return value + 1


class Leading:
    """A fake world whose first process begins with the weights of this mark."""

    def __init__(self, mark):
        self._mark = mark

    def leaders(self, _own):
        return self._mark

    def any(self, own):
        return own


def _begun(pairs, begin, out):
    return train(pairs, out, recipe=STILL, steps=1, begin=begin).model
