from dataclasses import replace

import numpy as np
import pytest

from enhance.baselines import bicubic
from enhance.batches import Batches
from enhance.recipes import FAST
from enhance.siteweights import site_weights
from enhance.trainingset import open_training_set
from tests.enhance.small_pairs import texture, write_pairs

ERRORS = (2, 4, 16)
SIDE_PX = 40


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Sites at which bicubic enlargement is off by so many grey levels in each pixel, up or down, and one more."""
    folder = tmp_path_factory.mktemp("even") / "PAIRS"
    write_pairs(folder, splits=("train",) * 4, low_px=SIDE_PX, truth=False)
    for number, error in enumerate(ERRORS):
        low = texture(SIDE_PX, seed=number) // 2 + 40
        enlarged = bicubic(low, (5, 2))
        off = np.where(np.random.default_rng(number).random(enlarged.shape) < 0.5, -error, error)
        np.save(folder / "pairs" / f"slide{number}_s0_low.npy", low)
        np.save(folder / "pairs" / f"slide{number}_s0_high.npy", (enlarged + off).astype(np.uint8))
    return open_training_set(folder)


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_a_site_weighs_by_the_error_of_bicubic_there(data, power):
    weights = site_weights(data, data.sites[:3], power)
    assert weights.mean() == pytest.approx(1)
    assert weights / weights[0] == pytest.approx([(ERRORS[0] / error) ** power for error in ERRORS], rel=1e-6)


@pytest.mark.parametrize("level", [60, 229], ids=["tissue", "glass"])
def test_a_site_that_bicubic_enlarges_without_error_weighs_no_more_than_rounding_allows(data, level):
    even = np.full((SIDE_PX, SIDE_PX, 3), level, dtype=np.uint8)
    for kind, picture in (("low", even), ("high", bicubic(even, (5, 2)))):
        np.save(data.folder / "pairs" / f"slide3_s0_{kind}.npy", picture)
    weights = site_weights(data, (data.sites[0], data.sites[3]), 1.0)
    assert weights[1] / weights[0] == pytest.approx(ERRORS[0] / 0.25)


def test_every_picture_of_a_batch_brings_the_weight_of_its_site(data):
    batches = Batches(data, replace(FAST, batch=12, crop_px=20, even=1.0), seed=0)
    weights = site_weights(data, data.of("train"), 1.0)
    whole, part = batches.draw(5), batches.draw(5, part=slice(1, None, 3))
    assert set(np.round(whole.weight.numpy(), 5)) <= set(np.round(weights, 5).astype(np.float32))
    assert len(set(whole.weight.tolist())) > 1
    assert part.weight.tolist() == whole.weight[1::3].tolist()


def test_a_recipe_that_takes_all_alike_has_no_weights(data):
    assert Batches(data, replace(FAST, crop_px=20), seed=0).draw(0).weight is None
