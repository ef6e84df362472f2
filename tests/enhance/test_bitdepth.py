import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

from enhance.batches import Batches
from enhance.bitdepth import as_bytes, levels, white_of
from enhance.engine_torch import TorchEngine
from enhance.evaluate import evaluate
from enhance.recipes import FAST
from enhance.trainingset import open_training_set
from enhance.validation import choose_validation
from tests.enhance.models import checkpoint
from tests.enhance.small_pairs import write_pairs

BYTES_PER_LEVEL = 257
SPLITS = ("train", "validation", "test")
RECIPE = replace(FAST, batch=3, crop_px=14, even=1.0)


@pytest.fixture(scope="module")
def coarse(tmp_path_factory):
    return write_pairs(tmp_path_factory.mktemp("coarse") / "PAIRS", splits=SPLITS, low_px=40)


@pytest.fixture(scope="module")
def deep(coarse, tmp_path_factory):
    """The same pictures with the inputs in 16 bits."""
    folder = shutil.copytree(coarse, tmp_path_factory.mktemp("deep") / "PAIRS")
    for file in folder.glob("pairs/*_low.npy"):
        np.save(file, np.load(file).astype(np.uint16) * BYTES_PER_LEVEL)
    return folder


@pytest.fixture(scope="module")
def engine():
    return TorchEngine(checkpoint(blocks=1))


def test_every_byte_comes_back_from_16_bits():
    every = np.arange(256, dtype=np.uint8)
    deep = every.astype(np.uint16) * BYTES_PER_LEVEL
    assert np.array_equal(as_bytes(deep), every)
    assert np.array_equal(levels(deep), levels(every))
    assert (white_of(every), white_of(deep)) == (255, 65535)


def test_levels_keep_what_bytes_would_round_away():
    assert levels(np.array([1000], np.uint16))[0] == pytest.approx(1000 / BYTES_PER_LEVEL)


def test_a_camera_of_12_bits_is_brought_to_bytes_by_its_own_white_level():
    assert as_bytes(np.array([0, 2048, 4095, 5000], np.uint16), 4095).tolist() == [0, 128, 255, 255]


def test_a_network_learns_the_same_from_inputs_in_16_bits(coarse, deep):
    ours, theirs = (Batches(open_training_set(folder), RECIPE, seed=1).draw(4) for folder in (deep, coarse))
    torch.testing.assert_close(ours.low, theirs.low, rtol=0, atol=1e-6)
    torch.testing.assert_close(
        ours.weight, theirs.weight, rtol=0.01, atol=0
    )  # of errors to which bicubic's rounding adds
    assert torch.equal(ours.high, theirs.high)


def test_what_bytes_would_round_away_reaches_the_network(deep, tmp_path):
    finer = shutil.copytree(deep, tmp_path / "PAIRS")
    for file in finer.glob("pairs/*_low.npy"):
        np.save(file, np.load(file) + 100)
    ours, theirs = (Batches(open_training_set(folder), RECIPE, seed=1).draw(4).low for folder in (finer, deep))
    torch.testing.assert_close(ours - theirs, torch.full_like(ours, 100 / 65535), rtol=0, atol=1e-6)


def test_a_network_is_chosen_alike_by_inputs_in_16_bits(coarse, deep, engine):
    ours, theirs = (choose_validation(open_training_set(folder), border_px=30) for folder in (deep, coarse))
    for of in ("of_bicubic", lambda chosen: chosen.of_engine(engine)):
        scores = [getattr(one, of)() if isinstance(of, str) else of(one) for one in (ours, theirs)]
        assert scores[0].psnr_db == pytest.approx(scores[1].psnr_db, abs=0.01)


def test_every_method_is_judged_alike_on_inputs_in_16_bits(coarse, deep, engine, tmp_path):
    ours, theirs = (
        evaluate(engine, folder, out=tmp_path / name).methods for name, folder in (("deep", deep), ("coarse", coarse))
    )
    assert ours.keys() == theirs.keys()
    for name, marks in ours.items():
        assert marks.psnr_db == pytest.approx(theirs[name].psnr_db, abs=0.02), name
