from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from enhance.batches import Batches
from enhance.engine_torch import area_reduced
from enhance.errors import PairsError
from enhance.recipes import FAST, PAPER
from enhance.trainingset import open_training_set
from tests.enhance.small_pairs import imaged, texture, write_pairs

RECIPE = replace(FAST, batch=3, crop_px=14)


@pytest.fixture(scope="module", params=[(5, 2), (3, 2), (2, 1)])
def data(request, tmp_path_factory):
    """Pairs whose input is exactly the area mean of the label, so that any misalignment shows."""
    p, q = request.param
    high = [texture(40 * p // q, seed=seed) for seed in (1, 2)]
    folder = write_pairs(
        tmp_path_factory.mktemp("exact") / "PAIRS",
        pictures=high,
        ratio=request.param,
        splits=("train", "train"),
        low_px=40,
        truth=False,
    )
    for number, picture in enumerate(high):
        low = imaged(picture, request.param, blur_px=1e-3, noise=0)
        np.save(folder / "pairs" / f"slide{number}_s0_low.npy", low)
    return open_training_set(folder)


@settings(max_examples=20)
@given(step=st.integers(0, 10**9), seed=st.integers(0, 100))
def test_input_and_label_of_every_crop_show_the_same_place_whichever_way_it_is_turned(data, step, seed):
    batch = Batches(data, RECIPE, seed=seed).draw(step)
    assert batch.low.shape == (3, 3, 14, 14)
    assert torch.abs(area_reduced(batch.high, data.card.ratio) - batch.low).max() < 0.6 / 255


def test_the_same_step_draws_the_same_batch_and_another_step_another(data):
    batches = Batches(data, RECIPE, seed=0)
    assert torch.equal(batches.draw(7).low, Batches(data, RECIPE, seed=0).draw(7).low)
    assert not torch.equal(batches.draw(7).low, batches.draw(8).low)


def test_all_eight_ways_of_turning_occur(tmp_path):
    corner = np.zeros((50, 50, 3), dtype=np.uint8)
    corner[:25, :10] = 255  # no symmetry at all
    folder = write_pairs(tmp_path / "PAIRS", pictures=[corner], splits=("train",), low_px=20, truth=False)
    drawn = Batches(open_training_set(folder), replace(FAST, batch=100, crop_px=20), seed=0).draw(0)
    assert len({picture.numpy().round(0).tobytes() for picture in drawn.high}) == 8


def test_batches_lie_channels_last_in_memory(data):
    low = Batches(data, RECIPE, seed=0).draw(0).low
    assert low.is_contiguous(memory_format=torch.channels_last)


def test_the_papers_batches_are_the_stored_patches(data):
    drawn = Batches(data, replace(PAPER, batch=5), seed=0).draw(0).low
    stored = torch.from_numpy(data.patches("train")[0].astype(np.float32) / np.float32(255)).permute(0, 3, 1, 2)
    assert all(any(torch.equal(picture, patch) for patch in stored) for picture in drawn)


def test_sites_smaller_than_a_crop_are_refused_when_there_are_no_others(data):
    with pytest.raises(PairsError, match="at least 48×48"):
        Batches(data, FAST, seed=0)


def test_parts_of_a_batch_are_together_the_whole_batch(data):
    recipe = replace(RECIPE, batch=5, mixing=0.5, textured=0.5)
    batches = Batches(data, recipe, seed=0)
    whole = batches.draw(3).high
    parts = [batches.draw(3, part=slice(k, None, 2)).high for k in range(2)]
    assert torch.equal(parts[0], whole[0::2])
    assert torch.equal(parts[1], whole[1::2])


def test_a_larger_batch_of_a_step_begins_with_the_smaller(data):
    batches = Batches(data, RECIPE, seed=0)
    assert torch.equal(batches.draw(3, count=5).low[:3], batches.draw(3).low)


def test_mixed_crops_have_other_colours_and_still_show_the_same_place(data):
    plain, mixed = (Batches(data, replace(RECIPE, mixing=chance), seed=0).draw(0) for chance in (0.0, 1.0))
    assert torch.abs(mixed.low - plain.low).mean() > 0.02
    grey, label = (tensor.mean(dim=1) for tensor in (mixed.low, area_reduced(mixed.high, data.card.ratio)))
    assert np.corrcoef(grey.ravel(), label.ravel())[0, 1] > 0.99
