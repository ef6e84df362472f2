import shutil
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import torch

from enhance.batches import Batches
from enhance.bitdepth import ROWS, as_bytes, levels, rescaled, white_of
from enhance.engine_torch import TorchEngine
from enhance.evaluate import evaluate
from enhance.patches import Cut, write_shard
from enhance.recipes import FAST
from enhance.trainingset import open_training_set
from enhance.trust.look import look_of
from enhance.validation import Validation, choose_validation
from tests.enhance.models import checkpoint
from tests.enhance.small_pairs import write_pairs

LEVELS_PER_BYTE = 257
SPLITS = ("train", "validation", "test")
RECIPE = replace(FAST, batch=3, crop_px=14, even=1.0)
ENGINE = TorchEngine(checkpoint(blocks=1))


@pytest.fixture(scope="module")
def coarse(tmp_path_factory):
    return write_pairs(tmp_path_factory.mktemp("coarse") / "PAIRS", splits=SPLITS, low_px=40)


@pytest.fixture(scope="module")
def deep(coarse, tmp_path_factory):
    """The same pictures with the inputs in 16 bits."""
    folder = shutil.copytree(coarse, tmp_path_factory.mktemp("deep") / "PAIRS")
    for file in folder.glob("pairs/*_low.npy"):
        np.save(file, np.load(file).astype(np.uint16) * LEVELS_PER_BYTE)
    return folder


def test_every_byte_comes_back_from_16_bits():
    every = np.arange(256, dtype=np.uint8)
    deep = every.astype(np.uint16) * LEVELS_PER_BYTE
    assert np.array_equal(as_bytes(deep), every)
    assert np.array_equal(levels(deep), levels(every))
    assert (white_of(every), white_of(deep)) == (255, 65535)


def test_levels_keep_what_bytes_would_round_away():
    assert levels(np.array([1000], np.uint16))[0] == pytest.approx(1000 / LEVELS_PER_BYTE)


def test_a_camera_of_12_bits_is_brought_to_bytes_by_its_own_white_level():
    assert as_bytes(np.array([0, 2048, 4095, 5000], np.uint16), 4095).tolist() == [0, 128, 255, 255]


@pytest.mark.parametrize("rows", [1, ROWS, ROWS + 1, 2 * ROWS])
def test_every_row_is_rescaled_whichever_portion_it_falls_in(rows):
    pixels = np.arange(rows * 6, dtype=np.uint16).reshape(rows, 2, 3) * 80
    wanted = np.minimum(np.rint(pixels * (4095 / 65535)), 4095).astype(np.uint16)
    assert np.array_equal(rescaled(pixels, 65535, 4095, np.dtype(np.uint16)), wanted)


def test_a_network_learns_the_same_from_inputs_in_16_bits(coarse, deep):
    ours, theirs = (Batches(open_training_set(folder), RECIPE, seed=1).draw(4) for folder in (deep, coarse))
    torch.testing.assert_close(ours.low, theirs.low, rtol=0, atol=1e-6)
    assert torch.equal(ours.high, theirs.high)


def test_sites_weigh_the_same_by_inputs_in_16_bits_but_for_the_rounding_of_the_enlargement(coarse, deep):
    ours, theirs = (Batches(open_training_set(folder), RECIPE, seed=1).draw(4).weight for folder in (deep, coarse))
    torch.testing.assert_close(ours, theirs, rtol=0.01, atol=0)


@pytest.mark.parametrize("mixing", [0.0, 1.0])
def test_what_bytes_would_round_away_reaches_the_network(deep, tmp_path, mixing):
    finer = shutil.copytree(deep, tmp_path / "PAIRS")
    for file in finer.glob("pairs/*_low.npy"):
        np.save(file, np.load(file) + 100)
    recipe = replace(RECIPE, mixing=mixing)
    ours, theirs = (Batches(open_training_set(folder), recipe, seed=1).draw(4).low for folder in (finer, deep))
    risen = (ours - theirs)[(theirs > 0.1) & (ours < 1)] * 65535
    assert risen.min() > 10
    assert risen.max() < LEVELS_PER_BYTE
    assert mixing or torch.allclose(risen, torch.full_like(risen, 100), atol=0.1)


@pytest.mark.parametrize(
    "of", [Validation.of_bicubic, lambda chosen: chosen.of_engine(ENGINE)], ids=["bicubic", "network"]
)
def test_what_a_model_is_chosen_by_scores_alike_on_inputs_in_16_bits(coarse, deep, of):
    ours, theirs = (of(choose_validation(open_training_set(folder), border_px=30)) for folder in (deep, coarse))
    assert ours.psnr_db == pytest.approx(theirs.psnr_db, abs=0.01)


def test_every_method_is_judged_alike_on_inputs_in_16_bits(coarse, deep, tmp_path):
    ours, theirs = (
        evaluate(ENGINE, folder, out=tmp_path / name).methods for name, folder in (("deep", deep), ("coarse", coarse))
    )
    assert ours.keys() == theirs.keys()
    for name, marks in ours.items():
        assert marks.psnr_db == pytest.approx(theirs[name].psnr_db, abs=0.02), name


def test_patches_of_inputs_in_16_bits_are_the_same_bytes(coarse, deep, tmp_path):
    low, high = (coarse / "pairs" / f"slide0_s0_{kind}.npy" for kind in ("low", "high"))
    for folder, file in ((tmp_path / "coarse", low), (tmp_path / "deep", deep / "pairs" / low.name)):
        folder.mkdir()
        write_shard(folder, "train", [("site", file, high)], Cut(ratio=Fraction(5, 2), low_px=20))
    ours, theirs = (np.load(tmp_path / name / "train_low.npy") for name in ("deep", "coarse"))
    assert len(ours) > 0
    assert np.array_equal(ours, theirs)


def test_what_is_familiar_is_the_same_by_inputs_in_16_bits(coarse, deep):
    ours, theirs = (look_of(open_training_set(folder)) for folder in (deep, coarse))
    assert ours.ranges == theirs.ranges
    assert ours.familiar == theirs.familiar
