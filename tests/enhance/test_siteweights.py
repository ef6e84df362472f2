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
GLASS = 229


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Sites at which bicubic enlargement is off by so many grey levels in each pixel, up or down."""
    folder = tmp_path_factory.mktemp("even") / "PAIRS"
    write_pairs(folder, splits=("train",) * len(ERRORS), low_px=SIDE_PX, truth=False)
    for number, error in enumerate(ERRORS):
        low = texture(SIDE_PX, seed=number) // 2 + 40
        enlarged = bicubic(low, (5, 2))
        off = np.where(np.random.default_rng(number).random(enlarged.shape) < 0.5, -error, error)
        np.save(folder / "pairs" / f"slide{number}_s0_low.npy", low)
        np.save(folder / "pairs" / f"slide{number}_s0_high.npy", (enlarged + off).astype(np.uint8))
    return open_training_set(folder)


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_a_site_weighs_by_the_error_of_bicubic_there(data, power):
    weights = site_weights(data, data.sites, power)
    assert weights.mean() == pytest.approx(1)
    assert weights / weights[0] == pytest.approx([(ERRORS[0] / error) ** power for error in ERRORS], rel=1e-6)


def test_empty_glass_beside_the_tissue_does_not_count(data):
    low = texture(SIDE_PX, seed=0) // 2 + 40
    low[:, SIDE_PX // 2 :] = GLASS
    label = bicubic(low, (5, 2))
    label[:, : 5 * SIDE_PX // 4] += 4
    weight = weight_beside_the_first(data, low, label)  # twice as large with the glass
    assert weight == pytest.approx(ERRORS[0] / 4, rel=0.05)


@pytest.mark.parametrize("level", [60, GLASS])
def test_a_site_that_bicubic_enlarges_without_error_weighs_no_more_than_rounding_allows(data, level):
    even = np.full((SIDE_PX, SIDE_PX, 3), level, dtype=np.uint8)
    assert weight_beside_the_first(data, even, bicubic(even, (5, 2))) == pytest.approx(ERRORS[0] / 0.25)


def test_every_picture_of_a_batch_brings_the_weight_of_its_site(data):
    batches = Batches(data, replace(FAST, batch=12, crop_px=20, even=1.0), seed=0)
    whole, part = batches.draw(5), batches.draw(5, part=slice(1, None, 3))
    known = dict(zip(ERRORS, site_weights(data, data.of("train"), 1.0), strict=True))
    errors = [error_within(low, high) for low, high in zip(whole.low, whole.high, strict=True)]
    assert len(set(map(round, errors))) > 1
    assert whole.weight.tolist() == pytest.approx([known[round(error)] for error in errors])
    assert part.weight.tolist() == whole.weight[1::3].tolist()


def test_a_recipe_that_takes_all_alike_has_no_weights(data):
    assert Batches(data, replace(FAST, crop_px=20), seed=0).draw(0).weight is None


def weight_beside_the_first(data, low, label):
    """How often the weight of the first site one more site has, whose pictures these are."""
    more = replace(data.sites[0], id="more")
    for kind, picture in (("low", low), ("high", label)):
        np.save(data.folder / "pairs" / f"more_{kind}.npy", picture)
    first, weight = site_weights(data, (data.sites[0], more), 1.0)
    return weight / first


def error_within(low, high):
    """Of bicubic enlargement in grey levels, away from the edges, where a crop lacks its neighbours."""
    low, high = (np.rint(255 * each.permute(1, 2, 0).numpy()).astype(np.uint8) for each in (low, high))
    return np.abs(bicubic(low, (5, 2)).astype(int) - high)[10:-10, 10:-10].mean()
